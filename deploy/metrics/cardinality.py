"""How many series one worker can show at most, from the limits of a definition.

Rules: everything that may be shown at once is counted, whether a business ever has it or not: all dimension
values that get a name, every KPI that a window has, defined or not. Names and windows come from the code that
computes KPIs. Nothing here limits anything: the limits are the definition's.
"""

from collections.abc import Iterator, Mapping
from typing import get_args

from streams.core.decode_reasons import REASONS
from streams.core.decoding.expected import FIELDS
from streams.core.definition.definition import SHARED_VALUES, Definition
from streams.core.events import KINDS
from streams.core.kpi.alarms import STATUSES
from streams.core.kpi.catalogue.registry import chosen
from streams.core.kpi.group_kpis import GroupKpis, Periods
from streams.core.kpi.values.value import Status, Sweep
from streams.core.totals import LATENESS_MS, OVERALL, Group, vector_length
from streams.publish.merge.merger import PartitionStatus
from streams.publish.prometheus.metrics import ALARMS, COMPONENTS, DOCUMENT, PROCESS, Metric

_IGNORED = 4
"""duplicate, erased, sealed, overflow"""
_LATENESS = len(LATENESS_MS) + 3
"""A histogram: its classes, one more beyond them, count and sum."""
_OUTCOMES = 4
"""At most, of batches and of commits."""
_QUANTILES = 2
_ENVELOPE = 4
"""Fields that every record has."""
_VOTES = 3
_OF_STREAM = sum("value" in metric.labels for metric in ALARMS)


def series_bound(definition: Definition, partitions: int) -> Mapping[str, int]:
    """The most series a worker shows, by what they are about.

    Args:
        definition: whose windows and limits count.
        partitions: of the sources; at worst one worker owns all of them.
    """
    kpis = _periods(definition, OVERALL)
    values = definition.max_values + len(SHARED_VALUES)
    return {
        "KPIs of the whole": _shown(definition, kpis),
        "their parts, intervals and statuses": sum(_parts(definition, kpis)),
        "KPIs by dimension value": sum(
            values * _shown(definition, _periods(definition, (dimension, "a value")))
            for dimension in definition.all_dimensions
        ),
        "components": sum(_component(metric) for metric in COMPONENTS) * len(definition.windows),
        "alarms": _OF_STREAM * definition.most_streams + len(STATUSES) * len(definition.watched) + 2,
        "accounting": len(KINDS) * (1 + _IGNORED + len(REASONS) + _LATENESS) + len(definition.windows) + 6,
        "document, partitions and process": sum(
            _of_labels(metric, partitions, definition) for metric in (*DOCUMENT, *PROCESS)
        ),
    }


def _periods(definition: Definition, group: Group) -> Periods:
    """Every KPI that a group can have."""
    sweep = Sweep(t_ms=0, buyers=0, a_minor=0, b_minor=0, c_minor=0)
    shares = {(group, w.name): sweep for w in definition.windows if definition.has_revenue_shares(w)}
    kpis = GroupKpis(definition, None, shares, 0)
    return kpis.overall() if group == OVERALL else kpis.of(group, [0] * vector_length(definition))


def _shown(definition: Definition, periods: Periods) -> int:
    """The KPIs of a group; a headline is shown a second time where no variant of its own says the same."""
    twice = [
        kpis
        for kpis in periods.values()
        for kpi, variant in chosen(definition).items()
        if kpi in kpis and variant not in kpis
    ]
    return sum(map(len, periods.values())) + len(twice)


def _parts(definition: Definition, periods: Periods) -> Iterator[int]:
    each = 5 + len(get_args(Status))
    yield each * sum(len(kpis) for kpis in periods.values())
    yield 2 * len(definition.windows)  # what spike tests expect


def _component(metric: Metric) -> int:
    return _VOTES if "group" in metric.labels else 1


def _of_labels(metric: Metric, partitions: int, definition: Definition) -> int:
    """How many series a metric has whose labels are no dimension values."""
    sizes = {
        "partition": partitions,
        "state": len(get_args(PartitionStatus)),
        "topic": len(KINDS),
        "event": len(KINDS),
        "outcome": _OUTCOMES,
        "quantile": _QUANTILES,
    }
    if "field" in metric.labels:  # of one kind each, but for the envelope's
        return len(KINDS) * _ENVELOPE + len(FIELDS) + len(definition.dimensions) - _ENVELOPE
    count = 1
    for label in metric.labels:
        count *= sizes.get(label, 1)
    return count
