"""A long life as derived so far: when a customer joined and left, why, and what later events are judged by.

Transitions alternate: the first one is the activation of somebody new, then come churn, activation and so on.
So an instant's place says what it is, and how many there are before it says where the customer stood: a life
can be derived on from any of them. Twenty-four bytes a transition, in memory alone: chunks and head say it
again after a restart.

Never: totals, or anything that an event can tell by itself.
"""

from array import array
from bisect import bisect_left, insort
from typing import Final

from streams.core.customer.entries import CancellationEntry
from streams.core.customer.life import ACTIVE, LEFT, NEVER

Due = tuple[int, str, str, CancellationEntry]
"""When a cancellation takes effect, its id, source and entry."""
_KEY: Final = 3


class Lifeline:
    """The life of one customer up to the clock.

    Attributes:
        times: of the transitions (ms).
        reasons, churn_types: groups of the churns among them, 0 for activations.
        profile: the customer's.
        not_active: cancellations that took effect while the customer was not active.
        cost_minor: acquisition cost, where it is known.
        pending: cancellations that take effect after the clock and are not withdrawn, the next one first.
        reach_ms: no scheduled cancellation that took effect did so later.
        shown: for how many transitions the cells of those who are gone stand in panes; 0: for none.
        shown_in: profile, reason and churn type of these cells.
    """

    __slots__ = (
        "churn_types",
        "cost_minor",
        "not_active",
        "pending",
        "profile",
        "reach_ms",
        "reasons",
        "shown",
        "shown_in",
        "times",
    )

    def __init__(self, profile: int) -> None:
        self.times: array[int] = array("q")
        self.reasons: array[int] = array("q")
        self.churn_types: array[int] = array("q")
        self.profile = profile
        self.not_active = 0
        self.cost_minor: int | None = None
        self.pending: list[Due] = []
        self.reach_ms = -1
        self.shown = 0
        self.shown_in = (0, 0, 0)

    @property
    def state(self) -> int:
        """Where the customer stands."""
        return state_after(len(self.times))

    @property
    def since(self) -> int:
        """Time of the current activation, or of the last one; 0: none."""
        return self.since_before(len(self.times))

    def since_before(self, count: int) -> int:
        """The same after so many transitions."""
        return self.times[(count - 1) // 2 * 2] if count else 0

    @property
    def gone_in(self) -> tuple[int, int, int]:
        """Profile, reason and churn type under which one who is gone counts."""
        return self.profile, self.reasons[-1], self.churn_types[-1]

    def put(self, at_ms: int, reason: int = 0, churn_type: int = 0) -> None:
        """Append a transition; the groups are those of a churn."""
        self.times.append(at_ms)
        self.reasons.append(reason)
        self.churn_types.append(churn_type)

    def replace(self, first: int, last: int, fresh: "Lifeline") -> None:
        """Put the transitions of another line where those from ``first`` to before ``last`` are."""
        self.times[first:last] = fresh.times
        self.reasons[first:last] = fresh.reasons
        self.churn_types[first:last] = fresh.churn_types

    def schedule(self, due: Due) -> None:
        """A cancellation takes effect after the clock."""
        insort(self.pending, due, key=_name)

    def unschedule(self, entry: CancellationEntry) -> None:
        """It does not."""
        self.pending = [due for due in self.pending if due[_KEY] != entry]

    def withdraw_before(self, at_ms: int) -> None:
        """A signup at an instant withdraws what is pending of before."""
        if self.pending:
            self.pending = [due for due in self.pending if due[_KEY].at_ms >= at_ms]

    def take_due(self, t: int) -> list[Due]:
        """What is pending takes effect up to t (ms)."""
        at = bisect_left(self.pending, t + 1, key=_effect)
        due, self.pending = self.pending[:at], self.pending[at:]
        if due:
            self.reach_ms = max(self.reach_ms, due[-1][0])
        return due


def state_after(count: int) -> int:
    """Where somebody stands after so many transitions."""
    return ACTIVE if count % 2 else LEFT if count else NEVER


def _name(due: Due) -> tuple[int, str, str]:
    return due[:_KEY]


def _effect(due: Due) -> int:
    return due[0]
