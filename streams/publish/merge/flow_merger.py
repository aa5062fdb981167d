"""What came and went in all partitions, added up day by day as days change: beside the loop.

Rules: a part is never shown for the whole; a slot counts once it is over in every partition.

Pure: no I/O, no clock. ``merge`` takes longer than a tick may, and may run in a thread of its own.
"""

from collections.abc import Iterable, Sequence

from streams.core.alarms import day as d
from streams.core.kpi.alarm_watch import BEFORE, SeriesPart
from streams.core.kpi.flows import Flows
from streams.core.totals import OVERALL

Parts = Sequence[SeriesPart | None]
"""By partition; None: it has told nothing yet."""


class FlowMerger:
    """Holds the flows of the whole, merged."""

    def __init__(self) -> None:
        self._wanted: Parts = ()
        self._merged: Parts = ()
        self._known: dict[int, tuple[bytes, ...]] = {}
        """Day -> what the partitions told of it."""
        self._days: dict[int, d.Slots] = {}
        self.found: Flows | None = None
        """None while a partition has told nothing."""

    def offer(self, parts: Parts) -> None:
        """Take what the partitions told last."""
        self._wanted = parts

    @property
    def waits(self) -> bool:
        """Whether there is something to add up."""
        wanted, merged = self._wanted, self._merged
        return len(wanted) != len(merged) or any(a is not b for a, b in zip(wanted, merged, strict=True))

    def merge(self) -> None:
        """Add up what was offered last."""
        wanted = self._wanted
        told = [part for part in wanted if part is not None]
        self.found = self._add(told) if told and len(told) == len(wanted) else None
        self._merged = wanted

    def _add(self, told: Sequence[SeriesPart]) -> Flows:
        by_day: dict[int, list[bytes]] = {}
        before = 0
        for part in told:
            for (group, day), packed in part.rows.items():
                if group == OVERALL and day == BEFORE:
                    before += d.unpack_count(packed)
                elif group == OVERALL:
                    by_day.setdefault(day, []).append(packed)
        known = {day: tuple(packed) for day, packed in by_day.items()}
        self._days = {
            day: self._days[day] if self._known.get(day) == packed else _sum(map(d.unpack_day, packed))
            for day, packed in known.items()
        }
        self._known = known
        end = min(part.t_ms for part in told) // d.SLOT_MS * d.SLOT_MS
        return Flows(end, before, self._days)


def _sum(parts: Iterable[d.Slots]) -> d.Slots:
    """Parts of a day added up."""
    sums: d.Slots = {}
    for part in parts:
        for slot, row in part.items():
            known = sums.get(slot)
            sums[slot] = row if known is None else [a + b for a, b in zip(known, row, strict=True)]
    return sums
