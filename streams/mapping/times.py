"""Foreign times to whole milliseconds since 1970, or to RFC 3339 as it stands.

Rules: digits beyond milliseconds are cut off towards the past, and nothing goes through binary floating
point. A local time that its zone has twice or not at all is refused: no hour is guessed. What comes out is
judged by the decoder of canonical events, which alone knows the earliest and the latest time.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Final

import msgspec

from streams.mapping.outcomes import ABSENT, WRONG, RefusedError
from streams.mapping.specs import Time

Convert = Callable[[bytes], bytes]
"""JSON text of a value -> JSON text for the event."""

_SHIFT: Final = {"s": 3, "ms": 0, "us": -3, "ns": -6}
_CALLED: Final = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
_MAX_DIGITS: Final = 24
_MAX_CHARS: Final = 64
_NUMBER: Final = re.compile(rb"-?[0-9]{1,24}(?:\.[0-9]{1,24})?(?:[eE][+-]?[0-9]{1,2})?").fullmatch
_SMALL: Final = re.compile(
    rb'"[0-9]{4}-[0-9]{2}-[0-9]{2}[tT][0-9:.]{8,30}(?:[zZ]|[+-][0-9]{2}:[0-9]{2})"'
).fullmatch
"""RFC 3339 may have its letters small, which events may not."""
_EXACT: Final = Context(prec=200, rounding=ROUND_FLOOR)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


def converter(spec: Time) -> Convert | None:
    """What makes the event's time of the record's; None: it is taken as it stands."""
    if spec.unit == "any":
        return None
    if spec.unit == "rfc3339":
        return _only_text
    if spec.unit == "pattern":
        return _by_pattern(spec.pattern, spec.zone)
    return _scaled(_SHIFT[spec.unit], f"a number of {_CALLED[spec.unit]} since 1970")


def _only_text(token: bytes) -> bytes:
    if not token.startswith(b'"') and token not in ABSENT:
        raise RefusedError("wrong_type", "a time like 2026-03-01T12:00:00Z")
    return token.upper() if _SMALL(token) else token


def _scaled(shift: int, expected: str) -> Convert:
    zeros = b"0" * shift

    def convert(token: bytes) -> bytes:
        if token.isdigit() and len(token) <= _MAX_DIGITS and not token.startswith(b"0"):
            return token + zeros if shift >= 0 else token[:shift] or b"0"
        if token in ABSENT:
            return token
        match = _NUMBER(token[1:-1] if token.startswith(b'"') else token)
        if match is None:
            is_number = token.startswith(b'"') or token[:1] in b"-0123456789"
            raise RefusedError("bad_time" if is_number and token != WRONG else "wrong_type", expected)
        ms = Decimal(match[0].decode()).scaleb(shift, _EXACT).to_integral_value(ROUND_FLOOR, _EXACT)
        return b"%d" % int(ms)

    return convert


def _by_pattern(pattern: str, zone: tzinfo | None) -> Convert:
    def convert(token: bytes) -> bytes:
        if token in ABSENT:
            return token
        text = _text(token, pattern)
        try:
            found = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is put in below
            at = found if zone is None else _in_zone(found, zone, pattern)
            return b"%d" % ((at - _EPOCH) // _MS)
        except (ValueError, OverflowError, TypeError):
            raise RefusedError("bad_time", f"a time of the form {pattern}") from None

    return convert


def _text(token: bytes, pattern: str) -> str:
    if token.isdigit() and len(token) <= _MAX_DIGITS:
        return token.decode()
    if not token.startswith(b'"'):
        raise RefusedError("wrong_type", f"a time of the form {pattern}")
    try:
        text = str(msgspec.json.decode(token))
    except msgspec.DecodeError:
        raise RefusedError("not_json", f"a time of the form {pattern}") from None
    if len(text) > _MAX_CHARS:
        raise RefusedError("bad_time", f"a time of the form {pattern}")
    return text


def _in_zone(found: datetime, zone: tzinfo, pattern: str) -> datetime:
    """The one instant that a local time stands for."""
    first, second = found.replace(tzinfo=zone, fold=0), found.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        raise RefusedError(
            "bad_time",
            f"a time of the form {pattern} that {zone} has exactly once (the clocks were changed)",
        )
    return first
