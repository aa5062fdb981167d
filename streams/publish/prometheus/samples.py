"""The samples of a snapshot: what Prometheus is shown of it (docs/contract.md, section 10).

Rules: a null gives no sample, so its series is absent; counts and parts that the snapshot still has while
values are withheld are shown. A headline is also shown as the variant that it is, if that is not there.

Pure. Never computes a figure: every number stands in the snapshot.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import get_args

from streams.core.decode_reasons import PLACEMENT_REASONS
from streams.core.definition.definition import Definition
from streams.core.events import KINDS
from streams.core.kpi.catalogue.registry import chosen
from streams.core.kpi.formulas import Values
from streams.core.kpi.group_kpis import NOW
from streams.core.kpi.snapshot import Partitions, Snapshot
from streams.core.kpi.values.value import SpikeValue, Status, Value
from streams.core.totals import LATENESS_MS, Accounting
from streams.publish.merge.merger import PartitionStatus
from streams.publish.prometheus.alarm_samples import alarm_samples
from streams.publish.prometheus.metrics import Sample
from streams.publish.prometheus.shown import expected_metric, shown

Labels = Mapping[str, str]

NO_GROUP: Labels = MappingProxyType({})

_PARTS = ("low", "high", "n", "numerator", "denominator")
_MISPLACED = {f"{kind}:malformed:{reason}": 0 for kind in KINDS for reason in PLACEMENT_REASONS}
"""Alerted on, so there from the beginning: a counter that comes with its first record has not risen."""
_VOTES = ("promoters", "passives", "detractors")
_STATUSES: tuple[str, ...] = get_args(Status)
_STATES: tuple[str, ...] = get_args(PartitionStatus)


class Sampler:
    """Makes the samples of snapshots of one definition."""

    def __init__(self, definition: Definition) -> None:
        self._currency = definition.base_currency
        self._chosen = chosen(definition)
        self._dimensions = definition.all_dimensions
        self._limits = [(kind, ms) for kind, ms in definition.silence if ms is not None]
        self._choices = {
            "base_currency": definition.base_currency,
            "formula": definition.formula,
            "nps_basis": definition.nps_basis,
        }

    def samples(self, snapshot: Snapshot) -> Iterator[Sample]:
        """Everything that is shown of a snapshot."""
        yield from self._head(snapshot)
        for window, values in (*snapshot.windows.items(), (NOW, snapshot.now)):
            yield from self._values(values, window)
            yield from _parts(values, window)
        for window, counts in snapshot.components.items():
            yield from _components(counts, window)
        for dimension, value, periods in snapshot.dimensions.rows():
            for window, values in periods.items():
                yield from self._values(values, window, {"dimension": dimension, "value": value})
        yield from alarm_samples(snapshot.alarms)
        yield from _account(snapshot.accounting, self._dimensions)
        yield from _partitions(snapshot.partitions)

    def _head(self, snapshot: Snapshot) -> Iterator[Sample]:
        yield Sample("crm_snapshot_timestamp_seconds", snapshot.t_ms / 1000)
        yield Sample("crm_snapshot_computed_timestamp_seconds", snapshot.computed_at_ms / 1000)
        if snapshot.dimensions.values:
            yield Sample("crm_dimensions_timestamp_seconds", snapshot.dimensions.t_ms / 1000)
        for kind, ms in snapshot.newest_event.items():
            yield Sample("crm_newest_event_timestamp_seconds", ms / 1000, {"event": kind})
        for kind, limit_ms in self._limits:
            yield Sample("crm_event_silence_limit_seconds", limit_ms / 1000, {"event": kind})
        identity = {
            "version": snapshot.definition_version,
            "hash": snapshot.definition_hash,
            "tenant": snapshot.tenant,
        }
        yield Sample("crm_definition_info", 1, {**identity, **self._choices})

    def _values(self, values: Values, window: str, group: Labels = NO_GROUP) -> Iterator[Sample]:
        """The values of the whole, or of one dimension value, in one window."""
        for kpi, value in values.items():
            if value.value is not None:
                yield self._value(kpi, value.value, window, group)
        for kpi, variant in self._chosen.items():
            headline = values.get(kpi)
            if headline and headline.value is not None and variant not in values:
                yield self._value(variant, headline.value, window, group)

    def _value(self, kpi: str, number: float, window: str, group: Labels) -> Sample:
        how, variant = shown(kpi)
        labels = dict(group)
        if not how.standing:
            labels["window"] = window
        if how.label:
            labels[how.label] = variant
        if how.money:
            labels["currency"] = self._currency
        return Sample(f"{how.metric}_by" if group else how.metric, number, labels)


def _parts(values: Values, window: str) -> Iterator[Sample]:
    for kpi, value in values.items():
        labels = {"kpi": kpi, "window": window}
        for part in _PARTS:
            number = getattr(value, part)
            if number is not None:
                yield Sample(f"crm_kpi_{part}", number, labels)
        yield from _statuses(value, labels)
        if isinstance(value, SpikeValue) and value.expected is not None:
            yield Sample(expected_metric(kpi), value.expected, {"window": window})


def _statuses(value: Value, labels: Labels) -> Iterator[Sample]:
    for status in _STATUSES:
        yield Sample("crm_kpi_status", int(value.status == status), {**labels, "status": status})


def _components(counts: Mapping[str, int], window: str) -> Iterator[Sample]:
    for name, n in counts.items():
        group = name.removeprefix("nps_")
        if group in _VOTES:
            yield Sample("crm_nps_responses", n, {"window": window, "group": group})
        else:
            yield Sample(f"crm_{name}", n, {"window": window})


def _account(accounting: Accounting, dimensions: Sequence[str]) -> Iterator[Sample]:
    for kind, n in accounting.counted.items():
        yield Sample("crm_events_total", n, {"event": kind, "outcome": "counted", "reason": ""})
    for key, n in {**_MISPLACED, **accounting.by_kind}.items():
        kind, outcome, reason = key.split(":", 2)
        yield Sample("crm_events_total", n, {"event": kind, "outcome": outcome, "reason": reason})
    yield Sample("crm_events_received_total", accounting.received)
    yield Sample("crm_events_parked", accounting.parked)
    yield Sample("crm_events_not_active", accounting.not_active)
    yield Sample("crm_events_void_pending", accounting.void_pending)
    yield Sample("crm_events_late_beyond_retention", accounting.late_beyond_retention)
    yield Sample("crm_dimension_values_folded", accounting.folded_values)
    for dimension in dimensions:
        refused = accounting.refused_values.get(dimension, 0)
        yield Sample("crm_dimension_values_refused_total", refused, {"dimension": dimension})
    for window, n in accounting.corrected.items():
        yield Sample("crm_window_corrections_total", n, {"window": window})
    for kind, row in accounting.lateness.items():
        yield from _lateness(kind, row)


def _lateness(kind: str, row: Sequence[int]) -> Iterator[Sample]:
    """The histogram of how late the events of a kind were."""
    name, known = "crm_event_lateness_seconds", 0
    bounds = [str(bound_ms / 1000) for bound_ms in LATENESS_MS]
    for bound, n in zip((*bounds, "+Inf"), row, strict=False):
        known += n
        yield Sample(f"{name}_bucket", known, {"event": kind, "le": bound})
    yield Sample(f"{name}_count", known, {"event": kind})
    yield Sample(f"{name}_sum", row[-1] / 1000, {"event": kind})


def _partitions(partitions: Partitions) -> Iterator[Sample]:
    for partition, info in partitions.items():
        if info["lag"] is not None:
            yield Sample("kpi_streams_partition_lag", info["lag"], {"partition": partition})
        for state in _STATES:
            labels = {"partition": partition, "state": state}
            yield Sample("kpi_streams_partition_state", int(info["state"] == state), labels)
