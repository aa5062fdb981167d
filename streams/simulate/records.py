"""One simulated Kafka record, and its line in a replay file (docs/contract.md, section 9).

A line carries the value byte for byte: as it stands when it is JSON on one line, else in base64.
"""

import base64
from typing import NamedTuple

import msgspec

KINDS = ("signup", "purchase", "cancellation", "survey", "void", "erase")


def topic_of(kind: str) -> str:
    """The default topic of a kind of event."""
    return f"crm.customer.{kind}.v1"


class SimRecord(NamedTuple):
    """A record as a producer would send it; ``timestamp_ms`` is when it arrives at Kafka."""

    topic: str
    key: bytes | None
    value: bytes
    timestamp_ms: int


def to_line(record: SimRecord) -> bytes:
    """The record as one line of a replay file, with its newline.

    Raises:
        UnicodeDecodeError: the key is no UTF-8 (a replay file cannot hold such a key).
    """
    head = b'{"topic":%b,"key":%b,"timestamp":%d,' % (
        msgspec.json.encode(record.topic),
        b"null" if record.key is None else msgspec.json.encode(record.key.decode()),
        record.timestamp_ms,
    )
    if _is_plain_json(record.value):
        return head + b'"value":' + record.value + b"}\n"
    return head + b'"value_b64":"' + base64.b64encode(record.value) + b'"}\n'


def _is_plain_json(value: bytes) -> bool:
    """Whether the bytes can stand inside a line: UTF-8 JSON on one line; null would read as no value."""
    try:
        value.decode()
        is_null = msgspec.json.decode(value) is None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return not is_null and b"\n" not in value and b"\r" not in value
