"""Where Grafana's dashboards draw a KPI; deploy/grafana/boards makes the panels of it.

Rules: metric, labels and unit are the KPI's own and never stand here. Panels of one place are one panel with
several curves; the first says how it looks. A KPI without any gets a panel in the last row of its chapter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

Dashboard = Literal["overview", "churn", "value", "satisfaction"]

_ALERT: Final[Mapping[Dashboard, str]] = {
    "overview": "AcquisitionStopped",
    "churn": "ChurnElevated",
    "value": "AcquisitionStopped",
    "satisfaction": "NpsDrop",
}
"""Dashboard -> whose section of the runbook says what to do, unless a panel names another."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel, or one of the curves in it."""

    dashboard: Dashboard
    row: str
    place: int
    """Where in its row; panels of one place are one."""
    title: str
    says: str
    """What is shown, a sentence."""
    form: Literal["number", "curves", "interval", "rows"] = "curves"
    """A large number, curves, a curve within its interval, or a table of dimension values."""
    width: int = 0
    """Of 24 columns; 0: as usual for the form."""
    alert: str = ""
    """Whose section of the runbook says what to do; empty: that of the dashboard."""
    legend: str = ""
    window: str = "$window"
    by: str = ""
    """The dimension whose values are drawn; empty: the whole."""
    part: str = ""
    """The part that is drawn instead of the value, like ``n``."""
    steps: tuple[tuple[float, str], ...] = ()
    """From which value on a number has which colour."""
    stacked: bool = False
    logarithmic: bool = False
    upwards: bool = False
    """Whether the smallest comes first."""

    @property
    def runbook(self) -> str:
        """The section of the runbook that says what to do."""
        return self.alert or _ALERT[self.dashboard]

    def line(self, legend: str, window: str = "", part: str = "") -> "Panel":
        """The same panel for one of its curves."""
        return replace(self, legend=legend, window=window or self.window, part=part)
