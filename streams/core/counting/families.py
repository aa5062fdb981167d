"""The families of panes of one partition, with the window edges that each of them needs."""

from dataclasses import dataclass

from streams.core.counting import quantities as q
from streams.core.counting.panes import Mark, Panes
from streams.core.definition.definition import HOUR_MS, Definition, Tier, Window


@dataclass(slots=True)
class Families:
    """Panes by what they count."""

    life: Panes
    calendar: Panes
    """Life by whole hours, between the edges of the seasonal comparison."""
    orders: Panes
    surveys: Panes

    def move(self, t: int) -> None:
        """Move all windows to t."""
        self.life.move(t)
        self.calendar.move(t)
        self.orders.move(t)
        self.surveys.move(t)


def mark(definition: Definition, age_ms: int) -> Mark:
    """The edge at an age."""
    return Mark(age_ms, definition.res_ms(age_ms))


def season_marks(window: Window, shift_ms: int) -> tuple[Mark, Mark]:
    """End and start of a window's comparison that far back, floored to the hour."""
    return Mark(0, 1, shift_ms, HOUR_MS), Mark(window.ms, window.res_ms, shift_ms, HOUR_MS)


def families(definition: Definition) -> Families:
    """Empty panes for a definition."""
    ages = {w.ms for w in definition.windows}
    baseline = {25 * w.ms for w in definition.windows if definition.has_baseline(w)}
    pairs = q.pair_windows(definition)
    seasons = {
        m
        for window in definition.windows
        for shift in definition.seasonal_shifts_ms(window)
        for m in season_marks(window, shift)
    }

    def panes(width: int, of: set[int]) -> Panes:
        return Panes(definition.tiers, width, [mark(definition, age) for age in sorted(of)])

    return Families(
        panes(q.LIFE_WIDTH, ages | baseline),
        Panes(
            [Tier(HOUR_MS, definition.retention_ms)],
            q.LIFE_WIDTH,
            sorted(seasons, key=lambda m: m.age_ms + m.shift_ms) or [Mark(0, 1)],
        ),
        panes(q.PAIRS + 2 * len(pairs), ages | {2 * w.ms for w in pairs}),
        panes(q.SURVEYS_WIDTH, ages),
    )
