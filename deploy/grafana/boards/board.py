"""What all dashboards have in common: uid, data source variable, window variable, links to each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as models

from deploy.grafana.boards.panels import SOURCE, Panel
from streams.core.definition.dimensions import DEFAULT_DIMENSIONS

TAG = "kpi-streams"


@dataclass(frozen=True, slots=True)
class Row:
    """A titled row of panels."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard.

    Args:
        uid: never changes: links and bookmarks hold it.
        title: as listed.
        description: what for.
        rows: from top to bottom.
        windowed: whether a window can be chosen.
        by_dimension: whether a dimension can be chosen.
        annotated: expression that holds during what is drawn over all panels, from its begin to its end.
    """

    uid: str
    title: str
    description: str
    rows: Sequence[Row]
    windowed: bool = False
    by_dimension: bool = False
    annotated: str = ""

    def build(self) -> dashboard.Dashboard:
        """The dashboard as the SDK's builder."""
        board = (
            dashboard.Dashboard(self.title)
            .uid(self.uid)
            .description(self.description)
            .tags([TAG])
            .readonly()
            .refresh("10s")
            .time("now-6h", "now")
            .tooltip(models.DashboardCursorSync.CROSSHAIR)
            .link(_others())
            .with_variable(dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"))
        )
        if self.windowed:
            board = board.with_variable(_window())
        if self.by_dimension:
            board = board.with_variable(_dimension())
        if self.annotated:
            board = board.annotation(_annotation(self.annotated))
        number = 0
        for row in self.rows:
            board = board.with_row(dashboard.Row(row.title))
            for panel in row.panels:
                number += 1
                board = board.with_panel(panel.id(number))
        return board


def _annotation(expr: str) -> dashboard.AnnotationQuery:
    query = dashboard.AnnotationQuery().name("Alarms").datasource(SOURCE).enable(enable=True)
    return query.icon_color("red").expr(expr)


def _others() -> dashboard.DashboardLink:
    link = dashboard.DashboardLink("Dashboards").type(models.DashboardLinkType.DASHBOARDS)
    return link.tags([TAG]).as_dropdown(as_dropdown=True).keep_time(keep_time=True)


def _window() -> dashboard.QueryVariable:
    """The windows that there are; a definition chooses them."""
    chosen = models.VariableOption(selected=True, text="24h", value="24h")
    variable = dashboard.QueryVariable("window").label("Window").datasource(SOURCE)
    query: dict[str, object] = {
        "query": "label_values(crm_customers_at_start, window)",
        "refId": "StandardVariableQuery",
    }
    variable = variable.query(query).refresh(models.VariableRefresh.ON_DASHBOARD_LOAD)
    return variable.sort(models.VariableSort.NUMERICAL_ASC).current(chosen)


def _dimension() -> dashboard.QueryVariable:
    """The customer dimensions that there are, by the definition: only they have active customers."""
    first = DEFAULT_DIMENSIONS[0]
    chosen = models.VariableOption(selected=True, text=first, value=first)
    variable = dashboard.QueryVariable("dimension").label("By").datasource(SOURCE)
    query: dict[str, object] = {
        "query": "label_values(crm_active_customers_by, dimension)",
        "refId": "StandardVariableQuery",
    }
    variable = variable.query(query).refresh(models.VariableRefresh.ON_DASHBOARD_LOAD)
    return variable.sort(models.VariableSort.ALPHABETICAL_ASC).current(chosen)
