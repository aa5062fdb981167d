"""The live table: one row a KPI with value, n, interval, age, status and trend.

Rules: a value that is not to be relied upon is never shown as if it were; the status says why, so it is the
last thing that a narrow terminal loses. Rows of KPIs that are published nowhere are left out.
"""

from collections.abc import Mapping

from rich.text import Text

from streams.cli.figures import Trend, figure, interval
from streams.cli.fitting import STATUS, Column, Fitting, plain
from streams.client.reading import Reading, State
from streams.core.kpi.catalogue.registry import headlines

STANDING = headlines(standing=True)
"""KPIs without a window."""
WINDOWED = headlines(standing=False)
"""KPIs of a window, in the order of the table."""
COLOURS = {
    State.FRESH: "green",
    State.LOW_N: "yellow",
    State.SILENT: "magenta",
    State.UNDEFINED: "bright_black",
    State.STALE: "red",
    State.RECOVERING: "cyan",
    State.ABSENT: "bright_black",
}


COLUMNS = (
    Column("KPI", 16),
    Column("value", 10, right=True),
    N := Column("n", 7, right=True),
    INTERVAL := Column("95 % interval"),
    AGE := Column("age", 5, right=True),
    STATUS,
    TREND := Column("trend"),
)
SPARED = (TREND, INTERVAL, AGE, N)
"""What a narrow terminal does without, in this order."""


class LiveTable:
    """Remembers trends from one drawing to the next."""

    def __init__(self) -> None:
        self._trends: dict[str, Trend] = {}

    def draw(self, title: str, standing: Mapping[str, Reading], windowed: Mapping[str, Reading]) -> Fitting:
        """The table of what was read just now."""
        sections = [
            [self._row(kpi, readings[kpi]) for kpi in names if kpi in readings]
            for names, readings in ((STANDING, standing), (WINDOWED, windowed))
        ]
        return Fitting(title, COLUMNS, SPARED, sections)

    def _row(self, kpi: str, reading: Reading) -> list[Text]:
        trend = self._trends.setdefault(kpi, Trend())
        trend.add(reading.value)
        told = (
            named(reading),
            figure(kpi, reading.value),
            "" if reading.n is None else f"{reading.n:,}",
            interval(kpi, reading.low, reading.high),
            age(reading),
        )
        state = plain(status(reading), COLOURS[reading.state])
        return [*map(plain, told), state, plain(str(trend))]


def named(reading: Reading) -> str:
    """The KPI, and how it is computed where the definition has a choice: ``churn_ratio (simple)``."""
    return f"{reading.kpi} ({reading.variant})" if reading.variant else reading.kpi


def status(reading: Reading) -> str:
    """The state as people say it."""
    return "ok" if reading.state is State.FRESH else reading.state.value


def age(reading: Reading) -> str:
    """The reading's age in seconds; empty where it has none."""
    return "" if reading.age_s is None else f"{max(0.0, reading.age_s):.1f} s"
