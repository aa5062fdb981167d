"""A line of a replay file, read: one Kafka record (docs/contract.md, section 9).

``{"topic":…, "key":…|null, "timestamp"?: ms, "value": {…}}``; the value's bytes are taken as they stand in
the line, or from ``"value_b64"``. Without a value (absent or null) the record has none.
"""

import base64
import binascii
from typing import NamedTuple

import msgspec


class LineError(ValueError):
    """A line that is no record; the message says why in a few words, without any of the line's content."""


class Line(NamedTuple):
    """A record as its line gives it; ``timestamp_ms`` None where the line has none."""

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp_ms: int | None


class _Wire(msgspec.Struct):
    topic: str
    key: str | None = None
    timestamp: int | None = None
    value: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    value_b64: str | None = None


_decode = msgspec.json.Decoder(_Wire).decode


def parse_line(line: bytes) -> Line:
    """Read one line.

    Raises:
        LineError: it is no JSON object of that form.
    """
    try:
        wire = _decode(line)
        key = None if wire.key is None else wire.key.encode()
    except msgspec.ValidationError as error:
        raise LineError(f"not a record: {error}") from None
    except (ValueError, RecursionError):
        raise LineError("not JSON") from None
    return Line(wire.topic, key, _value(wire), wire.timestamp)


def _value(wire: _Wire) -> bytes | None:
    raw = None if wire.value is msgspec.UNSET else bytes(wire.value)
    if wire.value_b64 is None:
        return None if raw == b"null" else raw
    if raw is not None:
        raise LineError("value and value_b64 in one line")
    try:
        return base64.b64decode(wire.value_b64, validate=True)
    except binascii.Error:
        raise LineError("value_b64 is no base64") from None
