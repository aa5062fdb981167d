"""Churn: is it a spike, where does it come from, and why do they leave."""

from deploy.grafana.boards.board import Board
from deploy.grafana.boards.kpis import rows_of


def churn() -> Board:
    """The dashboard."""
    return Board(
        "kpi-churn",
        "Churn",
        "Spikes, where they come from and why; expected against observed.",
        rows_of("churn", {"Spike": {}, "Where": {}, "Why": {}, "Level": {}}),
        windowed=True,
        by_dimension=True,
    )
