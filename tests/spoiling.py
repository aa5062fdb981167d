"""Every way in which a record can be malformed, applied to a good one (contract section 1).

Each entry of ``SPOILED`` says what it breaks; none of them is ever a matter of taste.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

Record = dict[str, Any]

LONG_ID = "x" * 129
LONG_TEXT = "x" * 257
MISSING = object()

TIMES: tuple[Any, ...] = (
    *(MISSING, None, "", True, 1_772_366_400_000.0, "1772366400000", 1_772_366_400, 253_402_300_800_000),
    *("2026-03-01", "2026-03-01T12:00:00", "2026-03-01 12:00:00Z", "2026-02-30T12:00:00Z"),
    *("2026-03-01T25:00:00Z", "1979-12-31T23:59:59.999Z", "9999-12-31T23:59:59-01:00"),
)
IDS: tuple[Any, ...] = (MISSING, None, "", LONG_ID, 7, ["a"])
MONEY: tuple[Any, ...] = (
    *("", "1e5", "12,50", " 1", "+1", ".5", "5.", "NaN", "Infinity", "0x10", "٣", True, [1], {"minor": 1}),
    *("10000000000000.00", "-9999999999999.995", 10**13, 10**30),
)
TEXTS: tuple[Any, ...] = (LONG_TEXT, 5, ["a"], True)

FIELDS: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "signup": {
        **dict.fromkeys(("segment", "plan", "channel", "region"), TEXTS),
        "acquisition_cost": MONEY,
        "trial": ("true", 1, 0),
    },
    "purchase": {"amount": (MISSING, None, *MONEY), "currency": (MISSING, None, "", "usd", "ZZZ", "US", 840)},
    "cancellation": {
        "effective_at": (1.5, "tomorrow", True, 1_772_366_400, "2026-03-01"),
        "reason": TEXTS,
        "churn_type": ("Voluntary", "inactive", 1),
    },
    "survey": {
        "survey": (MISSING, None, "", "NPS", "stars", 1),
        "score": (MISSING, None, 9.0, "9", True, -1, 11),
        "scale_max": (3, 100, "10", 10.0, True),
        "touchpoint": TEXTS,
    },
    "void": {"voids_event_id": IDS, "voids_source": (LONG_TEXT, 5)},
    "erase": {},
}
"""Kind -> field -> what it must not hold."""

BODIES = (
    *(b"", b" ", b"{", b"[]", b'"text"', b"null", b"1", b"{} {}", b"\xff\xfe", b'{"event_id": NaN}'),
    b"{'event_id': 'a'}",
)
"""Whole values that are no JSON object."""


def kind_of(record: Mapping[str, Any]) -> str:
    """The kind that a record's topic stands for."""
    return str(record["topic"]).split(".")[2]


def spoiled(record: Record) -> Iterator[tuple[str, Record]]:
    """Every malformed variant of a good record, with what is wrong with it."""
    fields = {"occurred_at": TIMES, "event_id": IDS, "customer_id": IDS, "source": (LONG_ID, 5)}
    for name, values in {**fields, **FIELDS[kind_of(record)]}.items():
        for bad in values:
            value = {key: old for key, old in record["value"].items() if key != name}
            if bad is not MISSING:
                value[name] = bad
            yield f"{name}={'missing' if bad is MISSING else bad!r:.40}", {**record, "value": value}
    for body in BODIES:
        yield f"{body!r}", _with_body(record, body)
    text = json.dumps(record["value"], ensure_ascii=False)
    yield "lone surrogate", _with_body(record, text[:-1].encode() + b', "note": "\\ud800"}')
    yield "invalid UTF-8", _with_body(record, text[:-1].encode() + b', "note": "\xc3("}')
    yield "another key", {**record, "key": record["value"]["customer_id"] + "x"}
    yield "no value", {**record, "value": None}
    if kind_of(record) == "purchase":
        for number in (b"1e999999999", b"1e-999999999", b"-1E+400", b"1" * 5_000):
            body = text.encode().replace(b'"amount": ', b'"amount": ' + number + b', "was": ')
            yield f"amount {number[:12]!r}", _with_body(record, body)


def _with_body(record: Record, body: bytes) -> Record:
    rest = {key: value for key, value in record.items() if key != "value"}
    return {**rest, "value_b64": base64.b64encode(body).decode()}
