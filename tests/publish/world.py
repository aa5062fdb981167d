"""Small consistent totals for the tests of publishing: a business of any size whose numbers can be true."""

from streams.core.definition.definition import Definition
from streams.core.kpi.snapshot import Partitions, Snapshot, build
from streams.core.kpi.values.value import Condition
from streams.core.totals import FLOWS, GAUGES, OVERALL, Accounting, Group, Totals, Vector
from streams.publish.merge.partition_history import PartitionTotals

T0 = 1_776_211_200_000
"""An instant on every pane boundary (ms)."""

_GAUGES = {"active": 50, "long_term": 20, "low": 25, "medium": 15, "high": 10}
_FLOWS = {
    "new": 6,
    "reactivated": 1,
    "churned": 4,
    "lost": 3,
    "cost": 12_000,
    "with_cost": 4,
    "orders": 40,
    "orders_base": 38,
    "refunds_base": 2,
    "revenue": 98_765,
    "left_out": 2,
    "buyers": 24,
    "repeat_buyers": 9,
    "prev_buyers": 20,
    "retained_buyers": 11,
    "engaged": 44,
    "nps_p": 20,
    "nps_passive": 9,
    "nps_d": 6,
    "latest_p": 18,
    "latest_passive": 8,
    "latest_d": 5,
    "csat5_n": 12,
    "csat5_satisfied": 9,
    "csat5_sum": 48,
    "csat5_squares": 204,
    "csat10_n": 10,
    "csat10_satisfied": 6,
    "csat10_sum": 80,
    "csat10_squares": 670,
    "ces_n": 8,
    "ces_sum": 40,
    "ces_squares": 212,
    "csat3_n": 4,
    "csat3_satisfied": 2,
    "csat3_sum": 9,
    "csat3_squares": 23,
    "csat4_n": 4,
    "csat4_satisfied": 2,
    "csat4_sum": 10,
    "csat4_squares": 30,
    "csat7_n": 6,
    "csat7_satisfied": 3,
    "csat7_sum": 30,
    "csat7_squares": 176,
    "ces5_n": 3,
    "ces5_sum": 11,
    "ces5_squares": 45,
    "exposure_ms": 180_000_000,
    "base_churned": 60,
    "base_exposure_ms": 4_000_000_000,
    "seasonal_churned": 20,
    "seasonal_exposure_ms": 1_200_000_000,
}


def vector(definition: Definition, size: int) -> Vector:
    """The vector of a business ``size`` times the least one; size 0 is a business where nothing happened."""
    row = [_GAUGES[name] * size for name in GAUGES]
    for _ in definition.windows:
        row.extend(_FLOWS.get(name, 0) * size for name in FLOWS)
    return row


def overall(definition: Definition, t: int, size: int = 1) -> Totals:
    """The overall group of a partition, with its accounting."""
    accounting = Accounting(
        received=100 * size,
        counted={"purchase": 80 * size, "signup": 10 * size},
        ignored={"duplicate": 7 * size},
        malformed={"not_json": 3 * size},
        by_kind={"purchase:ignored:duplicate": 7 * size, "survey:malformed:not_json": 3 * size},
        parked=size,
    )
    return Totals(
        t, {OVERALL: vector(definition, size)}, accounting, {"purchase": t - 500, "signup": t - 900}
    )


def dimensions(definition: Definition, t: int, size: int = 1, values: tuple[Group, ...] = ()) -> Totals:
    """Groups by dimension of a partition."""
    groups = values or (
        ("segment", "smb"),
        ("plan", "pro"),
        ("reason", "price"),
        ("touchpoint", "onboarding"),
    )
    return Totals(t, {group: vector(definition, size) for group in groups})


def whole(definition: Definition, t: int, size: int = 1) -> Totals:
    """Both classes of groups of one t."""
    totals, by_value = overall(definition, t, size), dimensions(definition, t, size)
    return Totals(t, totals.groups | by_value.groups, totals.accounting, totals.newest)


def part(
    definition: Definition,
    partition: int,
    t: int,
    size: int = 1,
    *,
    live: bool = True,
    with_dimensions: bool = False,
    definition_hash: str = "",
    received_at_ms: int | None = None,
) -> PartitionTotals:
    """What a partition says at t; not live, it has only its accounting."""
    totals = overall(definition, t, size)
    return PartitionTotals(
        partition,
        live,
        lag=0 if live else 7,
        overall=totals if live else Totals(t, {}, totals.accounting, totals.newest),
        dimensions=dimensions(definition, t, size) if with_dimensions else None,
        definition_hash=definition_hash or definition.counting_hash,
        received_at_ms=t if received_at_ms is None else received_at_ms,
    )


def snapshot(
    definition: Definition,
    t: int = T0,
    size: int = 1,
    *,
    condition: Condition = "ok",
    computed_at_ms: int | None = None,
    partitions: Partitions | None = None,
) -> Snapshot:
    """The snapshot of a business."""
    return build(
        whole(definition, t, size),
        definition,
        computed_at_ms=t + 300 if computed_at_ms is None else computed_at_ms,
        partitions=partitions or {"0": {"lag": 0, "state": "ok"}},
        condition=condition,
    )
