"""Satisfaction: NPS, CSAT and CES, each with its interval and the answers behind it."""

from deploy.grafana.boards.board import Board
from deploy.grafana.boards.kpis import rows_of
from deploy.grafana.boards.panels import NUMBER, Panel, Query, Say, curves
from deploy.grafana.boards.queries import windowed


def satisfaction() -> Board:
    """The dashboard."""
    return Board(
        "kpi-satisfaction",
        "Satisfaction",
        "Net promoter score, satisfaction and effort, with intervals and numbers of answers.",
        rows_of("satisfaction", {"NPS": {3: _votes()}, "CSAT and CES": {}}),
        windowed=True,
    )


def _votes() -> Panel:
    says = Say("Promoters, passives, detractors", "Votes of 9 and 10, 7 and 8, 0 to 6.", NUMBER, "NpsDrop")
    return curves(says, Query(windowed("crm_nps_responses"), "{{group}}"), width=8, stacked=True)
