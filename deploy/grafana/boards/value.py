"""Acquisition and value: who comes, what it costs, what they are worth."""

from deploy.grafana.boards.board import Board
from deploy.grafana.boards.kpis import rows_of
from deploy.grafana.boards.panels import NUMBER, SECONDS, Panel, Query, Say, curves, number
from deploy.grafana.boards.queries import windowed

_SIGNUP_AGE = 'time() - max without (instance) (crm_newest_event_timestamp_seconds{event="signup"})'


def value() -> Board:
    """The dashboard."""
    return Board(
        "kpi-value",
        "Acquisition & value",
        "New customers, their cost, orders, revenue and lifetime value.",
        rows_of("value", {"Acquisition": {2: _newest()}, "Orders": {6: _left_out()}, "Value": {}}),
        windowed=True,
        by_dimension=True,
    )


def _newest() -> Panel:
    return number(Say("Newest signup", "How long ago.", SECONDS, "AcquisitionStopped"), _SIGNUP_AGE, width=6)


def _left_out() -> Panel:
    says = Say(
        "Left out of revenue", "Purchases and refunds in other currencies.", NUMBER, "AcquisitionStopped"
    )
    return curves(says, Query(windowed("crm_purchases_left_out"), "left out"), width=8)
