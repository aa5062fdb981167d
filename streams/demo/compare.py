"""Holds what is published against a recount of what was sent.

Rules: the recount reads the journal's bytes with ``streams.replay.recount`` and has seen no Kafka, no engine,
no publisher. Everything that has one right value is compared exactly and in both directions: missing, wrong
and surplus. Not compared: when a value was computed, partitions and their lag, the process' own metrics;
the shares of revenue, which a sweep computes live at a time of its own; alarms, which are judged beside the
ticks, as of the last five minutes that all partitions have told (their own tests hold them to a replay); how
many events were late, and how many beyond retention when they were applied, which depends on when that was.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from streams.core.definition.definition import Definition
from streams.core.kpi.catalogue.registry import CATALOGUE
from streams.core.kpi.snapshot import Snapshot
from streams.demo.observe import Document, Labels, Observed, Page, Series
from streams.publish.prometheus.samples import Sampler
from streams.publish.prometheus.shown import shown
from streams.redis_contract.layout import HEADER, PARTS, VARIANT, Place, write_number

_SHOWN = 20
_OWN_AFFAIR = {
    ("computed_at",),
    ("partitions",),
    ("alarms",),
    ("accounting", "late_beyond_retention"),
    ("accounting", "late"),
    ("accounting", "refused_values"),
}
_OWN_METRICS = (
    "crm_snapshot_computed_timestamp_seconds",
    "crm_alarm",
    "crm_events_late_beyond_retention",
    "crm_event_lateness_seconds",
    "crm_window_corrections_total",
    "crm_dimension_values_refused_total",
)
_SWEPT = {kpi.name for kpi in CATALOGUE.values() if kpi.swept}
_SWEPT_METRICS = tuple(shown(kpi)[0].metric for kpi in _SWEPT)
_MISSING = "(missing)"


class Mismatch(msgspec.Struct, frozen=True):
    """Two values that should be one."""

    where: str
    expected: str
    found: str


@dataclass(slots=True)
class Comparison:
    """How many values were compared, and the first of those that differ."""

    compared: int = 0
    different: int = 0
    mismatches: list[Mismatch] = field(default_factory=list)
    accounting: Document = field(default_factory=dict)
    """Of the recount."""

    def add(self, place: str, expected: Mapping[Any, object], found: Mapping[Any, object]) -> None:
        """Compare two mappings, key by key of both."""
        for key in sorted(expected.keys() | found.keys(), key=str):
            self.compared += 1
            wanted, got = expected.get(key, _MISSING), found.get(key, _MISSING)
            if wanted != got:
                self.different += 1
                if len(self.mismatches) < _SHOWN:
                    self.mismatches.append(Mismatch(f"{place} {_name(key)}", str(wanted), str(got)))


def compare(observed: Observed, recounted: Snapshot, definition: Definition) -> Comparison:
    """Hold everything observed against the recount at the same t."""
    expected: Document = msgspec.json.decode(recounted.json())
    comparison = Comparison(accounting=expected["accounting"])
    for name, document in observed.documents.items():
        comparison.add(f"{name} snapshot", dict(_leaves(expected)), dict(_leaves(document)))
    page = _expected_page(recounted, definition)
    for name, series in observed.pages.items():
        comparison.add(f"{name} /metrics", page, _crm(series))
    hashes = dict(_expected_hashes(expected))
    for place in sorted(hashes.keys() | observed.hashes.keys(), key=_place):
        found = {key: text for key, text in observed.hashes.get(place, {}).items() if _is_part(key)}
        comparison.add(f"redis {_place(place)}", hashes.get(place, {}), found)
    return comparison


def _leaves(tree: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    for key, value in tree.items():
        if (*path, key) in _OWN_AFFAIR or _is_swept(key):
            continue
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _expected_page(snapshot: Snapshot, definition: Definition) -> dict[Series, float]:
    samples = Sampler(definition).samples(snapshot)
    return _crm({(s.name, tuple(sorted(s.labels.items()))): float(s.value) for s in samples})


def _crm(page: Page) -> dict[Series, float]:
    return {series: value for series, value in page.items() if _is_comparable(*series)}


def _is_comparable(name: str, labels: Labels) -> bool:
    swept = name.startswith(_SWEPT_METRICS) or _is_swept(dict(labels).get("kpi", ""))
    return name.startswith("crm_") and not name.startswith(_OWN_METRICS) and not swept


def _is_swept(kpi: str) -> bool:
    return kpi in _SWEPT


def _expected_hashes(document: Document) -> Iterator[tuple[Place, dict[str, str]]]:
    """The fields that Redis must hold, besides the header."""
    variants = document["variants"]
    for window, values in (*document["windows"].items(), ("now", document["now"])):
        yield Place(window), _fields(values, variants)
    for dimension, listed in document["dimensions"].items():
        for value, periods in listed.items():
            for window, values in periods.items():
                yield Place(window, dimension, value), _fields(values, variants)


def _fields(values: Mapping[str, Mapping[str, Any]], variants: Mapping[str, str]) -> dict[str, str]:
    fields = {}
    for kpi, value in values.items():
        if _is_swept(kpi):
            continue
        fields[kpi] = write_number(value["value"])
        for part in PARTS:
            text = value[part] if part == "status" else write_number(value[part])
            fields[f"{kpi}:{part}"] = text
        if kpi in variants:
            fields[f"{kpi}:{VARIANT}"] = variants[kpi]
    return fields


def _is_part(field_name: str) -> bool:
    kpi, _, part = field_name.partition(":")
    return kpi not in HEADER and not _is_swept(kpi) and (not part or part in (*PARTS, VARIANT))


def _place(place: Place) -> str:
    return ":".join(part for part in (place.window, place.dimension, place.value) if part)


def _name(key: object) -> str:
    return ".".join(map(str, key)) if isinstance(key, tuple) else str(key)
