"""One simulated Kafka record, and its line in a replay file (docs/contract.md, section 9)."""

from typing import NamedTuple

from streams.core.events import KINDS
from streams.replay.lines import Line
from streams.replay.lines import to_line as line_of

__all__ = ["KINDS", "SimRecord", "to_line", "topic_of"]


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
    """The record as one line of a replay file, with its newline."""
    return line_of(Line(*record))
