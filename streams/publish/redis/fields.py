"""A snapshot as what Redis is told: keys and fields, packed for the script that writes them.

Rules: every value has all its fields, an empty text where it is null; parts that only some KPIs have are
fields beside the others. Hashes of dimension values are recognised by a digest, so that they need not be sent
at every tick.

Pure: no I/O, no clock. Never computes a figure.
"""

import functools
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from streams.core.kpi.early_warning import EarlyWarning
from streams.core.kpi.formulas import Values
from streams.core.kpi.snapshot import Snapshot
from streams.redis_contract.layout import ALARM, NOW, PARTS, VARIANT, Keys, Place, write_number

TTL_S = 60
"""What nobody renews is gone after this."""

HISTORY_TTL_S = 86_400
"""The history outlives an outage: each entry says when it was, so none is taken for a value of now."""

KEEP = b""
"""In the place of packed fields: leave the hash as it stands."""

_pack = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True)
class Hashes:
    """Hashes by key, their fields packed."""

    packed: dict[str, bytes]

    def digest(self) -> str:
        """Equal exactly when keys and fields are equal."""
        state = hashlib.blake2b(digest_size=16)
        for key, fields in self.packed.items():
            state.update(_pack((key, fields)))
        return state.hexdigest()


def overall_hashes(snapshot: Snapshot, keys: Keys) -> Hashes:
    """The hashes of windows and ``now``; none before anything was complete."""
    packed = {}
    for window, values in _periods(snapshot):
        start, end = snapshot.bounds.get(window, (None, None))
        head = _head(snapshot.t_ms, start, end, snapshot.definition_version)
        packed[keys.hash(Place(window))] = _pack([*head, *_fields(values, snapshot.variants)])
    return Hashes(packed)


def dimension_hashes(snapshot: Snapshot, keys: Keys) -> Hashes:
    """The hashes of all dimension values."""
    packed, breakdown = {}, snapshot.dimensions
    for dimension, value, periods in breakdown.rows():
        for window, values in periods.items():
            start, end = breakdown.bounds.get(window, (None, None))
            head = _head(breakdown.t_ms, start, end, snapshot.definition_version)
            fields = _fields(values, snapshot.variants)
            packed[keys.hash(Place(window, dimension, value))] = _pack([*head, *fields])
    return Hashes(packed)


@dataclass(frozen=True, slots=True)
class PackedAtRisk:
    """The early-warning set: scores and keyed hashes in turn, packed."""

    t: str
    """Its own time (ms); empty: it is not known."""
    packed: bytes
    size: int
    digest: str
    """Equal exactly when members and scores are equal."""


def at_risk_members(warning: EarlyWarning | None) -> PackedAtRisk:
    """The members of the early-warning set; none where it is not known."""
    customers = () if warning is None else warning.customers
    flat = [text for score, digest in customers for text in (repr(score), digest.hex())]
    packed = _pack(flat)
    digest = hashlib.blake2b(packed, digest_size=16).hexdigest()
    return PackedAtRisk("" if warning is None else str(warning.t_ms), packed, len(customers), digest)


def script_head(snapshot: Snapshot, keys: Keys, owner: str, dimensions: str, at_risk: PackedAtRisk) -> bytes:
    """The first argument of the script.

    Args:
        snapshot: what is written.
        keys: where.
        owner: the deployment that writes.
        dimensions: digest of the dimension values' hashes.
        at_risk: the early-warning set.
    """
    head = {
        "t": str(snapshot.t_ms),
        "computed_at": str(snapshot.computed_at_ms),
        "owner": owner,
        "definition_version": snapshot.definition_version,
        "condition": snapshot.condition,
        "complete": "1" if snapshot.windows else "0",
        "dimensions": dimensions,
        "at_risk": at_risk.digest,
        "at_risk_t": at_risk.t,
        "at_risk_size": at_risk.size,
        "alarms": "" if snapshot.alarms is None else snapshot.alarms.json.decode(),
        "in_alarm": " ".join(_in_alarm(snapshot)),
        "prefix": keys.prefix,
        "changes": keys.changes,
        "message": _message(snapshot),
        "history": _history(snapshot),
        "ttl_s": TTL_S,
        "history_ttl_s": HISTORY_TTL_S,
    }
    return _pack(head)


def _periods(snapshot: Snapshot) -> Iterator[tuple[str, Values]]:
    if snapshot.windows:
        yield from snapshot.windows.items()
        yield NOW, snapshot.now


def _head(t_ms: int, start: int | None, end: int | None, definition_version: str) -> list[str]:
    edges = ["start", write_number(start), "end", write_number(end)]
    return ["t", str(t_ms), *edges, "definition_version", definition_version]


def _fields(values: Values, variants: Mapping[str, str]) -> Iterator[str]:
    """Names and values of fields, in turn."""
    for kpi, value in values.items():
        names = _names(kpi)
        numbers = (value.value, value.numerator, value.denominator, value.n, value.low, value.high)
        for name, number in zip(names, numbers, strict=False):
            yield name
            yield write_number(number)
        yield names[-1]
        yield value.status
        for part, number in value.extras.items():
            yield f"{kpi}:{part}"
            yield write_number(number)
        if kpi in variants:
            yield f"{kpi}:{VARIANT}"
            yield variants[kpi]


@functools.cache
def _names(kpi: str) -> tuple[str, ...]:
    """The field of a KPI's value, then those of PARTS; the KPIs are a fixed few."""
    return (kpi, *(f"{kpi}:{part}" for part in PARTS))


def _history(snapshot: Snapshot) -> list[str]:
    """The fields of an entry of the history: headline values and their status, and the evidence of alarms."""
    fields = []
    for window, values in _periods(snapshot):
        for kpi, value in values.items():
            if "." not in kpi:
                name = f"{window}:{kpi}"
                fields += [name, write_number(value.value), f"{name}:status", value.status]
    if fields and snapshot.alarms is not None:
        for alarm, of in snapshot.alarms.by_alarm.items():
            fields += [f"{ALARM}:{alarm}", write_number(of.evidence_log10)]
    return fields


def _in_alarm(snapshot: Snapshot) -> list[str]:
    """The alarms of which a stream is in alarm."""
    return [] if snapshot.alarms is None else list(dict.fromkeys(one.alarm for one in snapshot.alarms.active))


def _message(snapshot: Snapshot) -> str:
    """What subscribers of the changes are told."""
    change = {
        "t": snapshot.t_ms,
        "computed_at": snapshot.computed_at_ms,
        "definition_version": snapshot.definition_version,
        "condition": snapshot.condition,
        "alarms": _in_alarm(snapshot),
    }
    return msgspec.json.encode(change).decode()
