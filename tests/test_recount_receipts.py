"""What the recount reads out of a record, and the class that each record gets in arrival order."""

import pytest

from tests.histories import NOW_MS as T
from tests.histories import record
from tests.recount import Receipt, classify, recount
from tests.spoiling import FIELDS, Record, spoiled
from tests.story import DAY_MS, MINUTE_MS


def reasons(records: list[Record]) -> list[str]:
    """What became of each record."""
    return [receipt.reason or receipt.outcome for receipt in classify(records)]


@pytest.mark.parametrize("kind", list(FIELDS))
def test_every_spoiled_record_is_malformed(kind: str) -> None:
    """And the record that it was made from is not."""
    good = record(kind, "a", T - 1)
    assert reasons([good]) == ["counted"]
    variants = list(spoiled(good))
    assert len(variants) > 40
    assert [what for what, bad in variants if classify([bad])[0].outcome != "malformed"] == []


@pytest.mark.parametrize(
    ("occurred_at", "ms"),
    [
        ("2026-03-01T12:00:00Z", T),
        ("2026-03-01T13:30:00.0019999+01:30", T + 1),
        ("2026-03-01T11:59:59.9-00:00", T - 100),
    ],
)
def test_times_are_read_to_the_millisecond(occurred_at: str, ms: int) -> None:
    """Offsets are applied, digits beyond the millisecond are cut off."""
    event = classify([record("erase", "a", T, occurred_at=occurred_at)])[0].event
    assert event is not None
    assert event.at_ms == ms


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        *(("10.005", "USD", 1000), ("10.015", "USD", 1002), (0.1 + 0.2, "USD", 30), (1e2, "USD", 10_000)),
        *(("-0.004", "USD", 0), ("7.5", "JPY", 8), ("6.5", "JPY", 6), ("1.2345", "KWD", 1234)),
        ("9999999999999.99", "USD", 10**15 - 1),
    ],
)
def test_money_is_rounded_half_to_even(amount: object, currency: str, minor: int) -> None:
    """In minor units of its currency, from the decimal text."""
    event = classify([record("purchase", "a", T, amount=amount, currency=currency)])[0].event
    assert event is not None
    assert event.amount_minor == minor


def test_skew_is_judged_by_the_records_timestamp() -> None:
    """Five minutes are allowed, a millisecond more is not; without a timestamp the wall clock decides."""
    early = record("signup", "a", T + 5 * MINUTE_MS)
    assert reasons([early, {**early, "timestamp": T - 1}]) == ["counted", "clock_skew"]
    bare = {key: value for key, value in early.items() if key != "timestamp"}
    assert [classify([bare], wall_ms=ms)[0].outcome for ms in (None, T, T - 1)] == [
        *("counted", "counted", "malformed"),
    ]


def test_after_an_erase_older_events_are_erased_and_ids_are_free_again() -> None:
    """The duplicate check comes first, and knows only events dated after the erase."""
    records = [
        record("signup", "a", 100 * DAY_MS + T - 200 * DAY_MS, "x"),
        record("purchase", "a", T - 1, "kept"),
        record("erase", "a", T - DAY_MS, "z"),
        record("purchase", "a", T - 2 * DAY_MS, "kept"),
        record("purchase", "a", T - DAY_MS, "y"),
        record("signup", "a", T - 2, "x"),
        record("erase", "a", T - DAY_MS, "z"),
        record("survey", "b", T - 2 * DAY_MS, "x"),
    ]
    assert reasons(records) == [
        *("counted", "counted", "counted", "duplicate", "erased", "counted", "erased", "counted"),
    ]


def test_a_receipt_keeps_the_event_that_it_ignored() -> None:
    """So that the accounting as of t can leave out what is dated later."""
    records = [record("signup", "a", T + 1, "x"), record("signup", "a", T + 2, "x")]
    assert [type(receipt) for receipt in classify(records)] == [Receipt, Receipt]
    assert recount(records, T)["accounting"]["received"] == 0
    assert recount(records, T + 2)["accounting"]["ignored"] == {"duplicate": 1}
