"""A line of a replay file, read and written: one Kafka record (docs/contract.md, section 9).

``{"topic":…, "key":…|null, "timestamp"?: ms, "value": {…}}``; the value's bytes are taken as they stand in
the line, or from ``"value_b64"``; a key that is no text comes as ``"key_b64"``. Without a value (absent or
null) the record has none. What is written reads back as the very same record.
"""

import base64
import binascii
from typing import Annotated, NamedTuple

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
    key_b64: str | None = None
    timestamp: Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)] | None = None
    value: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    value_b64: str | None = None
    payload: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_KCAT = (
    "payload instead of value, as kcat -J writes it: "
    "jq -c '{topic, key, timestamp: .ts, value: (.payload | fromjson)}' makes records of them"
)
_decode = msgspec.json.Decoder(_Wire).decode


def parse_line(line: bytes) -> Line:
    """Read one line.

    Raises:
        LineError: it is no JSON object of that form.
    """
    try:
        wire = _decode(line)
        key = _key(wire)
    except msgspec.ValidationError as error:
        raise LineError(f"not a record: {error}") from None
    except LineError:
        raise
    except (ValueError, RecursionError):
        raise LineError("not JSON") from None
    return Line(wire.topic, key, _value(wire), wire.timestamp)


def to_line(line: Line) -> bytes:
    """The record as one line, with its newline.

    The value stands in it byte for byte where it is JSON on one line, else in base64.
    """
    topic, key, value, timestamp_ms = line
    parts = [b'"topic":' + msgspec.json.encode(topic), _key_member(key)]
    if timestamp_ms is not None:
        parts.append(b'"timestamp":%d' % timestamp_ms)
    if value is None:
        parts.append(b'"value":null')
    elif _is_plain_json(value):
        parts.append(b'"value":' + value)
    else:
        parts.append(b'"value_b64":"' + base64.b64encode(value) + b'"')
    return b"{" + b",".join(parts) + b"}\n"


def _key_member(key: bytes | None) -> bytes:
    try:
        return b'"key":' + msgspec.json.encode(None if key is None else key.decode())
    except UnicodeDecodeError:
        return b'"key_b64":"' + base64.b64encode(key or b"") + b'"'


def _is_plain_json(value: bytes) -> bool:
    """Whether the bytes can stand inside a line: UTF-8 JSON on one line; null would read as no value."""
    try:
        value.decode()
        is_null = msgspec.json.decode(value) is None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return not is_null and b"\n" not in value and b"\r" not in value


def _key(wire: _Wire) -> bytes | None:
    if wire.key_b64 is None:
        return None if wire.key is None else wire.key.encode()
    if wire.key is not None:
        raise LineError("key and key_b64 in one line")
    return _unpacked("key_b64", wire.key_b64)


def _value(wire: _Wire) -> bytes | None:
    raw = None if wire.value is msgspec.UNSET else bytes(wire.value)
    if wire.payload is not msgspec.UNSET and raw is None and wire.value_b64 is None:
        raise LineError(_KCAT)
    if wire.value_b64 is None:
        return None if raw == b"null" else raw
    if raw is not None:
        raise LineError("value and value_b64 in one line")
    return _unpacked("value_b64", wire.value_b64)


def _unpacked(member: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise LineError(f"{member} is no base64") from None
