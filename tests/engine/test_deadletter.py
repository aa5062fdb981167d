"""Malformed records keep everything they came with, within what the topic takes."""

from typing import NamedTuple

import pytest

from streams.core.decoding.expected import FIELDS
from streams.core.events import Malformed
from streams.engine.kafka.sizes import EXTRA_BYTES, SOURCE_MAX_BYTES
from streams.engine.ownership.deadletter import (
    MAX_BYTES,
    MAX_RECORDS,
    DeadLetters,
    letter,
)
from tests.engine.records import record

LARGE = SOURCE_MAX_BYTES + EXTRA_BYTES


class Came(NamedTuple):
    """A record as it came."""

    offset: int
    timestamp: int
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
    key: bytes | None


def test_key_value_and_headers_stay_and_ours_are_added() -> None:
    """Also headers of the same name, in their order."""
    dead = letter(
        "s", 4, record(9, 1_234, b"bad", [("kpi-reason", b"theirs"), ("n", None)]), Malformed("not_json")
    )
    assert (dead.key, dead.value) == (b"c", b"bad")
    assert dead.headers == [
        ("kpi-reason", b"theirs"),
        ("n", None),
        ("kpi-topic", b"s"),
        ("kpi-partition", b"4"),
        ("kpi-offset", b"9"),
        ("kpi-timestamp", b"1234"),
        ("kpi-reason", b"not_json"),
        ("kpi-expected", b"one JSON object, without a byte order mark"),
    ]


def test_the_field_and_what_was_expected_stand_beside_the_reason() -> None:
    """Whether or not the record is whole, and nothing of what the record holds."""
    for value in (b'{"amount": "private"}', b"private" * LARGE):
        dead = letter("s", 4, record(9, 1_234, value), Malformed("bad_money", "amount"))
        told = {name: content or b"" for name, content in dead.headers}
        assert (told["kpi-reason"], told["kpi-field"]) == (b"bad_money", b"amount")
        assert told["kpi-expected"] == FIELDS["amount"].encode()
        assert b"private" not in b"".join(told.values())
        assert (dead.topic, dead.field) == ("s", "amount")


def test_the_largest_source_record_fits() -> None:
    """The dead-letter topic allows more than the sources, for our headers."""
    dead = letter("s", 0, record(0, 0, b"x" * (SOURCE_MAX_BYTES - 1_000)), Malformed("not_json"))
    assert dead.value is not None
    assert not dead.shortened


@pytest.mark.parametrize(
    ("key", "value", "headers", "lacking"),
    [
        (b"c", b"x" * LARGE, [("n", b"1")], b"value"),
        (b"k" * LARGE, b"x", [("n", b"1")], b"value,key"),
        (b"k" * LARGE, None, [("n", b"1")], b"key"),
        (b"c", b"x", [("n", b"1"), ("h" * LARGE, b"")], b"value,headers"),
        (b"k" * LARGE, b"x", [("n", b"1"), ("h", b"x" * LARGE)], b"value,key,headers"),
        (b"c", b"x", [("n", b"1"), *[("h", None)] * 200_000], b"value,headers"),
    ],
)
def test_what_does_not_fit_is_shortened_and_says_so(
    key: bytes, value: bytes | None, headers: list[tuple[str, bytes | None]], lacking: bytes
) -> None:
    """Whatever is too large, the letter fits, and where it came from stands in it."""
    came = Came(9, 1_234, value, headers, key)
    dead = letter("s", 4, came, Malformed("not_json"))
    assert dead.size <= LARGE
    assert dead.shortened
    assert dead.headers[-1] == ("kpi-shortened", lacking)
    assert dead.headers[0] == ("n", b"1")
    assert ("kpi-offset", b"9") in dead.headers
    assert key.startswith(dead.key or b"-")


def test_a_flush_takes_a_bounded_number_and_size() -> None:
    """Then there is no room until it is drained."""
    letters = DeadLetters()
    assert letters.room == MAX_RECORDS
    small = letter("s", 0, record(0, 0), Malformed("not_json"))
    letters.add(small)
    assert letters.room == MAX_RECORDS - 1
    large = letter("s", 0, record(0, 0, b"x" * 1_000_000), Malformed("not_json"))
    for _ in range(MAX_BYTES // 1_000_000 + 1):
        letters.add(large)
    assert letters.room == 0
    assert len(letters.drain()) == MAX_BYTES // 1_000_000 + 2
    assert letters.room == MAX_RECORDS
