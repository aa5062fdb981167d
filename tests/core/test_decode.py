"""Decoding record by record: every field, every limit, and what the fast path is spared."""

import time
from typing import Any, NamedTuple

import pytest

from streams.core.decoding.decoder import Decoder
from streams.core.decoding.strict import StrictDecoder
from streams.core.definition.definition import Definition
from streams.core.events import Erase, Event, Kind, Malformed, Signup
from tests.core.decode_cases import AT, BAD, COMMON, GOOD, NO_ATTRIBUTES, value_of


class Record(NamedTuple):
    """A Kafka record as far as decoding looks at it."""

    key: bytes | None
    value: bytes | None
    timestamp: int = AT


def decoded(kind: Kind, **changes: object) -> Event | Malformed:
    """That record, decoded with a matching key."""
    return Decoder(Definition()).one(kind, None, value_of(kind, **changes), AT)


def reason_of(kind: Kind, value: bytes | None, key: bytes | None = None, timestamp_ms: int = AT) -> str:
    """Why the record is malformed."""
    result = Decoder(Definition()).one(kind, key, value, timestamp_ms)
    assert isinstance(result, Malformed)
    return result.reason


@pytest.mark.parametrize(("kind", "changes", "expected"), GOOD)
def test_a_good_record_becomes_its_event(kind: Kind, changes: dict[str, Any], expected: Event) -> None:
    """With every optional member absent, null, empty or there."""
    assert decoded(kind, **changes) == expected


@pytest.mark.parametrize(("kind", "changes", "reason"), BAD)
def test_a_bad_member_makes_the_record_malformed(kind: Kind, changes: dict[str, Any], reason: str) -> None:
    """And the reason says what is wrong, the field where."""
    field = {"bad_score": "score", "bad_scale": "scale_max"}.get(reason) or next(iter(changes))
    assert decoded(kind, **changes) == Malformed(reason, field)  # type: ignore[arg-type]


def test_a_repeated_member_counts_with_its_last_value() -> None:
    """As most JSON readers have it, and whatever the first one was."""
    decoder = Decoder(Definition())
    body = value_of("purchase")[1:]
    assert decoder.one("purchase", None, b'{"amount": "7", "event_id": [], ' + body, AT) == decoded(
        "purchase"
    )
    assert reason_of("purchase", value_of("purchase")[:-1] + b', "amount": null}') == "missing_field"


def test_the_key_is_compared_as_bytes() -> None:
    """No key is no statement; an empty one is there and differs."""
    value = value_of("erase", customer_id="é")
    decoder = Decoder(Definition())
    assert isinstance(decoder.one("erase", None, value, AT), Erase)
    assert isinstance(decoder.one("erase", "é".encode(), value, AT), Erase)
    for key in (b"", b"c1", b"e", "é".encode("latin-1"), b"\xff"):
        assert reason_of("erase", value, key) == "key_mismatch"


def test_an_event_may_be_ahead_of_its_record_by_the_skew() -> None:
    """Five minutes are taken, a millisecond more is not; without a timestamp there is nothing to compare."""
    value = value_of("erase", occurred_at=AT)
    decoder = Decoder(Definition())
    assert isinstance(decoder.one("erase", None, value, AT - 300_000), Erase)
    assert reason_of("erase", value, timestamp_ms=AT - 300_001) == "in_future"
    assert reason_of("erase", value, timestamp_ms=0) == "in_future"
    assert isinstance(decoder.one("erase", None, value, -1), Erase)
    assert (
        reason_of("erase", value_of("erase", occurred_at=253_402_300_800_000), timestamp_ms=2**62)
        == "after_9999"
    )


def test_limits_come_from_the_definition() -> None:
    """The earliest time, the skew, and the currency of acquisition costs."""
    decoder = Decoder(Definition(min_event_time_ms=AT, max_clock_skew_ms=0, base_currency="JPY"))
    value = value_of("signup", acquisition_cost="2.5")
    assert decoder.one("signup", None, value, AT) == Signup(*COMMON, NO_ATTRIBUTES, cost_minor=2)
    assert decoder.one("signup", None, value, AT - 1) == Malformed("in_future", "occurred_at")
    assert decoder.one("signup", None, value_of("signup", occurred_at=AT - 1), AT) == Malformed(
        "too_old", "occurred_at"
    )


def test_a_batch_keeps_length_and_order() -> None:
    """Good and malformed records each give one result in their place."""
    values = [value_of("purchase", amount=str(n)) if n % 3 else b"{" for n in range(10)]
    results = Decoder(Definition()).batch("purchase", [Record(b"c1", value) for value in values])
    amounts = [None if isinstance(r, Malformed) else r.amount_minor for r in results]  # type: ignore[union-attr]
    assert amounts == [n * 100 if n % 3 else None for n in range(10)]


@pytest.mark.parametrize("kind", ["signup", "purchase", "cancellation", "survey"])
def test_common_records_never_reach_the_strict_decoder(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the fast path would be none."""
    common = [changes for k, changes, _ in GOOD if k == kind]
    common.append({"occurred_at": "2026-03-01T12:00:00.125Z", "note": "é" * 1_000})
    expected = [decoded(kind, **changes) for changes in common]
    monkeypatch.setattr(StrictDecoder, "read", None)
    assert Decoder(Definition()).batch(kind, [Record(b"c1", value_of(kind, **c)) for c in common]) == expected


def test_a_flood_of_malformed_records_stays_cheap() -> None:
    """A second look costs some microseconds: 10,000 a second are a small part of a core."""
    spoiled = [value_of("purchase", amount="1,5"), value_of("purchase")[:-1], b"\xff", b"[]", b"{}"]
    records = [Record(b"c1", spoiled[n % len(spoiled)]) for n in range(5_000)]
    decoder = Decoder(Definition())
    started = time.process_time()
    assert all(isinstance(result, Malformed) for result in decoder.batch("purchase", records))
    assert (time.process_time() - started) / len(records) < 100e-6
