"""Malformed records keep everything they came with, within what the topic takes."""

from streams.engine.deadletter import (
    EXTRA_BYTES,
    MAX_BYTES,
    MAX_RECORDS,
    SOURCE_MAX_BYTES,
    DeadLetters,
    letter,
)
from tests.engine.records import record


def test_key_value_and_headers_stay_and_ours_are_added() -> None:
    """Also headers of the same name, in their order."""
    dead = letter("s", 4, record(9, 1_234, b"bad", [("kpi-reason", b"theirs"), ("n", None)]), "not_json")
    assert (dead.key, dead.value, dead.timestamp) == (b"c", b"bad", 1_234)
    assert dead.headers == [
        ("kpi-reason", b"theirs"),
        ("n", None),
        ("kpi-topic", b"s"),
        ("kpi-partition", b"4"),
        ("kpi-offset", b"9"),
        ("kpi-timestamp", b"1234"),
        ("kpi-reason", b"not_json"),
    ]


def test_the_largest_source_record_fits() -> None:
    """The dead-letter topic allows more than the sources, for our headers."""
    dead = letter("s", 0, record(0, 0, b"x" * (SOURCE_MAX_BYTES - 1_000)), "not_json")
    assert dead.value is not None
    assert not dead.shortened


def test_a_record_that_does_not_fit_goes_without_its_value() -> None:
    """And says so."""
    dead = letter("s", 0, record(0, 0, b"x" * (SOURCE_MAX_BYTES + EXTRA_BYTES)), "not_json")
    assert dead.value is None
    assert dead.shortened
    assert dead.headers[-1] == ("value_omitted", b"too large")


def test_a_flush_takes_a_bounded_number_and_size() -> None:
    """Then there is no room until it is drained."""
    letters = DeadLetters()
    assert letters.room == MAX_RECORDS
    small = letter("s", 0, record(0, 0), "not_json")
    letters.add(small)
    assert letters.room == MAX_RECORDS - 1
    large = letter("s", 0, record(0, 0, b"x" * 1_000_000), "not_json")
    for _ in range(MAX_BYTES // 1_000_000 + 1):
        letters.add(large)
    assert letters.room == 0
    assert len(letters.drain()) == MAX_BYTES // 1_000_000 + 2
    assert letters.room == MAX_RECORDS
