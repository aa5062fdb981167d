"""The customers of one partition: records, what they add to the panes and gauges, and their timers.

Every change of a record goes through here or through the in-order paths, which are held to the same
results. What a record contributes is taken out before it changes and added again after. Records at rest are
packed bytes (the same the changelog keeps); those touched since the last ``drain`` are objects.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from streams.core.counting.contributions import emit_engaged, emit_life, emit_orders, emit_surveys
from streams.core.counting.event_changes import pair_lengths
from streams.core.counting.families import families
from streams.core.counting.sealed_sums import forget
from streams.core.customer.blocks import without_ids
from streams.core.customer.derive import Facts, derive, stand_due, stand_due_at_rest
from streams.core.customer.groups import Groups
from streams.core.customer.history import History
from streams.core.customer.identity import DIGEST_SIZE, Identity
from streams.core.customer.life import ACTIVE
from streams.core.customer.lifeline import Lifeline
from streams.core.customer.record import (
    ERASED,
    HAS_SEALED,
    PLAIN_LIFE,
    ROOM,
    STANDING,
    STAYS,
    Customer,
    unpack,
)
from streams.core.customer.risk import HIGH, LOW, MEDIUM, band_at
from streams.core.definition.definition import Definition
from streams.core.partition.store.lifelines import Lifelines
from streams.core.partition.store.releasing import groups_of
from streams.core.partition.store.timers import Timers

ACTIVE_AT: Final = 0
LONG_TERM_AT: Final = 1
LOW_AT: Final = 2
BAND_AT: Final = {0: LOW_AT, LOW: LOW_AT, MEDIUM: LOW_AT + 1, HIGH: LOW_AT + 2}
GAUGES_WIDTH: Final = 5
ANONYMOUS: Final = b"A"
CUSTOMER: Final = b"C"
CHUNK: Final = b"H"
LOG_KEY_SIZE: Final = 1 + DIGEST_SIZE
_NAMES: Final = 1_024
"""Chunks deleted in a step of a drain."""
_SPREAD: Final = 16 * 64
"""Records woken between two spreadings of what they note for alarms."""
_STRIDE: Final = 64
"""Records packed in a step of a drain, or woken in one of an advance."""

LiveOn = Callable[[bytes, Customer, int], bool]
Settle = Callable[[Customer], None]
LogChange = tuple[bytes, bytes | None]
"""A record of the changelog: key and value; None deletes."""


@dataclass(frozen=True, slots=True)
class Touched:
    """Which families of panes a change touches."""

    life: bool = True
    orders: bool = True
    surveys: bool = True


EVERYTHING: Final = Touched()
LIFE_ALONE: Final = Touched(orders=False, surveys=False)


class Customers:
    """Records, panes, gauges and timers of one partition."""

    __slots__ = (
        "_dropped",
        "_late_from",
        "_named",
        "_retention_ms",
        "clock",
        "cold",
        "definition",
        "families",
        "gauges",
        "gone",
        "groups",
        "hot",
        "identity",
        "late",
        "lengths",
        "lifelines",
        "live_on",
        "long",
        "moving",
        "not_active",
        "removed",
        "room",
        "safe_ms",
        "settle",
        "timers",
        "void_pending",
        "whole",
    )

    def __init__(self, definition: Definition, identity: Identity, groups: Groups, room: int = ROOM) -> None:
        self.definition = definition
        self.identity = identity
        self.groups = groups
        self.lengths = pair_lengths(definition)
        self.families = families(definition, groups.values_of)
        self.lifelines = Lifelines(definition, self.families, groups)
        self.live_on: tuple[LiveOn, ...] = ()
        """Ways in which a life goes on by itself to an instant; False: it is not for them."""
        self.moving: dict[bytes, int] = {}
        """Key -> the profile in which a customer at rest is counted, where the record has another one."""
        self.settle: Settle | None = None
        """Counts one of them in the record's."""
        self.clock = -1
        self._retention_ms = definition.retention_ms
        self.room = room
        self.safe_ms = 0, 0
        """No later event touches purchases, or answers, before the newest one dated before it (shelf.py)."""
        self.cold: dict[bytes, bytes] = {}
        self.long: dict[bytes, History] = {}
        """Closed chunks of those at rest who have any."""
        self._dropped: list[tuple[bytes, list[bytes]]] = []
        """Names of chunks whose record was removed since the last drain, by its key."""
        self._named: list[Customer] = []
        """What erases left of long histories since then, with ids still."""
        self.hot: dict[bytes, Customer] = {}
        self.gone: set[bytes] = set()
        """Keys of records removed since the last drain."""
        self.removed = True
        """Whether groups may have lost their last record since they were looked through."""
        self.gauges: dict[int, list[int]] = {}
        """Profile -> active, long term, low, medium, high."""
        self.whole = [0] * GAUGES_WIDTH
        self.late: dict[bytes, None] = {}
        """Keys that were due when the clock moved last, and have not been woken yet."""
        self._late_from = -1
        """Where the clock was before."""
        self.not_active = 0
        self.void_pending = 0
        self.timers = Timers(self._due_of)

    # ---- records

    @property
    def oldest_ms(self) -> int:
        """What is dated at or before it is older than retention."""
        return self.clock - self._retention_ms

    def get(self, key: bytes) -> Customer | None:
        """A record, to be changed."""
        customer = None if self.late else self.hot.get(key)
        if customer is None:
            customer = self.read(key)
            if customer is not None:
                self.hot[key] = customer
        return customer

    def read(self, key: bytes) -> Customer | None:
        """A record, to be looked at."""
        if self.late and key in self.late:
            self._wake_late(key)
        customer = self.hot.get(key)
        if customer is None:
            packed = self.cold.get(key)
            if packed is None:
                return None
            customer = unpack(packed)
            if self.long:
                customer.history = self.long.get(key)
            if self.moving and key in self.moving:
                customer.moves_to, customer.profile = customer.profile, self.moving[key]
        return customer

    def restore_chunks(self, found: dict[bytes, dict[bytes, bytes]]) -> None:
        """Take back the closed chunks of all customers."""
        for key, chunks in found.items():
            if chunks:
                history = self.long[key] = History(self.identity)
                known = not is_anonymous(key)
                for name, data in chunks.items():
                    history.restore(name, data, known=known)
                history.sort()

    def put(self, key: bytes, customer: Customer) -> None:
        """Enter a new record."""
        self.hot[key] = customer
        self.gone.discard(key)
        marked = self.groups.marked
        if marked is not None:  # of what an erase left: its groups were another record's
            marked.update(groups_of(customer))

    def remove(self, key: bytes) -> None:
        """Remove a record; the changelog may hold an older one even where none is cold."""
        customer = self.hot.pop(key, None)
        self.cold.pop(key, None)
        self.moving.pop(key, None)
        history = self.long.pop(key, None)
        if customer is not None and customer.history is not None:
            history = customer.history
        if history is not None:
            names = [*history.names(), *(name for name, data in history.changes.items() if data is None)]
            self._dropped.append((key, names))
        self.gone.add(key)
        self.removed = True

    def rename(self, key: bytes, anonymous: bytes, customer: Customer) -> None:
        """Keep a record with closed chunks under the key of nobody; its ids go before it is written."""
        self.remove(key)
        assert customer.history is not None  # noqa: S101 - it has chunks
        customer.history.changes.clear()
        customer.changed = True
        customer.facts = None
        self.put(anonymous, customer)
        self._named.append(customer)
        self.schedule(anonymous, customer, self.clock)

    def drain(self) -> Iterator[list[LogChange]]:
        """Lay to rest what was touched; the changes for the changelog, some at a time."""
        for _ in self.waking():
            yield []
        for _ in self._forgetting_names():
            yield []
        yield [(log_key(key), None) for key in self.gone]
        for key, names in self._dropped:
            for at in range(0, len(names), _NAMES):
                yield [(chunk_key(key, name), None) for name in names[at : at + _NAMES]]
        self.gone.clear()
        self._dropped.clear()
        touched = list(self.hot.items())
        for at in range(0, len(touched), _STRIDE):
            yield self._pack(touched[at : at + _STRIDE])
        self.hot.clear()

    def _forgetting_names(self) -> Iterator[None]:
        """Take all ids out of what erases left of long histories, some at a time."""
        for customer in self._named:
            assert customer.history is not None  # noqa: S101 - it has chunks
            yield from customer.history.forget_names(customer.body)
            customer.purchases = without_ids(customer.purchases)
        self._named.clear()

    def _pack(self, touched: list[tuple[bytes, Customer]]) -> list[LogChange]:
        cold, oldest_ms, moving = self.cold, self.oldest_ms, self.moving
        changes: list[LogChange] = []
        for key, customer in touched:
            if customer.moves_to == STAYS and moving:
                moving.pop(key, None)
            if customer.changed:
                if customer.flags & HAS_SEALED and customer.body.sealed is not None:
                    forget(customer.body.sealed, oldest_ms)
                packed = cold[key] = customer.pack()
                changes.append((log_key(key), packed))
                if customer.history is not None:
                    changes += self._chunks(key, customer.history)
        return changes

    def _chunks(self, key: bytes, history: History) -> list[LogChange]:
        purchases_ms, answers_ms = self.safe_ms
        history.purchases.settle(purchases_ms)
        history.answers.settle(answers_ms)
        self.long[key] = history
        changes: list[LogChange] = [(chunk_key(key, name), data) for name, data in history.changes.items()]
        history.changes.clear()
        return changes

    @property
    def changed(self) -> bool:
        """Whether drain would yield anything."""
        return bool(self.gone) or any(customer.changed for customer in self.hot.values())

    # ---- contributions

    def facts(self, customer: Customer) -> Facts:
        """What is true of a customer at the clock; from here on they are counted in the record's profile."""
        self.settled(customer)
        known: Facts | None = customer.facts
        if known is None or known.t != self.clock:
            known = derive(customer, self.clock, self.definition, self.identity)
            customer.facts = known
        return known

    def settling(self) -> Generator[None, None, None]:
        """Count everybody in the profile that the record has, one at a time: before somebody looks."""
        while self.moving:
            key = next(iter(self.moving))
            customer = self.read(key)
            assert customer is not None  # noqa: S101 - whoever is removed moves nowhere
            self.settled(customer)
            self.moving.pop(key, None)
            yield

    def move(self, key: bytes, customer: Customer, profile: int) -> None:
        """Move a customer to a profile; panes and gauges follow before somebody looks."""
        if profile == customer.profile:
            customer.moves_to = STAYS
        else:
            customer.moves_to = profile
            self.moving[key] = customer.profile

    def settled(self, customer: Customer) -> None:
        """Count a customer in the profile of the record from here on."""
        if customer.moves_to != STAYS:
            assert self.settle is not None  # noqa: S101 - whoever moves them sets it
            self.settle(customer)

    def line(self, customer: Customer) -> Lifeline:
        """The life up to the clock of a customer with closed chunks: derived once."""
        history = customer.history
        assert history is not None  # noqa: S101 - it has chunks
        if history.line is None:
            if customer.flags & PLAIN_LIFE:
                history.line = self.lifelines.plain(customer)
            else:
                history.line = self.lifelines.derived(customer, self.facts(customer))
        return history.line

    def recovered(self, customer: Customer, facts: Facts) -> None:
        """Keep what was derived of a life with closed chunks, which goes on from there."""
        history = customer.history
        if history is not None and not customer.flags & HAS_SEALED:
            if customer.flags & ERASED:
                self.lifelines.end(history, facts.life.not_active)
            else:
                history.line = self.lifelines.derived(customer, facts)

    def emit(self, customer: Customer, facts: Facts, sign: int, families: Touched = EVERYTHING) -> None:
        """Add (1) or take out (-1) what a record contributes to some families, and to the gauges."""
        panes = self.families
        if families.life:
            if customer.history is not None:
                self.lifelines.forget(customer.history)
            emit_life(panes.life, panes.calendar, facts, self.groups, sign)
        emit_engaged(panes.orders, facts, sign)
        if families.orders:
            emit_orders(panes.orders, customer, facts, self.lengths, sign)
        if families.surveys:
            emit_surveys(panes.surveys, customer, facts.profile, facts.surveys, sign)
        self.not_active += sign * facts.life.not_active
        self.void_pending += sign * facts.void_pending
        if facts.band:
            self.stand(facts.profile, facts.band, sign, long_term=facts.long_term)

    def enter(self, key: bytes, customer: Customer, families: Touched = EVERYTHING) -> None:
        """Derive a changed record anew, add what it contributes, write its header and set its timer."""
        customer.facts = None
        facts = self.facts(customer)
        self.emit(customer, facts, 1, families)
        write_header(customer, facts)
        self.schedule(key, customer, self.clock)

    def schedule(self, key: bytes, customer: Customer, t: int) -> None:
        """Set the timer of a record for its next change after t."""
        due = stand_due(customer, t)
        if due:
            self.timers.set(due, key)

    def stand(self, profile: int, band: int, sign: int, *, long_term: bool) -> None:
        """Count an active customer in the gauges, or take one out."""
        for gauges in (self.gauges_of(profile), self.whole):
            gauges[ACTIVE_AT] += sign
            gauges[LONG_TERM_AT] += sign * long_term
            gauges[BAND_AT[band]] += sign

    def shift_band(self, profile: int, old: int, new: int) -> None:
        """Move an active customer between risk bands."""
        for gauges in (self.gauges_of(profile), self.whole):
            gauges[BAND_AT[old]] -= 1
            gauges[BAND_AT[new]] += 1

    def gauges_of(self, profile: int) -> list[int]:
        """The gauges of a profile."""
        gauges = self.gauges.get(profile)
        if gauges is None:
            gauges = self.gauges[profile] = [0] * GAUGES_WIDTH
        return gauges

    # ---- time

    def advance(self, t: int) -> None:
        """Move the clock, which is before t; nobody is late. Whoever changes by itself is to be woken.

        Until then anything may happen: whoever is read before their turn is woken first.
        """
        self.late, self._late_from = self.timers.due(t), self.clock
        self.clock = t

    def waking(self) -> Iterator[None]:
        """Wake those whose turn has not come, some at a time: whoever changes by itself, changes."""
        while self.late:
            keys = list(self.late)
            for at in range(0, len(keys), _STRIDE):
                self.wake(keys[at : at + _STRIDE])
                yield
                if at % _SPREAD == _SPREAD - _STRIDE:
                    self.families.series.spread()  # else all of it at once, later
                    yield

    def wake(self, keys: Iterable[bytes]) -> None:
        """Wake those among them whose turn has not come."""
        for key in keys:
            if key in self.late:
                self._wake_late(key)

    def _wake_late(self, key: bytes) -> None:
        """Wake somebody as before the clock moved."""
        del self.late[key]
        t, self.clock = self.clock, self._late_from
        self._wake(key, t)
        self.clock = t

    def _due_of(self, key: bytes) -> int:
        packed = None if self.late or key in self.hot else self.cold.get(key)
        if packed is not None:
            return stand_due_at_rest(packed, self.clock)
        customer = self.read(key)
        return 0 if customer is None else stand_due(customer, self.clock)

    def _wake(self, key: bytes, t: int) -> None:
        customer = self.read(key)
        if customer is None:
            return
        if 0 < customer.due <= t:
            self.hot[key] = customer
            if customer.flags & ERASED:
                self.forget(key, customer)
                return
            if not self._lives_on(key, customer, t):
                self._live_on(customer, t)
        elif customer.state == ACTIVE and stand_due(customer, self.clock) <= t:
            self._drift(customer, t)
        self.schedule(key, customer, t)

    def _lives_on(self, key: bytes, customer: Customer, t: int) -> bool:
        for way in self.live_on:  # noqa: SIM110 - without a generator
            if way(key, customer, t):
                return True
        return False

    def _live_on(self, customer: Customer, t: int) -> None:
        """What changed in life between the clock and t."""
        before = self.facts(customer)
        after = derive(customer, t, self.definition, self.identity)
        self.emit(customer, before, -1, LIFE_ALONE)
        self.emit(customer, after, 1, LIFE_ALONE)
        write_header(customer, after)
        customer.facts = None

    def forget(self, key: bytes, customer: Customer) -> None:
        """The windows have passed what an erase left."""
        line = None if customer.history is None else customer.history.line
        if line is None:
            self.emit(customer, self.facts(customer), -1)
        else:  # all that counts it still
            self.not_active -= line.not_active
            self.void_pending -= len(customer.body.voids)
        self.remove(key)

    def _drift(self, customer: Customer, t: int) -> None:
        """The risk band alone may have changed between the clock and t: the record does not."""
        facts = customer.flags & STANDING, customer.orders, customer.first, customer.last
        old, new = band_at(*facts, self.clock), band_at(*facts, t)
        if old != new:
            self.shift_band(customer.profile, old, new)


def write_header(customer: Customer, facts: Facts) -> None:
    """Keep in the header what timers, recovery and the in-order path need."""
    customer.due = facts.due
    customer.engaged = facts.engaged
    customer.first = facts.first
    customer.last = facts.last
    customer.second = facts.second
    customer.since = facts.life.since
    customer.profile = facts.profile
    customer.orders = facts.orders
    customer.state = facts.life.state
    customer.flags = facts.flags
    customer.changed = True


def log_key(key: bytes) -> bytes:
    """The key of a record in the changelog."""
    return key if is_anonymous(key) else CUSTOMER + key


def chunk_key(key: bytes, name: bytes) -> bytes:
    """The key of a closed chunk in the changelog."""
    return CHUNK + log_key(key) + name


def record_key(log_key: bytes) -> bytes:
    """The key of a record from that in the changelog."""
    return log_key if log_key.startswith(ANONYMOUS) else log_key[len(CUSTOMER) :]


def is_anonymous(key: bytes) -> bool:
    """Whether a key is that of what an erase left."""
    return len(key) == DIGEST_SIZE + 1
