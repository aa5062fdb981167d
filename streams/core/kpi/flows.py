"""What came and went in steps of time, as panes have noted it of the whole: the past is there at once.

Rules: a step is told once it is over in every partition. It is right-closed, like a slot; a day is one of
UTC. What is late corrects the step that it is dated in. Never a rate: counts, and customers at a step's end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from streams.core.alarms import day as d
from streams.core.definition.definition import DAY_MS, HOUR_MS, MINUTE_MS, Definition, Window

QUANTITY: Final[Mapping[str, int]] = {
    "active": d.ACTIVE,
    "new": d.NEW,
    "churned": d.CHURNED,
    "orders": d.ORDERS,
}
"""What can be told by steps; ``active``: how many customers there were at the end of each."""
_STEPS_MS: Final = (5 * MINUTE_MS, HOUR_MS, DAY_MS)
_MOST_STEPS: Final = 120


def range_of(definition: Definition, window: Window) -> int:
    """How far back the curves of a window go (ms): as far as panes as fine as its own are kept."""
    return next(tier.age_ms for tier in definition.tiers if tier.width_ms == window.res_ms)


def step_of(range_ms: int) -> int:
    """The step in which flows of a range are told (ms): five minutes, an hour or a day."""
    fine = (step for step in _STEPS_MS if range_ms <= _MOST_STEPS * step)
    return next(fine, DAY_MS)


@dataclass(frozen=True, eq=False)
class Flows:
    """What all partitions have told of the whole."""

    t_ms: int
    """End of the last slot that is over in every partition."""
    before: int
    """Customers active before the first day."""
    days: Mapping[int, d.Slots]
    """Day since the epoch -> its slots; a day that is too old for slots stands in its first one."""

    def steps(self, step_ms: int, range_ms: int) -> tuple[list[int], dict[str, list[int]]]:
        """The ends of the steps that are over (ms), and for each quantity as many numbers.

        The time before anything happened is left out.

        Args:
            step_ms: five minutes, an hour or a day.
            range_ms: how far back.
        """
        end = self.t_ms // step_ms * step_ms
        begin = (end - range_ms) // step_ms * step_ms
        rows = [[0] * d.WIDTH for _ in range((end - begin) // step_ms)]
        active = self.before
        for day, slots in self.days.items():
            for slot, row in slots.items():
                at_ms = day * d.DAY_MS + slot * d.SLOT_MS
                if at_ms < begin:
                    active += row[d.ACTIVE]
                elif at_ms < end:
                    into = rows[(at_ms - begin) // step_ms]
                    for quantity, amount in enumerate(row):
                        into[quantity] += amount
        first = 0 if active else next((at for at, row in enumerate(rows) if any(row)), len(rows))
        for row in rows:
            active += row[d.ACTIVE]
            row[d.ACTIVE] = active
        told = {name: [row[quantity] for row in rows[first:]] for name, quantity in QUANTITY.items()}
        return [begin + (at + 1) * step_ms for at in range(first, len(rows))], told
