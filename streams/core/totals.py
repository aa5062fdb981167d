"""The additive totals of a partition at one t, their vector layout, and their sum.

Everything published is computed from these integers. A group is the whole (``OVERALL``) or one
value of one dimension. Totals of partitions at the same t and definition add up element by element,
because one customer lives in one partition; totals of different t are never added.

Nothing is divided here: see kpi/values/build.py.
"""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from streams.core.definition.definition import Definition, Window

Group = tuple[str, str]
"""(dimension, value), or ``OVERALL``."""

OVERALL: Final[Group] = ("", "")

Named = Mapping[str, frozenset[str]]
"""Dimension -> the values that are published by name."""

GAUGES: Final = ("active", "long_term", "low", "medium", "high")
"""Standing numbers as of t: active customers, those active for a year, active ones by risk band."""

FLOWS: Final = (
    "new",
    "reactivated",
    "churned",
    "erased",
    "lost",  # C0: active at the start, gone by churn at t
    "cost",  # minor units of the base currency
    "with_cost",
    "orders",
    "orders_base",  # orders in the base currency
    "refunds_base",
    "revenue",  # minor units of the base currency, refunds subtracted
    "left_out",  # purchases and refunds in other currencies
    "buyers",
    "repeat_buyers",
    "prev_buyers",
    "retained_buyers",
    "engaged",
    "nps_p",
    "nps_passive",
    "nps_d",
    "latest_p",
    "latest_passive",
    "latest_d",
    "csat5_n",
    "csat5_satisfied",
    "csat5_sum",
    "csat5_squares",
    "csat10_n",
    "csat10_satisfied",
    "csat10_sum",
    "csat10_squares",
    "ces_n",
    "ces_sum",
    "ces_squares",
    "csat3_n",
    "csat3_satisfied",
    "csat3_sum",
    "csat3_squares",
    "csat4_n",
    "csat4_satisfied",
    "csat4_sum",
    "csat4_squares",
    "csat7_n",
    "csat7_satisfied",
    "csat7_sum",
    "csat7_squares",
    "ces5_n",
    "ces5_sum",
    "ces5_squares",
    "exposure_ms",  # the integral of active customers over the window, customer-milliseconds
    "base_churned",
    "base_exposure_ms",
    "seasonal_churned",
    "seasonal_exposure_ms",
)
"""Per window: what happened in it, and the distinct customers of it."""

FLOW_INDEX: Final = {name: i for i, name in enumerate(FLOWS)}

Vector = list[int]
"""GAUGES, then FLOWS of each window of the definition, shortest window first."""


def vector_length(definition: Definition) -> int:
    """How many integers a group's vector has."""
    return len(GAUGES) + len(FLOWS) * len(definition.windows)


def gauges(vector: Vector) -> dict[str, int]:
    """The standing numbers of a vector, by name."""
    return dict(zip(GAUGES, vector, strict=False))


def flows(vector: Vector, definition: Definition, window: Window) -> dict[str, int]:
    """The numbers of one window of a vector, by name."""
    at = len(GAUGES) + definition.windows.index(window) * len(FLOWS)
    return dict(zip(FLOWS, vector[at : at + len(FLOWS)], strict=True))


LATE_MS: Final = 10_000
"""An event is late when it is dated more than this before the newest one of its kind that was counted in its
partition: it was out of order in its log by more than the finest pane."""

LATENESS_MS: Final = (60_000, 600_000, 3_600_000, 21_600_000, 86_400_000, 604_800_000, 2_592_000_000)
"""Upper bounds of the classes in which lateness is counted; one class more is beyond them all."""


@dataclass(slots=True)
class Accounting:
    """Where every received record went (contract section 6); counters first, gauges below."""

    received: int = 0
    counted: dict[str, int] = field(default_factory=dict)
    """By kind of event."""
    ignored: dict[str, int] = field(default_factory=dict)
    """By reason: duplicate, erased, sealed; overflow of former builds."""
    malformed: dict[str, int] = field(default_factory=dict)
    """By reason of the decoder."""
    late_beyond_retention: int = 0
    not_active: int = 0
    parked: int = 0
    void_pending: int = 0
    folded_values: int = 0
    """Dimension values beyond the limits, told apart nowhere: they joined ``other``."""
    refused_values: dict[str, int] = field(default_factory=dict)
    """Dimension -> events whose value is no label: they count as ``other``."""
    by_kind: dict[str, int] = field(default_factory=dict)
    """``kind:outcome:reason`` -> records, for ``crm_events_total``; outcome ignored or malformed."""
    lateness: dict[str, list[int]] = field(default_factory=dict)
    """Kind -> late events by class of LATENESS_MS, then the sum of their lateness in ms."""
    corrected: dict[str, int] = field(default_factory=dict)
    """Window -> late events that were dated in it when they were counted."""

    def add(self, other: "Accounting") -> None:
        """Add another partition's."""
        self.received += other.received
        for mine, theirs in (
            (self.counted, other.counted),
            (self.ignored, other.ignored),
            (self.malformed, other.malformed),
            (self.by_kind, other.by_kind),
            (self.corrected, other.corrected),
            (self.refused_values, other.refused_values),
        ):
            for key, n in theirs.items():
                mine[key] = mine.get(key, 0) + n
        for kind, row in other.lateness.items():
            known = self.lateness.get(kind)
            self.lateness[kind] = list(row) if known is None else add_vectors([known, row])
        self.late_beyond_retention += other.late_beyond_retention
        self.not_active += other.not_active
        self.parked += other.parked
        self.void_pending += other.void_pending
        self.folded_values += other.folded_values

    @property
    def late(self) -> dict[str, int]:
        """Late events by kind."""
        return {kind: sum(row[:-1]) for kind, row in self.lateness.items()}

    @property
    def balanced(self) -> bool:
        """Whether every received record is in exactly one class."""
        classed = sum(self.counted.values()) + sum(self.ignored.values()) + sum(self.malformed.values())
        return self.received == classed


@dataclass(slots=True)
class Totals:
    """A partition's totals at t, or the sum of several partitions' at the same t.

    ``groups`` may be empty while a partition is not live: then only the accounting speaks.
    """

    t: int
    groups: dict[Group, Vector] = field(default_factory=dict)
    accounting: Accounting = field(default_factory=Accounting)
    newest: dict[str, int] = field(default_factory=dict)
    """Kind -> greatest event time counted (ms)."""


def merge(parts: Iterable[Totals]) -> Totals:
    """Add totals of one and the same t.

    Raises:
        ValueError: the totals are of different t, or there are none.
    """
    totals = list(parts)
    if len({part.t for part in totals}) != 1:
        raise ValueError(f"totals of different t cannot be added: {sorted({part.t for part in totals})}")
    merged = Totals(totals[0].t)
    rows: dict[Group, list[Vector]] = {}
    for part in totals:
        merged.accounting.add(part.accounting)
        for group, vector in part.groups.items():
            rows.setdefault(group, []).append(vector)
        for kind, ms in part.newest.items():
            merged.newest[kind] = max(ms, merged.newest.get(kind, ms))
    merged.groups = {group: add_vectors(vectors) for group, vectors in rows.items()}
    return merged


def add_vectors(vectors: list[Vector]) -> Vector:
    """Element-wise sum of vectors of one length."""
    return list(vectors[0]) if len(vectors) == 1 else list(map(sum, zip(*vectors, strict=True)))


def fold(groups: Mapping[Group, Vector], named: Named) -> dict[Group, Vector]:
    """Join the values of each dimension that have no name of their own into ``other``."""
    rows: dict[Group, list[Vector]] = {}
    for (dimension, value), vector in groups.items():
        keeps = not dimension or value == "unknown" or value in named.get(dimension, ())
        rows.setdefault((dimension, value if keeps else "other"), []).append(vector)
    return {group: add_vectors(vectors) for group, vectors in rows.items()}


def pack_vector(vector: Vector) -> bytes:
    """A vector as bytes: ``q`` and 64-bit integers, or ``t`` and decimal text where one does not fit."""
    try:
        return b"q" + array("q", vector).tobytes()
    except OverflowError:
        return b"t" + ",".join(map(str, vector)).encode()


def unpack_vector(data: bytes) -> Vector:
    """The inverse of pack_vector.

    Raises:
        ValueError: the bytes are no packed vector.
    """
    form, body = data[:1], data[1:]
    if form == b"q":
        return array("q", body).tolist()
    if form == b"t":
        return [int(number) for number in body.split(b",")]
    raise ValueError("a packed vector starts with q or t")
