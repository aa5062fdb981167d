"""The snapshot as of t, recounted from all records (contract sections 6, 8 and 9)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from streams.core.definition.definition import Definition
from tests.recount import groups
from tests.recount.decoding import Record
from tests.recount.event import DAY_MS
from tests.recount.groups import OTHER, GroupCounts
from tests.recount.kpis import (
    Paid,
    churn_values,
    customers_at_start,
    now_values,
    survey_values,
    window_values,
)
from tests.recount.life import Life, life
from tests.recount.people import persons
from tests.recount.receipt import Receipt, classify, counted
from tests.recount.silence import silent_sources, told
from tests.recount.values import Values

Document = dict[str, Any]


def recount(
    records: Iterable[Record], t_ms: int, definition: Definition | None = None, *, wall_ms: int | None = None
) -> Document:
    """The snapshot document as of t, without ``schema``, ``definition_version`` and ``tenant``.

    Args:
        records: Kafka records in arrival order, as ``kpi replay`` reads them.
        t_ms: time of evaluation.
        definition: what the numbers mean; the documented default.
        wall_ms: clock for records without a timestamp; None: those are never too early.
    """
    rules = definition or Definition()
    return document(classify(records, rules, wall_ms=wall_ms), t_ms, rules)


def counts(
    records: Iterable[Record], t_ms: int, definition: Definition | None = None, *, wall_ms: int | None = None
) -> dict[groups.Group, GroupCounts]:
    """The exact integers behind the snapshot: (dimension, value) -> ``now`` or window -> name -> number.

    The whole is ("", ""). Values are not folded; a group in which everything is 0 is left out.
    """
    rules = definition or Definition()
    receipts = classify(records, rules, wall_ms=wall_ms)
    return groups.counts(lives_of(receipts, t_ms, rules), t_ms, rules)


def lives_of(receipts: Iterable[Receipt], t_ms: int, definition: Definition) -> list[Life]:
    """The life of every person as of t."""
    return [life(person, t_ms, definition) for person in persons(counted(receipts, t_ms))]


def document(receipts: Sequence[Receipt], t_ms: int, definition: Definition) -> Document:
    """The snapshot document as of t from classed records."""
    lives = lives_of(receipts, t_ms, definition)
    windows = definition.windows
    overall = groups.group_counts(lives, t_ms, definition)
    newest = _newest(receipts, t_ms)
    silent = silent_sources(newest, t_ms, definition)
    values = {period: told(own, silent) for period, own in _values(lives, overall, t_ms, definition).items()}
    by_value = _dimensions(lives, overall, t_ms, definition)
    return {
        "t": t_ms,
        "computed_at": t_ms,
        "windows": {w.name: values[w.name] for w in windows},
        "now": values["now"],
        "dimensions": {
            dimension: {
                value: {period: told(own, silent) for period, own in periods.items()}
                for value, periods in listed.items()
            }
            for dimension, listed in by_value.items()
        },
        "bounds": {w.name: {"start": definition.floor_edge(t_ms, w.ms), "end": t_ms} for w in windows},
        "newest_event": newest,
        "accounting": accounting(receipts, lives, t_ms, definition),
        "partitions": {},
    }


def _values(lives: Sequence[Life], row: GroupCounts, t_ms: int, definition: Definition) -> dict[str, Values]:
    """Everything published of a group of customers: ``now`` and every window."""
    active = row["now"]["active"]
    found = {"now": now_values(row["now"])}
    day = next((row[window.name] for window in definition.windows if window.ms == DAY_MS), None)
    for window in definition.windows:
        paid = Paid(
            groups.net_revenue(lives, t_ms, window, definition),
            groups.paid_twice(lives, t_ms, window, definition),
            Fraction(t_ms - definition.floor_edge(t_ms, window.ms), 365 * DAY_MS),
        )
        found[window.name] = window_values(row[window.name], active, paid, window, definition, day)
    return found


def _dimensions(
    lives: list[Life], overall: GroupCounts, t_ms: int, definition: Definition
) -> dict[str, dict[str, dict[str, Values]]]:
    names = [w.name for w in definition.windows]
    found: dict[str, dict[str, dict[str, Values]]] = {}

    def rename(dimension: str) -> groups.Rename:
        named = groups.named_values(lives, t_ms, dimension, definition)
        return lambda value: value if value in named else OTHER

    for dimension in definition.dimensions:
        found[dimension] = {}
        for value, own in groups.by_profile(lives, dimension, rename(dimension)).items():
            row = groups.group_counts(own, t_ms, definition)
            if groups.anything(row):
                found[dimension][value] = _values(own, row, t_ms, definition)
    for dimension in groups.CHURN_DIMENSIONS:
        rows = groups.churn_counts(lives, t_ms, definition, dimension, rename(dimension))
        found[dimension] = {
            value: {name: _churn(row[name], overall, name, definition) for name in names}
            for value, row in rows.items()
        }
    rows = groups.touchpoint_counts(lives, t_ms, definition, rename("touchpoint"))
    mixed = groups.mixed_votes(lives, t_ms, definition, rename("touchpoint"))
    found["touchpoint"] = {
        value: {
            name: survey_values(row[name], definition, latest_known=name not in mixed or value != OTHER)
            for name in names
        }
        for value, row in rows.items()
        if groups.anything(row)
    }
    return found


def _churn(row: dict[str, int], overall: GroupCounts, name: str, definition: Definition) -> Values:
    at_start = customers_at_start(overall[name], overall["now"]["active"])
    return churn_values(row, at_start, overall[name]["new"], definition)


def _newest(receipts: Iterable[Receipt], t_ms: int) -> dict[str, int]:
    newest: dict[str, int] = {}
    for event in counted(receipts, t_ms):
        newest[event.kind] = max(event.at_ms, newest.get(event.kind, event.at_ms))
    return newest


def is_forgotten(life: Life, t_ms: int, definition: Definition) -> bool:
    """Whether all windows have passed what an erase left of a person; then nothing is left."""
    ended_ms = life.person.ended_ms
    return ended_ms is not None and t_ms - ended_ms >= definition.retention_ms + definition.tiers[-1].width_ms


def accounting(
    receipts: Iterable[Receipt], lives: Iterable[Life], t_ms: int, definition: Definition
) -> dict[str, Any]:
    """Where the records dated up to t, and all malformed ones, went.

    As of t nothing is parked, and nothing is late: replay applies events in the order of their times.
    """
    own = [one for one in lives if not is_forgotten(one, t_ms, definition)]
    classed = [r for r in receipts if r.event is None or r.event.at_ms <= t_ms]
    outcomes = Counter(r.outcome for r in classed)
    return {
        "received": len(classed),
        "counted": outcomes["counted"],
        "ignored": dict(Counter(r.reason for r in classed if r.outcome == "ignored")),
        "malformed": dict(Counter(r.reason for r in classed if r.outcome == "malformed")),
        "malformed_total": outcomes["malformed"],
        "not_active": sum(one.not_active for one in own),
        "parked": 0,
        "void_pending": sum(one.person.void_pending for one in own),
        "late_beyond_retention": 0,
    }
