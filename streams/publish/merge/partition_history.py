"""What partitions say of themselves, remembered: the last few ticks of each, so that a common t can be found.

Rules: totals are kept only of partitions that were live at that t: overall ones of the newest KEPT instants,
those by dimension as far back (they are many, and mean nothing without the whole); what arrives late or twice
fills a gap in that memory or changes nothing. Whether a partition is live is told by its greatest t. A part
of another definition is refused: it means something else.

Pure: no I/O, no clock. Never adds anything: see merge.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from streams.core.kpi.alarm_watch import SeriesPart
from streams.core.kpi.swept import Swept
from streams.core.totals import OVERALL, Totals

KEPT = 8
"""Instants remembered per partition."""


@dataclass(frozen=True, slots=True)
class PartitionTotals:
    """One partition's totals at one tick, as its owner committed them."""

    partition: int
    live: bool
    lag: int
    """Records of its sources not yet applied."""
    overall: Totals
    """At the tick's t: the group OVERALL, accounting, newest; no groups while not live."""
    dimensions: Totals | None
    """All other groups and their first-seen times, at a t of their own; None before the first."""
    definition_hash: str
    """Of its owner; empty where that is of another version, whose totals cannot be read."""
    received_at_ms: int
    """Wall clock of the publisher."""
    swept: Swept | None = None
    """What its last sweep found; None before the first."""
    series: SeriesPart | None = None
    """Its counts for alarms; None before the first."""

    @property
    def t(self) -> int:
        """Evaluation time of the partition (ms)."""
        return self.overall.t

    @property
    def complete(self) -> bool:
        """Whether it can be added: live, and with the whole of what it stands for."""
        return self.live and OVERALL in self.overall.groups


@dataclass(slots=True)
class TotalsByInstant:
    """Totals of one class by t: the newest KEPT."""

    by_t: dict[int, Totals] = field(default_factory=dict)

    def add(self, totals: Totals) -> None:
        """Remember totals; those of a t that is there already are replaced, the oldest are forgotten."""
        self.by_t[totals.t] = totals
        if len(self.by_t) > KEPT:
            del self.by_t[min(self.by_t)]

    def forget_before(self, t: int) -> None:
        """Forget totals of before t."""
        for old in [kept for kept in self.by_t if kept < t]:
            del self.by_t[old]


@dataclass(slots=True)
class PartitionHistory:
    """What is known of one partition."""

    newest: PartitionTotals | None = None
    refused: bool = False
    """Whether the newest part is of another definition."""
    overall: TotalsByInstant = field(default_factory=TotalsByInstant)
    dimensions: TotalsByInstant = field(default_factory=TotalsByInstant)

    def offer(self, part: PartitionTotals) -> None:
        """Take a part of this definition, in whatever order parts arrive."""
        if self.newest is None or part.t >= self.newest.t:
            self.newest = part
            self.refused = False
        if part.complete:
            self.overall.add(part.overall)
            if part.dimensions is not None:
                self.dimensions.add(part.dimensions)
            self.dimensions.forget_before(min(self.overall.by_t))

    def refuse(self, part: PartitionTotals) -> None:
        """Take note of a part of another definition."""
        if self.newest is None or part.t >= self.newest.t:
            self.refused = True

    @property
    def live(self) -> bool:
        """Whether its newest totals stand for all that it has received."""
        return self.newest is not None and self.newest.complete and not self.refused


def newest_common(histories: Iterable[TotalsByInstant], least: int, most: int | None = None) -> list[Totals]:
    """The totals of all histories at their newest common t in ``least..most``; empty if there is none."""
    kept = [history.by_t for history in histories]
    common = set(kept[0]).intersection(*kept[1:])
    instants = [t for t in common if t >= least and (most is None or t <= most)]
    return [by_t[max(instants)] for by_t in kept] if instants else []
