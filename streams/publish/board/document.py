"""What the board is told of a snapshot: the values it shows, and those by dimension, each encoded once.

Rules: values are those of the snapshot, under the same names and with the same parts; what the page does not
show is left out, because 200 pages read it every second. Nothing is left out of accounting or partitions.

Pure. Never computes a figure, and never shows one that the snapshot withholds.
"""

from collections.abc import Iterable, Mapping
from typing import get_args

import msgspec

from streams.core.definition.definition import Definition
from streams.core.definition.dimensions import EVENT_DIMENSIONS
from streams.core.kpi.alarms import StreamState
from streams.core.kpi.breakdown import Breakdown
from streams.core.kpi.catalogue.entry import Scope
from streams.core.kpi.catalogue.registry import CATALOGUE
from streams.core.kpi.flows import range_of
from streams.core.kpi.formulas import Values
from streams.core.kpi.group_kpis import NOW
from streams.core.kpi.snapshot import Snapshot
from streams.publish.prometheus.metrics import Sample

SHOWN = tuple(kpi.name for kpi in CATALOGUE.values() if kpi.board and not kpi.standing)
"""KPIs of the whole that the page shows, of each window."""

_BY: Mapping[Scope, tuple[str, ...]] = {
    scope: tuple(kpi.name for kpi in CATALOGUE.values() if kpi.board and scope in kpi.board.by)
    for scope in get_args(Scope)
}
"""Whose dimension values -> the KPIs that the page shows of them."""

_FACTS = {
    "kpi_streams_redis_up": "redis_up",
    "kpi_streams_dead_letters_total": "dead_letters",
    "kpi_streams_recoveries_total": "recoveries",
    "kpi_streams_rebalances_total": "rebalances",
}
_MOST_ALARMS = 12
"""Streams in alarm that the page names; one cause is seen from many sides."""
_COMMIT_AGE = "kpi_streams_commit_age_seconds"


def setup(definition: Definition) -> dict[str, object]:
    """What the page has to know of the definition."""
    return {
        "tenant": definition.tenant,
        "dimensions": definition.dimensions,
        "windows": {window.name: window.ms for window in definition.windows},
        "ranges": {window.name: range_of(definition, window) for window in definition.windows},
        "silence_ms": {kind: ms for kind, ms in definition.silence if ms is not None},
        "freshness_limit_ms": definition.freshness_limit_ms,
        "currency": definition.base_currency,
        "min_n": {kpi: definition.min_n_of(kpi) for kpi, told in CATALOGUE.items() if told.board},
    }


def values(snapshot: Snapshot, process: Iterable[Sample]) -> dict[str, object]:
    """What moves at every tick.

    Args:
        snapshot: the newest.
        process: what this process says of itself.
    """
    return {
        "t": snapshot.t_ms,
        "computed_at": snapshot.computed_at_ms,
        "definition_version": snapshot.definition_version,
        "condition": snapshot.condition,
        "windows": {name: _only(SHOWN, values) for name, values in snapshot.windows.items()},
        NOW: snapshot.now,
        "components": snapshot.components,
        "alarms": _in_alarm(snapshot),
        "watched": None if snapshot.alarms is None else snapshot.alarms.by_alarm,
        "flows_t": None if snapshot.flows is None else snapshot.flows.t_ms,
        "newest_event": snapshot.newest_event,
        "accounting": snapshot.accounting,
        "partitions": snapshot.partitions,
        "process": _facts(process),
    }


def dimensions(breakdown: Breakdown) -> dict[str, object]:
    """What moves when the values by dimension do."""
    return {"t": breakdown.t_ms, "values": {name: _listed(name, breakdown) for name in breakdown.values}}


def encode(document: object) -> bytes:
    """As JSON in one line."""
    return msgspec.json.encode(document)


def _in_alarm(snapshot: Snapshot) -> list[StreamState]:
    """The streams in alarm, the greatest evidence first."""
    active = [] if snapshot.alarms is None else [*snapshot.alarms.active]
    return sorted(active, key=lambda stream: -(stream.greatest_log10 or 0.0))[:_MOST_ALARMS]


def _listed(dimension: str, breakdown: Breakdown) -> dict[str, dict[str, Values]]:
    kpis = _kpis(dimension)
    return {
        value: {period: _only(kpis, values) for period, values in periods.items()}
        for value, periods in breakdown.values[dimension].items()
    }


def _kpis(dimension: str) -> tuple[str, ...]:
    if dimension not in EVENT_DIMENSIONS:
        return _BY["customers"]
    return _BY["answers" if dimension == "touchpoint" else "cause"]


def _only(kpis: Iterable[str], values: Values) -> Values:
    return {kpi: values[kpi] for kpi in kpis if kpi in values}


def _facts(process: Iterable[Sample]) -> Mapping[str, object]:
    facts: dict[str, object] = {}
    commit_age_s: dict[str, float] = {}
    for sample in process:
        if sample.name == _COMMIT_AGE:
            commit_age_s[sample.labels["partition"]] = round(sample.value, 1)
        elif sample.name in _FACTS:
            facts[_FACTS[sample.name]] = int(sample.value)
    return {**facts, "commit_age_s": commit_age_s}
