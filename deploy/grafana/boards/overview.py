"""The ops wall: is it well with the business, and can the numbers be believed."""

from deploy.grafana.boards.board import Board
from deploy.grafana.boards.kpis import rows_of
from deploy.grafana.boards.panels import AMBER, NUMBER, RED, SECONDS, Panel, Query, Say, number, rows


def overview() -> Board:
    """The dashboard."""
    return Board(
        "kpi-overview",
        "Overview",
        "The business and the service at a glance; for a wall screen.",
        rows_of("overview", {"Business": {}, "Trust": dict(enumerate(_trust())), "Over time": {}}),
        windowed=True,
    )


def _trust() -> list[Panel]:
    age = Say(
        "Age of the values",
        "Beyond the freshness limit (10 s) they are withheld; beyond 60 s somebody is told.",
        SECONDS,
        "KpisStale",
    )
    lag = Say("Records waiting", "Not yet applied, over all partitions.", NUMBER, "LagHigh")
    workers = Say("Workers", "That answer Prometheus.", NUMBER, "WorkerMissing")
    gap = Say("Unaccounted", "Received but in no class: always 0.", NUMBER, "AccountingBroken")
    firing = Say(
        "Alerts firing", "Empty when all is well; each has a section in the runbook.", NUMBER, "KpisStale"
    )
    return [
        number(age, "job:crm_snapshot_age_seconds:min", steps=[(10, AMBER), (60, RED)], width=3),
        number(lag, "job:kpi_streams_partition_lag:sum", steps=[(1_000, AMBER), (100_000, RED)], width=3),
        number(workers, 'sum by (job) (up{job="kpi-streams"})', width=3),
        number(gap, "max(abs(instance:crm_events_unaccounted:records))", steps=[(1, RED)], width=3),
        rows(firing, Query('ALERTS{alertstate="firing"}'), hide=["Value", "about", "alertstate"], width=12),
    ]
