"""A long life, derived on from where something changed until it is what it was (life.py derives whole ones).

Pure. It opens the chunks in which it looks for signups, cancellations and orders, and no others.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from operator import attrgetter
from typing import Final

from streams.core.customer.entries import CancellationEntry, SignupEntry
from streams.core.customer.history import History
from streams.core.customer.life import ACTIVE, CHURNED, NEVER, NEW, REACTIVATED, Transition
from streams.core.customer.lifeline import Due, Lifeline, state_after
from streams.core.customer.record import Customer
from streams.core.definition.definition import Definition

END: Final = 1 << 62
"""Later than everything."""
_at: Final = attrgetter("at_ms")


@dataclass(slots=True)
class Change:
    """Transitions from ``first`` to before ``last`` give way to others."""

    first: int
    last: int
    fresh: list[Transition]


# ---- looking


def signup_after(customer: Customer, now: int) -> int:
    """The time of the first signup after an instant that is no trial; END: none."""
    for entries in _history(customer).signups_from(now + 1):
        found = _first_after(entries, now)
        if found != END:
            return found
    return _first_after(customer.body.signups, now)


def _first_after(signups: list[SignupEntry], now: int) -> int:
    for at in range(bisect_right(signups, now, key=_at), len(signups)):
        if not signups[at].trial:
            return signups[at].at_ms
    return END


def signup_before(customer: Customer, now: int) -> int:
    """The time of the last signup up to an instant that is no trial; -1: none."""
    found = _last_before(customer.body.signups, now)
    if found < 0:
        for entries in _history(customer).signups_until(now):
            found = _last_before(entries, now)
            if found >= 0:
                return found
    return found


def _last_before(signups: list[SignupEntry], now: int) -> int:
    for at in range(bisect_right(signups, now, key=_at) - 1, -1, -1):
        if not signups[at].trial:
            return signups[at].at_ms
    return -1


def cost_until(customer: Customer, start_ms: int) -> int | None:
    """Acquisition cost of a customer who became new at an instant; None where it is not known."""
    for entry in reversed(customer.body.signups):
        if entry.cost_minor is not None and entry.at_ms <= start_ms:
            return entry.cost_minor
    for entries in _history(customer).signups_until(start_ms):
        for entry in reversed(entries):
            if entry.cost_minor is not None and entry.at_ms <= start_ms:
                return entry.cost_minor
    return None


def _history(customer: Customer) -> History:
    assert customer.history is not None  # noqa: S101 - a long life has one
    return customer.history


# ---- cancellations


class Effects:
    """When cancellations of a customer take effect.

    Args:
        definition: says when.
    """

    __slots__ = ("_by_effect",)

    def __init__(self, definition: Definition) -> None:
        self._by_effect = definition.recognition == "effective_at"

    def due(self, entry: CancellationEntry) -> Due:
        """A cancellation with the instant of its effect."""
        effect_ms = entry.effect_ms if self._by_effect else entry.at_ms
        return effect_ms, entry.event_id, entry.source, entry

    def stands(self, customer: Customer, entry: CancellationEntry) -> bool:
        """Whether no signup withdraws it."""
        if not self._by_effect or entry.effect_ms <= entry.at_ms:
            return True
        return signup_after(customer, entry.at_ms) > entry.effect_ms

    def over(self, customer: Customer, at_ms: int) -> list[Due]:
        """Those dated before an instant that take effect then or later, and are not withdrawn."""
        return [self.due(entry) for entry in self._over(customer, at_ms) if self.stands(customer, entry)]

    def _over(self, customer: Customer, at_ms: int) -> list[CancellationEntry]:
        if not self._by_effect:
            return []
        found = [entry for entry in customer.body.cancellations if entry.at_ms < at_ms <= entry.effect_ms]
        return found + _history(customer).cancellations_over(at_ms)


# ---- deriving on


def relive(  # noqa: PLR0917 - what a walk needs
    customer: Customer,
    line: Lifeline,
    start_ms: int,
    settled_ms: int,
    due: list[Due],
    t: int,
    definition: Definition,
) -> Change:
    """Derive a life on.

    Args:
        customer: the record, in which the change has been made.
        line: the life before it.
        start_ms: nothing changed before it.
        settled_ms: from after it on, only where the customer stands can be different.
        due: what was cancelled before ``start_ms`` and takes effect from then on, not withdrawn.
        t: up to when.
        definition: what the numbers mean.
    """
    walk = _Onward(customer, line, start_ms, due, definition)
    return walk.run(start_ms, settled_ms, t)


class _Onward:
    __slots__ = (
        "_coming",
        "_customer",
        "_definition",
        "_due",
        "_effects",
        "_first",
        "_fresh",
        "_line",
        "_next_cancellation",
        "_since",
    )

    def __init__(
        self, customer: Customer, line: Lifeline, start_ms: int, due: list[Due], definition: Definition
    ) -> None:
        self._customer = customer
        self._line = line
        self._definition = definition
        self._effects = Effects(definition)
        self._due = due
        heapify(due)
        self._coming: Iterator[CancellationEntry] = cancellations_from(customer, start_ms)
        self._next_cancellation = next(self._coming, None)
        self._first = bisect_left(line.times, start_ms)
        self._since = line.since_before(self._first)
        self._fresh: list[Transition] = []

    def run(self, start_ms: int, settled_ms: int, t: int) -> Change:
        """Walk from instant to instant."""
        times = self._line.times
        now = start_ms - 1
        while True:
            now = self._next(now)
            if now > t:
                return Change(self._first, len(times), self._fresh)
            if now > settled_ms:
                last = bisect_left(times, now)
                if self._is_as_it_was(last):
                    return Change(self._first, last, self._fresh)
            self._at(now)

    def _is_as_it_was(self, count: int) -> bool:
        """Whether the customer stands where they stood after so many transitions."""
        return state_after(count) == self._state()

    def _state(self) -> int:
        return state_after(self._first + len(self._fresh))

    def _next(self, now: int) -> int:
        """The next instant after now at which something can happen."""
        after = signup_after(self._customer, now)
        if self._due:
            after = min(after, self._due[0][0])
        if self._next_cancellation is not None:
            after = min(after, self._next_cancellation.at_ms)
        if self._state() == ACTIVE:
            if self._definition.inactivity_churn_ms is not None:
                after = min(after, quiet_at(self._customer, self._since, now, self._definition))
        elif self._may_buy_in():
            after = min(after, self._customer.order_from(now + 1) or END)
        return after

    def _may_buy_in(self) -> bool:
        if self._state() == NEVER:
            return self._definition.implicit_signup
        return self._definition.purchase_reactivates

    def _at(self, now: int) -> None:
        self._load(now)
        was_active = self._state() == ACTIVE
        if was_active:
            self._cancel(now)
            if self._state() == ACTIVE and self._is_quiet(now):
                self._fresh.append(Transition(now, CHURNED))
        if self._state() != ACTIVE and self._joins(now):
            self._fresh.append(Transition(now, NEW if self._state() == NEVER else REACTIVATED))
            self._since = now
        if not was_active:
            self._cancel(now)

    def _load(self, now: int) -> None:
        """Cancellations up to now wait for their effect."""
        entry = self._next_cancellation
        while entry is not None and entry.at_ms <= now:
            if self._effects.stands(self._customer, entry):
                heappush(self._due, self._effects.due(entry))
            entry = self._next_cancellation = next(self._coming, None)

    def _cancel(self, now: int) -> None:
        while self._due and self._due[0][0] == now:
            cause = heappop(self._due)[3]
            if self._state() == ACTIVE:
                self._fresh.append(Transition(now, CHURNED, cause))

    def _is_quiet(self, now: int) -> bool:
        if self._definition.inactivity_churn_ms is None:
            return False
        return quiet_at(self._customer, self._since, now, self._definition) == now

    def _joins(self, now: int) -> bool:
        if signup_after(self._customer, now - 1) == now:
            return True
        return self._may_buy_in() and self._customer.order_from(now) == now


def quiet_at(customer: Customer, since: int, now: int, definition: Definition) -> int:
    """When a customer who is active since an instant has been inactive for too long, as of now."""
    limit = definition.inactivity_churn_ms or 0
    last = max(since, signup_before(customer, now), customer.order_before(now + 1))
    while True:
        until = last + limit
        newest = max(signup_before(customer, until), customer.order_before(until + 1))
        if newest <= last:
            return until
        last = newest


def cancellations_from(customer: Customer, at_ms: int) -> Iterator[CancellationEntry]:
    """Cancellations dated at or after an instant, oldest first."""
    for entries in _history(customer).cancellations_from(at_ms):
        for at in range(bisect_left(entries, at_ms, key=_at), len(entries)):
            yield entries[at]
    entries = customer.body.cancellations
    for at in range(bisect_left(entries, at_ms, key=_at), len(entries)):
        yield entries[at]
