"""One customer's life: dated events in, transitions out (docs/contract.md, section 3).

A pure walk over the instants at which something can happen. Order of arrival plays no part: within one
instant cancellations come first when the customer was active before it, else last; then signup, purchase.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from streams.core.customer.entries import CancellationEntry, SignupEntry
from streams.core.definition.definition import Definition

NEVER: Final = 0
"""Where a customer stands in life: not yet active, active, or gone."""
ACTIVE: Final = 1
LEFT: Final = 2

NEW: Final = 0
"""What a transition is."""
REACTIVATED: Final = 1
CHURNED: Final = 2
ERASURE: Final = 3

INACTIVE: Final = "inactive"
_END: Final = 1 << 62


@dataclass(slots=True)
class Transition:
    """A change of standing at an instant; ``cause`` is the cancellation, None for inactivity or none."""

    at_ms: int
    kind: int
    cause: CancellationEntry | None = None


@dataclass(slots=True)
class Life:
    """What the walk found, as of t."""

    transitions: list[Transition] = field(default_factory=list)
    state: int = NEVER
    since: int = 0
    not_active: int = 0
    pending: bool = False
    due: int = 0
    """Next instant after t at which life changes by itself; 0: never."""


@dataclass(slots=True)
class LifeEvents:
    """The events that life depends on, voided ones left out, each list sorted by time."""

    signups: Sequence[SignupEntry]
    cancellations: Sequence[CancellationEntry]
    orders: Sequence[int]
    """Times of purchases with an amount of at least 0."""


def live(events: LifeEvents, t: int, definition: Definition) -> Life:
    """Walk through a life up to t (ms); every event given is dated at or before t."""
    walk = _Walk(events, t, definition)
    walk.run()
    return walk.life


class _Walk:
    __slots__ = ("_cancels", "_definition", "_orders", "_quiet", "_signups", "_t", "life")

    def __init__(self, events: LifeEvents, t: int, definition: Definition) -> None:
        self.life = Life()
        self._t = t
        self._definition = definition
        self._signups = [signup.at_ms for signup in events.signups if not signup.trial]
        self._orders = events.orders
        self._quiet = 0
        """When the customer, active now, has been inactive for too long; 0: never."""
        self._cancels: list[tuple[int, str, str, CancellationEntry]] = []
        for entry in events.cancellations:
            self._schedule(entry)
        self._cancels.sort(key=lambda item: item[:3])

    def _schedule(self, entry: CancellationEntry) -> None:
        at = entry.at_ms
        effect = entry.effect_ms if self._definition.recognition == "effective_at" else at
        if effect > at and bisect_right(self._signups, effect) > bisect_right(self._signups, at):
            return  # withdrawn by a signup between
        if effect <= self._t:
            self._cancels.append((effect, entry.event_id, entry.source, entry))
        else:
            self.life.pending = True
            self._wake(effect)

    def _wake(self, at: int) -> None:
        if not self.life.due or at < self.life.due:
            self.life.due = at

    def run(self) -> None:
        now = -_END
        while True:
            now = self._next(now)
            if now > self._t:
                break
            self._at(now)
        if self._quiet:
            self._wake(self._quiet)

    def _next(self, now: int) -> int:
        """The next instant after now at which something can happen."""
        after = _first_after(self._signups, now)
        self._quiet = 0
        if self._cancels:
            after = min(after, self._cancels[0][0])
        if self.life.state == ACTIVE:
            if self._definition.inactivity_churn_ms is not None:
                self._quiet = self._quiet_at(now)
                after = min(after, self._quiet)
        elif self._may_buy_in():
            after = min(after, _first_after(self._orders, now))
        return after

    def _quiet_at(self, now: int) -> int:
        """When the active customer has been inactive for too long, activity up to there included."""
        limit = self._definition.inactivity_churn_ms or 0
        last = max(self.life.since, _last_at(self._signups, now), _last_at(self._orders, now))
        while True:
            newest = max(_last_at(self._signups, last + limit), _last_at(self._orders, last + limit))
            if newest <= last:
                return last + limit
            last = newest

    def _may_buy_in(self) -> bool:
        if self.life.state == NEVER:
            return self._definition.implicit_signup
        return self._definition.purchase_reactivates

    def _at(self, now: int) -> None:
        was_active = self.life.state == ACTIVE
        if was_active:
            self._cancel(now)
            if self.life.state == ACTIVE and self._is_quiet(now):
                self._leave(now, None)
        if self.life.state != ACTIVE and self._joins(now):
            self._activate(now)
        if not was_active:
            self._cancel(now)

    def _is_quiet(self, now: int) -> bool:
        return self._definition.inactivity_churn_ms is not None and self._quiet_at(now) == now

    def _joins(self, now: int) -> bool:
        return _holds(self._signups, now) or (self._may_buy_in() and _holds(self._orders, now))

    def _cancel(self, now: int) -> None:
        while self._cancels and self._cancels[0][0] == now:
            entry = self._cancels.pop(0)[3]
            if self.life.state == ACTIVE:
                self._leave(now, entry)
            else:
                self.life.not_active += 1

    def _activate(self, now: int) -> None:
        kind = NEW if self.life.state == NEVER else REACTIVATED
        self.life.transitions.append(Transition(now, kind))
        self.life.state = ACTIVE
        self.life.since = now

    def _leave(self, now: int, cause: CancellationEntry | None) -> None:
        self.life.transitions.append(Transition(now, CHURNED, cause))
        self.life.state = LEFT


def _first_after(times: Sequence[int], now: int) -> int:
    at = bisect_right(times, now)
    return times[at] if at < len(times) else _END


def _last_at(times: Sequence[int], now: int) -> int:
    at = bisect_right(times, now)
    return times[at - 1] if at else -_END


def _holds(times: Sequence[int], now: int) -> bool:
    at = bisect_left(times, now)
    return at < len(times) and times[at] == now
