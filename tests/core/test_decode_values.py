"""Decoding looks at a record's value as a whole, also where nobody reads it."""

import json

import pytest

from streams.core.decoding.decoder import Decoder
from streams.core.definition.definition import Definition
from streams.core.events import Erase, Malformed
from tests.core.decode_cases import AT, COMMON, value_of

DECODER = Decoder(Definition())


def reason_of(value: bytes | None) -> str:
    """Why a value is no erase."""
    result = DECODER.one("erase", None, value, AT)
    assert isinstance(result, Malformed)
    return result.reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "empty_value"),
        (b"", "empty_value"),
        (b" ", "not_json"),
        (b"{", "not_json"),
        (b"{} {}", "not_json"),
        (b"{'event_id': 'a'}", "not_json"),
        (b'{"a": NaN}', "not_json"),
        (b'{"a": -Infinity}', "not_json"),
        (b'{"a": 01}', "not_json"),
        (b'{"a": "\\ud800"}', "not_json"),
        (b'{"\\udc00": 1}', "not_json"),
        (b"\xef\xbb\xbf{}", "not_json"),
        (b"[]", "not_object"),
        (b"null", "not_object"),
        (b'"text"', "not_object"),
        (b"7", "not_object"),
        (b"\xff\xfe", "invalid_utf8"),
        (b'{"a": "\xc3("}', "invalid_utf8"),
        (b'{"a": "\xed\xa0\x80"}', "invalid_utf8"),
        (b'{"\xc0\x80": 1}', "invalid_utf8"),
        (b"{}", "missing_field"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep"),
        (b'{"a":' * 100_000, "too_deep"),
    ],
)
def test_a_value_that_is_no_json_object_is_malformed(value: bytes | None, reason: str) -> None:
    """Even where the fault is in a member that nobody reads."""
    assert reason_of(value) == reason


@pytest.mark.parametrize(
    "member",
    [
        b'"\xff"',
        b'{"a": ["\xff"]}',
        b'"\\ud800"',
        b"NaN",
        b"[" * 256 + b"]" * 256,
        b'["\\\\",' + b"[" * 256 + b"]" * 257,
    ],
)
def test_unknown_members_must_be_sound(member: bytes) -> None:
    """They are ignored, but what holds them must be JSON in UTF-8, and not too deep."""
    assert reason_of(value_of("erase")[:-1] + b', "unknown": ' + member + b"}")


@pytest.mark.parametrize(
    "member",
    [
        "[" * 255 + "]" * 255,
        "[" + "[]," * 10_000 + "{}]",
        json.dumps("[" * 1_000 + '\\"]' + "{" * 1_000),
        json.dumps(["\\", "[" * 1_000]),
        "9" * 10_000,
        "1e999999",
        '"\\\\ud800"',
        '"\\ud83d\\ude00"',
        '"' + "x" * 100_000 + '"',
    ],
)
def test_unknown_members_may_be_anything_else(member: str) -> None:
    """Wide, long, huge or full of brackets in a text: it is not looked at."""
    value = value_of("erase")[:-1] + f', "unknown": {member}}}'.encode()
    assert DECODER.one("erase", None, value, AT) == Erase(*COMMON)
