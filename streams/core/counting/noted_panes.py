"""Panes that note what they count in the series of alarms, too."""

from collections.abc import Iterable, Sequence

from streams.core.counting.event_changes import CellChange
from streams.core.counting.panes import Mark, Panes
from streams.core.counting.slot_series import SlotSeries
from streams.core.definition.definition import Tier


class NotedPanes(Panes):
    """Panes of a family that is noted.

    Args:
        tiers, width, marks: as for Panes.
        series: where it is noted.
    """

    __slots__ = ("series",)

    def __init__(self, tiers: Sequence[Tier], width: int, marks: Iterable[Mark], series: SlotSeries) -> None:
        super().__init__(tiers, width, marks)
        self.series = series


class LifePanes(NotedPanes):
    """Lives, where each transition is added once, and to a profile."""

    def add(self, group: int, ms: int, changes: Iterable[CellChange], *, whole: bool = True) -> None:
        """Add (quantity, amount) pairs at an instant, and note them."""
        kept = list(changes)
        self.series.life(group, ms, kept)
        super().add(group, ms, kept, whole=whole)

    def move_some(self, source: int, target: int, ms: int, changes: Iterable[CellChange]) -> None:
        """Move (quantity, amount) pairs from one profile to another."""
        kept = list(changes)
        self.series.life(source, ms, kept, -1)
        self.series.life(target, ms, kept)
        super().move_some(source, target, ms, kept)


class CausePanes(NotedPanes):
    """Lives, where each churn is also added to its reason and churn type, which are no parts of the whole."""

    def add(self, group: int, ms: int, changes: Iterable[CellChange], *, whole: bool = True) -> None:
        """Add (quantity, amount) pairs at an instant, and note those of a cause."""
        if not whole:
            changes = list(changes)
            self.series.cause(group, ms, changes)
        super().add(group, ms, changes, whole=whole)


class OrderPanes(NotedPanes):
    """Orders, which are noted by who counts them: most of what is added here is about buyers."""

    __slots__ = ()


class SurveyPanes(NotedPanes):
    """Answers, of profiles (parts of the whole) and of touchpoints, which are not noted."""

    def add(self, group: int, ms: int, changes: Iterable[CellChange], *, whole: bool = True) -> None:
        """Add (quantity, amount) pairs at an instant, and note those of a profile."""
        kept = list(changes)
        if whole:
            self.series.answers(group, ms, kept)
        super().add(group, ms, kept, whole=whole)

    def move_some(self, source: int, target: int, ms: int, changes: Iterable[CellChange]) -> None:
        """Move (quantity, amount) pairs from one profile to another."""
        kept = list(changes)
        self.series.answers(source, ms, kept, -1)
        self.series.answers(target, ms, kept)
        super().move_some(source, target, ms, kept)
