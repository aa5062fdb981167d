"""The families of panes of one partition, with the window edges that each of them needs."""

from dataclasses import dataclass

from streams.core.alarms.day import KEPT_DAYS
from streams.core.counting import quantities as q
from streams.core.counting.noted_panes import CausePanes, LifePanes, OrderPanes, SurveyPanes
from streams.core.counting.panes import Mark, Panes
from streams.core.counting.slot_series import SlotSeries, ValuesOf
from streams.core.definition.definition import DAY_MS, HOUR_MS, Definition, Tier, Window


@dataclass(slots=True)
class Families:
    """Panes by what they count."""

    life: Panes
    calendar: Panes
    """Life by whole hours, between the edges of the seasonal comparison."""
    orders: OrderPanes
    surveys: Panes
    series: SlotSeries
    """What all of them note by five minutes, for alarms."""

    def move(self, t: int) -> None:
        """Move all windows to t."""
        self.life.move(t)
        self.calendar.move(t)
        self.orders.move(t)
        self.surveys.move(t)
        self.series.move(t)


def mark(definition: Definition, age_ms: int) -> Mark:
    """The edge at an age."""
    return Mark(age_ms, definition.res_ms(age_ms))


def season_marks(window: Window, shift_ms: int) -> tuple[Mark, Mark]:
    """End and start of a window's comparison that far back, floored to the hour."""
    return Mark(0, 1, shift_ms, HOUR_MS), Mark(window.ms, window.res_ms, shift_ms, HOUR_MS)


def families(definition: Definition, values_of: ValuesOf) -> Families:
    """Empty panes for a definition.

    Args:
        definition: what the numbers mean.
        values_of: the (dimension, value) pairs of a profile.
    """
    ages = {w.ms for w in definition.windows}
    baseline = {25 * w.ms for w in definition.windows if definition.has_baseline(w)}
    pairs = q.pair_windows(definition)
    seasons = {
        m
        for window in definition.windows
        for shift in definition.seasonal_shifts_ms(window)
        for m in season_marks(window, shift)
    }

    def marks(of: set[int]) -> list[Mark]:
        return [mark(definition, age) for age in sorted(of)]

    series = SlotSeries(min(KEPT_DAYS, definition.retention_ms // DAY_MS), values_of)
    order_width = q.PAIRS + 2 * len(pairs)

    return Families(
        CausePanes(definition.tiers, q.LIFE_WIDTH, marks(ages | baseline), series),
        LifePanes(
            [Tier(HOUR_MS, definition.retention_ms)],
            q.LIFE_WIDTH,
            sorted(seasons, key=lambda m: m.age_ms + m.shift_ms) or [Mark(0, 1)],
            series,
        ),
        OrderPanes(definition.tiers, order_width, marks(ages | {2 * w.ms for w in pairs}), series),
        SurveyPanes(definition.tiers, q.SURVEYS_WIDTH, marks(ages), series),
        series,
    )
