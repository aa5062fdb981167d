"""Sources that have fallen silent, and what that says of the KPIs that rest on them.

Rules: a kind of event is silent at t when it was counted before and its newest event is older than the
definition's limit for it. A value whose KPI rests on a silent kind is shown, with the status ``silent``
beside it; an undefined one stays undefined. Never withholds a number, and knows no group: a source speaks
for all of them.
See docs/contract.md, section 4.
"""

from collections.abc import Mapping

from streams.core.definition.definition import Definition
from streams.core.kpi.catalogue.entry import Kinds
from streams.core.kpi.catalogue.registry import CATALOGUE
from streams.core.kpi.values.value import Value


def silent_kinds(newest: Mapping[str, int], definition: Definition, t_ms: int) -> Kinds:
    """The kinds that are silent at t.

    Args:
        newest: kind -> time of its newest event counted; a kind that never came is not there.
        definition: holds the limits.
        t_ms: the time of evaluation.
    """
    return frozenset(
        kind
        for kind, limit_ms in definition.silence
        if limit_ms is not None and kind in newest and newest[kind] < t_ms - limit_ms
    )


def mark(values: dict[str, Value], silent: Kinds) -> dict[str, Value]:
    """The values of one period, with the status of those that rest on a silent kind."""
    if not silent:
        return values
    return {
        kpi: value if silent.isdisjoint(CATALOGUE[kpi].rests_on) else value.silenced()
        for kpi, value in values.items()
    }
