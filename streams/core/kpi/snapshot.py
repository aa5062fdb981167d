"""The snapshot: the one immutable document of a tick that every sink publishes.

Rules: one t; computed once from merged totals; while a partition is recovering or t is stale no value is
shown, only its parts. The same totals give the same bytes. A snapshot is never changed, only replaced, and
reads no clock. See docs/contract.md, sections 4, 6 and 8.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypedDict

import msgspec

from streams.core.definition.definition import Definition
from streams.core.kpi import group_kpis
from streams.core.kpi.alarms import Alarms
from streams.core.kpi.breakdown import Bounds, Breakdown, bounds_at, build_breakdown
from streams.core.kpi.catalogue.registry import variants
from streams.core.kpi.early_warning import EarlyWarning
from streams.core.kpi.flows import Flows
from streams.core.kpi.formulas import Values
from streams.core.kpi.group_kpis import NOW, GroupKpis, Sweeps
from streams.core.kpi.silence import silent_kinds
from streams.core.kpi.values.value import Condition
from streams.core.totals import OVERALL, Accounting, Totals

SCHEMA: Final = "kpi-snapshot/1"


class PartitionInfo(TypedDict):
    """What a snapshot says of one partition."""

    lag: int | None
    """Records not yet applied, over its source topics; None: not known."""
    state: str


Partitions = Mapping[str, PartitionInfo]
"""Partition number as text -> its state."""


@dataclass(frozen=True)
class Snapshot:
    """Everything published at one tick."""

    tenant: str
    definition_version: str
    definition_hash: str
    variants: Mapping[str, str]
    """KPI of which the definition has a choice -> what it chose."""
    t_ms: int
    computed_at_ms: int
    condition: Condition
    accounting: Accounting
    partitions: Partitions
    dimensions: Breakdown
    windows: Mapping[str, Values] = field(default_factory=dict)
    now: Values = field(default_factory=dict)
    bounds: Bounds = field(default_factory=dict)
    newest_event: Mapping[str, int] = field(default_factory=dict)
    """Kind -> greatest event time counted (ms)."""
    components: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Window name -> counts behind the KPIs of the whole; no part of the document."""
    early_warning: EarlyWarning | None = None
    """The customers most at risk, as far as known; no part of the document."""
    alarms: Alarms | None = None
    """The streams of all alarms, as far as known; part of the document once any says something."""
    flows: Flows | None = field(default=None, repr=False)
    """What came and went in steps of time, as far as known; no part of the document."""
    measured: "Snapshot | None" = field(default=None, repr=False)
    """The same with its values, where they are withheld."""

    def with_condition(
        self, condition: Condition, *, computed_at_ms: int, partitions: Partitions | None = None
    ) -> "Snapshot":
        """The same t seen later: values withheld while recovering or stale, shown again when ok."""
        kept = self.partitions if partitions is None else partitions
        measured = self.measured or self
        if condition == self.condition:
            restated = self
        elif condition == measured.condition:
            restated = measured
        else:
            restated = _withheld(measured, condition)
        return replace(restated, computed_at_ms=computed_at_ms, partitions=kept)

    def document(self) -> dict[str, object]:
        """The document in dicts, lists, numbers and text; the caller may change it."""
        copy: dict[str, object] = msgspec.to_builtins(
            self._tree(self.dimensions.values, self.alarms and self.alarms.document())
        )
        return copy

    def json(self) -> bytes:
        """The document as UTF-8 JSON in a fixed order; integers keep all their digits."""
        return msgspec.json.encode(
            self._tree(msgspec.Raw(self.dimensions.json), self.alarms and msgspec.Raw(self.alarms.json))
        )

    def _tree(self, dimensions: object, alarms: object) -> dict[str, object]:
        told = self.alarms is not None and not self.alarms.learning
        return {
            "schema": SCHEMA,
            "definition_version": self.definition_version,
            "definition_hash": self.definition_hash,
            "variants": self.variants,
            "tenant": self.tenant,
            "t": self.t_ms,
            "computed_at": self.computed_at_ms,
            "windows": self.windows,
            "newest_event": dict(sorted(self.newest_event.items())),
            "now": self.now,
            "dimensions": dimensions,
            "dimensions_t": self.dimensions.t_ms,
            "drivers": self.dimensions.drivers,
            **({"alarms": alarms} if told else {}),
            "bounds": {name: {"start": start, "end": end} for name, (start, end) in self.bounds.items()},
            "accounting": _accounting_document(self.accounting),
            "partitions": {p: self.partitions[p] for p in sorted(self.partitions, key=int)},
        }


def _withheld(measured: Snapshot, condition: Condition) -> Snapshot:
    windows = group_kpis.under({**measured.windows, NOW: measured.now}, condition)
    now = windows.pop(NOW)
    dimensions = measured.dimensions.under(condition)
    return replace(
        measured, condition=condition, windows=windows, now=now, dimensions=dimensions, measured=measured
    )


def build(
    merged: Totals,
    definition: Definition,
    *,
    computed_at_ms: int,
    partitions: Partitions,
    condition: Condition = "ok",
    sweeps: Sweeps | None = None,
    dimensions: Breakdown | None = None,
    alarms: Alarms | None = None,
) -> Snapshot:
    """Compute the snapshot of merged totals.

    Args:
        merged: the totals of all partitions at one t.
        definition: what the numbers mean.
        computed_at_ms: the wall clock, or t in replay.
        partitions: their states; empty in replay.
        condition: what holds for the whole document.
        sweeps: what sweeps over the buyers found, as far as they are done.
        dimensions: an earlier breakdown to publish again; None: computed from ``merged``.
        alarms: the streams of all alarms, as far as known.
    """
    kpis = GroupKpis(definition, merged.groups.get(OVERALL), sweeps or {}, merged.t)
    windows = group_kpis.marked(kpis.overall(), silent_kinds(merged.newest, definition, merged.t))
    now = windows.pop(NOW)
    measured = Snapshot(
        tenant=definition.tenant,
        definition_version=definition.version,
        definition_hash=definition.hash,
        variants=variants(definition),
        t_ms=merged.t,
        computed_at_ms=computed_at_ms,
        condition="ok",
        accounting=_copy(merged.accounting),
        partitions=partitions,
        dimensions=build_breakdown(merged, definition, sweeps) if dimensions is None else dimensions,
        windows=windows,
        now=now,
        bounds=bounds_at(definition, merged.t),
        newest_event=dict(merged.newest),
        components=kpis.components(),
        alarms=alarms,
    )
    return measured.with_condition(condition, computed_at_ms=computed_at_ms)


def build_accounting_only(
    accounting: Accounting, definition: Definition, *, t_ms: int, computed_at_ms: int, partitions: Partitions
) -> Snapshot:
    """The snapshot of the first catch-up: where the records went so far, and no value."""
    return Snapshot(
        tenant=definition.tenant,
        definition_version=definition.version,
        definition_hash=definition.hash,
        variants=variants(definition),
        t_ms=t_ms,
        computed_at_ms=computed_at_ms,
        condition="recovering",
        accounting=_copy(accounting),
        partitions=partitions,
        dimensions=Breakdown(t_ms),
    )


def _copy(accounting: Accounting) -> Accounting:
    """A copy that nobody adds to any more."""
    copy = Accounting()
    copy.add(accounting)
    return copy


def _accounting_document(accounting: Accounting) -> dict[str, object]:
    return {
        "received": accounting.received,
        "counted": sum(accounting.counted.values()),
        "ignored": _reasons(accounting.ignored),
        "malformed": _reasons(accounting.malformed),
        "malformed_total": sum(accounting.malformed.values()),
        "not_active": accounting.not_active,
        "parked": accounting.parked,
        "void_pending": accounting.void_pending,
        "late_beyond_retention": accounting.late_beyond_retention,
        **({"late": _late_document(accounting)} if accounting.lateness else {}),
        **({"refused_values": _reasons(accounting.refused_values)} if accounting.refused_values else {}),
    }


def _late_document(accounting: Accounting) -> dict[str, object]:
    """Of a live service that had late events: how many, and how many corrected each window."""
    return {"events": _reasons(accounting.late), "corrected": dict(accounting.corrected)}


def _reasons(counts: Mapping[str, int]) -> dict[str, int]:
    return {reason: n for reason, n in sorted(counts.items()) if n}
