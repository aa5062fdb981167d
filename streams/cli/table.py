"""The live table: one row a KPI with value, n, interval, age, status and trend.

Rules: a value that is not to be relied upon is never shown as if it were; the status says why. Rows of
KPIs that are published nowhere are left out.
"""

from collections.abc import Mapping

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from streams.cli.figures import Trend, figure, interval
from streams.client.reading import Reading, State

STANDING = (
    "active_customers",
    "long_term_ratio",
    "customers_at_risk.low",
    "customers_at_risk.medium",
    "customers_at_risk.high",
)
"""KPIs without a window."""
WINDOWED = (
    "new_customers",
    "reactivated_customers",
    "churned_customers",
    "churn_ratio",
    "retention_ratio",
    "acquisition_ratio",
    "growth_ratio",
    "churn_spike_p",
    "nps_score",
    "csat_ratio.5",
    "ces_mean",
    "orders",
    "buyers",
    "revenue",
    "average_order_value",
    "repurchase_ratio",
    "purchase_frequency",
    "purchase_retention_ratio",
    "acquisition_cost",
    "lifetime_value",
    "engaged_customers",
)
"""KPIs of a window, in the order of the table."""
COLOURS = {
    State.FRESH: "green",
    State.LOW_N: "yellow",
    State.UNDEFINED: "bright_black",
    State.STALE: "red",
    State.RECOVERING: "cyan",
    State.ABSENT: "bright_black",
}


class LiveTable:
    """Remembers trends from one drawing to the next."""

    def __init__(self) -> None:
        self._trends: dict[str, Trend] = {}

    def draw(self, title: str, standing: Mapping[str, Reading], windowed: Mapping[str, Reading]) -> Table:
        """The table of what was read just now."""
        table = Table(title=title, title_justify="left", pad_edge=False, box=SIMPLE_HEAD)
        table.add_column("KPI", no_wrap=True, min_width=16)
        table.add_column("value", justify="right", no_wrap=True, min_width=10)
        table.add_column("n", justify="right", no_wrap=True, min_width=7)
        table.add_column("95 % interval", no_wrap=True)
        table.add_column("age", justify="right", no_wrap=True, min_width=5)
        table.add_column("status", no_wrap=True, min_width=9)
        table.add_column("trend", no_wrap=True, overflow="crop")
        for names, readings in ((STANDING, standing), (WINDOWED, windowed)):
            for kpi in names:
                if kpi in readings:
                    self._add_row(table, kpi, readings[kpi])
            table.add_section()
        return table

    def _add_row(self, table: Table, kpi: str, reading: Reading) -> None:
        trend = self._trends.setdefault(kpi, Trend())
        trend.add(reading.value)
        table.add_row(
            kpi,
            figure(kpi, reading.value),
            "" if reading.n is None else f"{reading.n:,}",
            interval(kpi, reading.low, reading.high),
            age(reading),
            Text(status(reading), style=COLOURS[reading.state]),
            str(trend),
        )


def status(reading: Reading) -> str:
    """The state as people say it."""
    return "ok" if reading.state is State.FRESH else reading.state.value


def age(reading: Reading) -> str:
    """The reading's age in seconds; empty where it has none."""
    return "" if reading.age_s is None else f"{max(0.0, reading.age_s):.1f} s"
