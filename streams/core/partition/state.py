"""The state of one partition: apply batches, advance the clock, totals at t, changelog records out and in.

One PartitionState is one unit of truth: what the six topics of a partition brought, up to the offsets that
the engine keeps beside it. It is pure: time is an argument, nothing is read or written. Live operation,
replay, tests and benchmarks all drive this class and no other.
"""

import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

import msgspec

from streams.core.counting.group_totals import Assembler
from streams.core.counting.slot_series import Told
from streams.core.customer.entries import EraseMarker
from streams.core.customer.groups import Groups, Members
from streams.core.customer.identity import DIGEST_SIZE, Identity
from streams.core.customer.record import ROOM
from streams.core.decoding.decoder import Decoder, Record
from streams.core.definition.definition import Definition
from streams.core.definition.dimensions import EVENT_DIMENSIONS, UNWATCHED
from streams.core.events import Kind, Malformed
from streams.core.kpi.swept import Swept
from streams.core.kpi.values.value import Sweep
from streams.core.partition.arrivals import Place
from streams.core.partition.intake import Intake
from streams.core.partition.journal import Journal
from streams.core.partition.ledger import Ledger
from streams.core.partition.pieces import PIECES, Pieces
from streams.core.partition.placement import Belongs
from streams.core.partition.rebuilding import rebuild, renew
from streams.core.partition.store.customers import (
    ACTIVE_AT,
    ANONYMOUS,
    CHUNK,
    CUSTOMER,
    GAUGES_WIDTH,
    LOG_KEY_SIZE,
    Customers,
    record_key,
)
from streams.core.partition.store.releasing import entry_groups
from streams.core.partition.sweep.exact_shares import sweep
from streams.core.partition.sweep.live_sweep import sweeping
from streams.core.partition.sweep.payments import Spent, changed_since
from streams.core.partition.sweep.steps import Steps, finish
from streams.core.totals import OVERALL, Accounting, Group, Named, Totals, Vector, add_vectors

_ERASED: Final = b"E"
_GROUP: Final = b"G"
_FOLDED: Final = b"O"
_PARKED: Final = b"P"
_MALFORMED: Final = b"M"
_FORMER_SEEN: Final = b"F"
"""What the former version kept under the text of each value: it is deleted."""
FORMS: Final = {
    CUSTOMER: "customer",
    ANONYMOUS: "anonymous person",
    CHUNK: "closed chunk",
    _ERASED: "erase marker",
    _GROUP: "group",
    _FOLDED: "joined into other",
    _PARKED: "parked chunk",
    _MALFORMED: "day of malformed records",
    PIECES: "further piece",
}
"""First byte of a key in the changelog -> what the record is."""

_FORMER_WIDTH: Final = 64
_UNPARKED: Final = 200
"""About as many parked events are applied in a step of an advance."""
_FOLLOWED: Final = 8
"""Steps of an advance that are done at once where the clock follows events: some ten milliseconds."""
_encode: Final = msgspec.msgpack.Encoder().encode
_decode_marker: Final = msgspec.msgpack.Decoder(EraseMarker).decode


class Header(msgspec.Struct, array_like=True):
    """What the engine's marker keeps of the state."""

    clock: int
    ledger: Ledger
    newest: dict[str, int]
    nothing: int = 0
    """The first version had something here, and nothing after it."""
    arrived: dict[str, int] = {}
    """Kind -> greatest Kafka timestamp."""


_decode_header: Final = msgspec.msgpack.Decoder(Header).decode


def group_key(number: int) -> bytes:
    """What a group stands under in the changelog."""
    return _GROUP + number.to_bytes(4, "big")


def _entropy() -> bytes:
    return secrets.token_bytes(DIGEST_SIZE)


class PartitionState:
    """Customers, panes and clock of one partition.

    Args:
        definition: what the numbers mean.
        identity: the deployment's digests.
        entropy: 16 random bytes a call, the keys of anonymous persons.
        journal: notes the class of every record; only in a replay.
        belongs: whether a record of a customer unknown here is in the right partition; None: not checked.
        place: the partition of a record, in a log of several; None: all are of one.
        room: bytes of purchases that a record has room for; older ones are closed (history.py).
    """

    __slots__ = (
        "_assembler",
        "_chunks",
        "_customers",
        "_decoder",
        "_groups",
        "_in_parts",
        "_intake",
        "_last_header",
        "_outdated",
        "_parked",
        "_pieces",
        "_view",
    )

    def __init__(
        self,
        definition: Definition,
        identity: Identity,
        *,
        entropy: Callable[[], bytes] = _entropy,
        journal: Journal | None = None,
        belongs: Belongs | None = None,
        place: Place | None = None,
        room: int = ROOM,
    ) -> None:
        self._decoder = Decoder(definition)
        self._groups = Groups(definition, identity.label)
        self._customers = Customers(definition, identity, self._groups, room)
        self._intake = Intake(definition, identity, self._customers, entropy, journal, belongs, place)
        self._groups.refused = self._intake.ledger.refused_values
        self._assembler = Assembler(definition, self._customers.families)
        self._view = -1
        self._last_header = b""
        self._outdated: set[bytes] = set()
        """Keys that only a former version reads."""
        self._parked: dict[bytes, bytes | None] = {}
        self._chunks: dict[bytes, dict[bytes, bytes]] = {}
        """Customer -> closed chunks, while they are read back."""
        self._pieces = Pieces()
        self._in_parts: dict[bytes, Callable[[bytes, bytes | None], None]] = {
            CHUNK: self._restore_chunk,
            _PARKED: self._parked.__setitem__,
            _MALFORMED: self._intake.malformed.restore,
            PIECES: self._pieces.restore,
        }

    # ---- running

    @property
    def clock(self) -> int:
        """The evaluation time t in ms; -1 before the first advance."""
        return self._customers.clock

    def apply(self, kind: Kind, records: Sequence[Record]) -> list[tuple[Record, Malformed]]:
        """Class and apply a batch of one kind in its order; returns the malformed records and why."""
        events = self._decoder.batch(kind, records)
        if self._customers.late:
            self._customers.wake(self._intake.customers_of(events))
        if self._intake.take(kind, events, records):
            return []
        return [
            (record, event) for record, event in zip(records, events, strict=True) if type(event) is Malformed
        ]

    def advance(self, t: int) -> None:
        """Move the clock to t; it never goes back."""
        if t > self.clock or self._customers.late:
            finish(self._moving(t))

    def follow(self, t: int) -> None:
        """Move the clock to t, or leave it while very many are due: then ``advancing`` moves it."""
        if t > self.clock:
            for step, _ in enumerate(self._moving(t)):
                if step == _FOLLOWED:
                    return

    def _moving(self, t: int) -> Steps[None]:
        customers = self._customers
        yield from customers.timers.passing(t)
        yield from customers.waking()
        if t <= self.clock:
            return  # somebody has moved it meanwhile
        customers.advance(t)
        customers.families.move(t)
        self._intake.unpark(t)
        yield from customers.waking()

    def advancing(self, t: int) -> Steps[None]:
        """Move the clock to t little by little; between two steps anything may happen."""
        stride = max(1, (t - self.clock) // (1 + len(self._intake.parking) // _UNPARKED))
        while self.clock < t:
            yield from self._moving(min(self.clock + stride, t))
            if self.clock < t:
                yield

    def view(self, t: int) -> None:
        """Promise that totals will not be asked for before t, which makes catching up cheap."""
        self._view = max(self._view, t)
        self._customers.families.move(t)

    # ---- totals

    def totals(self, *, dimensions: bool = True) -> Totals:
        """The totals at the clock.

        Raises:
            ValueError: the clock has not reached what ``view`` promised.
        """
        return finish(self.totalling(dimensions=dimensions))

    def totalling(self, *, dimensions: bool = True) -> Steps[Totals]:
        """The totals at the clock, in steps between which nothing may change."""
        t = self.clock
        if t < self._view:
            raise ValueError(f"totals at {t} were asked for, but view promised none before {self._view}")
        customers = self._customers
        yield from customers.waking()
        if dimensions:
            yield from customers.settling()
        yield from customers.lifelines.showing()
        totals = Totals(t, accounting=self._accounting(), newest=dict(self._intake.newest))
        totals.groups[OVERALL] = self._assembler.whole(t, customers.whole)
        if dimensions:
            for group, members in self._groups.by_value.items():
                vector = self._group_vector(group, members)
                if any(vector):
                    totals.groups[group] = vector
                yield
        return totals

    def telling_series(self) -> Steps[list[Told]]:
        """The counts for alarms that nobody was told of, in steps between which nothing may change."""
        customers, by_value = self._customers, self._groups.by_value
        gauges = customers.gauges
        yield from customers.settling()

        def active(group: Group) -> int:
            if group == OVERALL:
                return customers.whole[ACTIVE_AT]
            return sum(gauges[member][ACTIVE_AT] for member in by_value[group] if member in gauges)

        told: list[Told] = []
        groups = [group for group in by_value if group[0] not in UNWATCHED]
        for one in customers.families.series.telling(self.clock, active, groups):
            told.append(one)
            yield
        return told

    def sweep(self, named: Named) -> dict[tuple[Group, str], Sweep]:
        """Revenue shares of the buyers at the clock: a pass over all customers, for replays."""
        finish(self._customers.settling())
        return sweep(self._customers, named)

    def sweeping(self, at_risk_limit: int) -> Steps[Swept]:
        """The additive form of it and who is most at risk, in steps between which anything may happen.

        If a record has gone since the last pass, this one also finds the groups that nobody names any more.
        """
        customers, groups = self._customers, self._groups
        yield from customers.settling()
        looks = customers.removed or groups.marked is not None
        if looks:
            customers.removed = False
            groups.mark(number for entry in self._intake.parking.waiting() for number in entry_groups(entry))
        found = yield from sweeping(customers, at_risk_limit)
        if looks:
            groups.release()
        return found

    def erased(self, keys: Collection[bytes]) -> set[bytes]:
        """Which of these customers (digests) were erased since the last drain."""
        return self._intake.changed_markers.intersection(keys)

    def spent(self) -> Iterator[tuple[bytes, Spent | None]]:
        """What customers who changed since the last call have paid; for replays, which never drain."""
        finish(self._customers.settling())
        return changed_since(self._customers)

    @property
    def values(self) -> Collection[Group]:
        """The dimension values that have a group, whether anybody is in it or not."""
        return self._groups.by_value.keys()

    @property
    def table(self) -> Sequence[Members]:
        """The groups by number (groups.py)."""
        return self._groups.table

    def accounting_only(self) -> Totals:
        """The totals of a partition that is not live: the accounting alone."""
        return Totals(self.clock, accounting=self._accounting(), newest=dict(self._intake.newest))

    def _group_vector(self, group: Group, members: list[int]) -> Vector:
        if group[0] in EVENT_DIMENSIONS:
            return self._assembler.event_value([0] * GAUGES_WIDTH, members)
        customers = self._customers
        gauges = [customers.gauges[m] for m in members if m in customers.gauges]
        standing = add_vectors(gauges) if gauges else [0] * GAUGES_WIDTH
        return self._assembler.profiles(self.clock, standing, members)

    def _accounting(self) -> Accounting:
        customers = self._customers
        return self._intake.ledger.accounting(
            not_active=customers.not_active,
            parked=len(self._intake.parking),
            void_pending=customers.void_pending,
            folded_values=self._groups.folded,
        )

    # ---- changelog

    def header(self) -> bytes:
        """What the changelog's marker keeps of the state."""
        intake = self._intake
        return _encode(Header(self.clock, intake.ledger, intake.newest, 0, intake.arrivals.newest))

    @property
    def unwritten(self) -> int:
        """Customers touched since the last drain."""
        return len(self._customers.hot)

    @property
    def dirty(self) -> bool:
        """Whether the changelog differs from the state."""
        intake = self._intake
        return bool(
            self._customers.changed
            or self._groups.changed
            or intake.changed_markers
            or self._outdated
            or intake.parking.changed
            or self.header() != self._last_header
        )

    def drain(self) -> list[tuple[bytes, bytes | None]]:
        """The changelog records that changed since the last drain; None deletes."""
        return finish(self.draining())

    def draining(self) -> Steps[list[tuple[bytes, bytes | None]]]:
        """The same in steps, between which nothing may change."""
        intake, groups = self._intake, self._groups
        self._customers.safe_ms = intake.safe_ms
        self._customers.families.series.spread()  # before groups go that it names
        out: list[tuple[bytes, bytes | None]] = []
        for changes in self._customers.drain():
            out += self._pieces.cut(changes)
            yield
        out += [(group_key(number), packed) for number, packed in groups.drain()]
        out += [(_ERASED + key, _encode(intake.markers[key])) for key in intake.changed_markers]
        out += [(_PARKED + key, value) for key, value in intake.parking.drain()]
        out += [(_MALFORMED + key, value) for key, value in intake.malformed.drain(self.clock)]
        out += [(_FOLDED + digest, b"") for digest in groups.fresh_folded]
        out += [(key, None) for key in self._outdated]
        groups.fresh_folded.clear()
        self._outdated.clear()
        intake.changed_markers.clear()
        self._last_header = self.header()
        return out

    def restore(self, key: bytes, value: bytes | None) -> None:
        """Take back one changelog record, in log order."""
        form, rest = key[:1], key[1:]
        if form in (CUSTOMER, ANONYMOUS):
            name = record_key(key)
            if value is None:
                self._customers.cold.pop(name, None)
            else:
                self._customers.cold[name] = value
        elif form in self._in_parts:
            self._in_parts[form](rest, value)
        elif form == _GROUP:
            self._groups.restore(int.from_bytes(rest, "big"), value)
        elif value is None:
            return
        elif form == _FOLDED:
            self._groups.restore_folded(rest)
        elif form == _FORMER_SEEN:
            self._outdated.add(key)
        elif form == _ERASED:
            self._intake.markers[rest] = _decode_marker(value)

    def _restore_chunk(self, rest: bytes, value: bytes | None) -> None:
        name = rest[LOG_KEY_SIZE:]
        chunks = self._chunks.setdefault(record_key(rest[:LOG_KEY_SIZE]), {})
        if value is None:
            chunks.pop(name, None)
        else:
            chunks[name] = value

    def restored(self, header: bytes | None) -> None:
        """Finish recovery: derive panes, gauges and timers from the records. None: a fresh partition."""
        former = False
        if header is not None:
            kept = _decode_header(header)
            former = len(msgspec.msgpack.decode(header)) < len(Header.__struct_fields__)
            if former and self._customers.families.orders.width > _FORMER_WIDTH:
                raise ValueError("the former version sealed more than 64 quantities as one")
            self._customers.clock = kept.clock
            self._intake.ledger = kept.ledger
            self._groups.refused = kept.ledger.refused_values
            self._intake.newest = kept.newest
            self._intake.arrivals.newest = kept.arrived
        cold = self._customers.cold
        for key, rest in self._pieces.joined().items():
            cold[record_key(key)] += rest
        self._customers.restore_chunks(self._chunks)
        self._chunks.clear()
        self._customers.families.move(self.clock)
        renewed = renew(self._customers) if former else {}
        rebuild(self._customers)
        self._intake.malformed.restored(self.clock)
        self._customers.hot.update(renewed)
        for key, packed in self._parked.items():
            if packed is not None:
                self._intake.parking.restore(key, packed)
        self._parked.clear()
        self._last_header = self.header()
