"""The ops wall: is it well with the business, and can the numbers be believed."""

from deploy.grafana.boards.board import Board, Row
from deploy.grafana.boards.panels import (
    AMBER,
    MONEY,
    NUMBER,
    RATIO,
    RED,
    SCORE,
    SECONDS,
    Panel,
    Query,
    Say,
    curves,
    number,
    rows,
    with_interval,
)
from deploy.grafana.boards.queries import part, whole, windowed


def overview() -> Board:
    """The dashboard."""
    return Board(
        "kpi-overview",
        "Overview",
        "The business and the service at a glance; for a wall screen.",
        [Row("Business", _business()), Row("Trust", _trust()), Row("Over time", _over_time())],
        windowed=True,
    )


def _business() -> list[Panel]:
    active = Say("Active customers", "Customers active now.", NUMBER, "AcquisitionStopped")
    churn = Say("Churn", "Customers lost, per customer active at the start.", RATIO, "ChurnElevated")
    new = Say("New customers", "First activations.", NUMBER, "AcquisitionStopped")
    nps = Say("Net promoter score", "From -100 to 100; mind its interval below.", SCORE, "NpsDrop")
    revenue = Say("Revenue", "After refunds; the base currency alone.", MONEY, "AcquisitionStopped")
    risk = Say("At high risk", "Active customers in the highest band of risk.", NUMBER, "ChurnElevated")
    return [
        number(active, whole("crm_active_customers")),
        number(churn, windowed("crm_churn_ratio")),
        number(new, windowed("crm_new_customers")),
        number(nps, windowed("crm_nps_score")),
        number(revenue, windowed("crm_revenue")),
        number(risk, whole("crm_customers_at_risk", band="high")),
    ]


def _trust() -> list[Panel]:
    age = Say(
        "Age of the values",
        "Beyond 10 s they are withheld; beyond 60 s somebody is told.",
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


def _over_time() -> list[Panel]:
    spike = Say("Churn of an hour against expected", "Expected by the 24 hours before.", NUMBER, "ChurnSpike")
    flow = Say("Coming and going", "In the window chosen.", NUMBER, "AcquisitionStopped")
    nps = Say("Net promoter score", "With its 95 % interval.", SCORE, "NpsDrop")
    revenue = Say("Revenue", "After refunds; the base currency alone.", MONEY, "AcquisitionStopped")
    return [
        curves(
            spike,
            Query(windowed("crm_churned_customers", "1h"), "churned"),
            Query(windowed("crm_churn_spike_expected", "1h"), "expected"),
        ),
        curves(
            flow,
            Query(windowed("crm_new_customers"), "new"),
            Query(windowed("crm_reactivated_customers"), "reactivated"),
            Query(windowed("crm_churned_customers"), "churned"),
        ),
        with_interval(nps, windowed("crm_nps_score"), part("low", "nps_score"), part("high", "nps_score")),
        curves(revenue, Query(windowed("crm_revenue"), "{{currency}}")),
    ]
