"""Malformed records on their way to the dead-letter topic.

Key, value and headers stay as they came; headers ``kpi-topic``, ``kpi-partition``, ``kpi-offset``,
``kpi-timestamp`` and ``kpi-reason`` are added. They go out in the transaction that moves the source
offsets past them: none is lost, none is written twice. A flush takes at most ``MAX_RECORDS`` or
``MAX_BYTES``; beyond it the sources pause. A record too big for the topic goes without its value and with
a header ``value_omitted``.

Payloads are never logged, and a flood makes no line each: see logs.Summary.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from streams.engine.fetch import KafkaRecord

MAX_RECORDS = 10_000
MAX_BYTES = 8 * 1024 * 1024
SOURCE_MAX_BYTES = 1_048_588
"""Kafka's default ``max.message.bytes``: what a source record may measure."""
EXTRA_BYTES = 64 * 1024
"""By how much more than the sources the dead-letter topic and its producer allow."""
_OVERHEAD = 512
"""Room for a record batch around one record, and our own headers."""

Headers = list[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record as it goes to the dead-letter topic."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int | None
    """ms, as it came; None where it had none."""
    shortened: bool = False
    """Whether the value was left out."""

    @property
    def size(self) -> int:
        """Bytes on the wire, roughly."""
        return len(self.key or b"") + len(self.value or b"") + headers_size(self.headers)


def headers_size(headers: Headers) -> int:
    """Bytes of record headers on the wire, at most."""
    return sum(len(name.encode()) + len(value or b"") + 10 for name, value in headers)


def letter(topic: str, partition: int, record: KafkaRecord, reason: str) -> DeadLetter:
    """The dead letter of a malformed record; without its value where it would not fit."""
    timestamp = record.timestamp if record.timestamp is not None and record.timestamp >= 0 else None
    origin: Headers = [
        ("kpi-topic", topic.encode()),
        ("kpi-partition", b"%d" % partition),
        ("kpi-offset", b"%d" % record.offset),
        ("kpi-timestamp", b"" if timestamp is None else b"%d" % timestamp),
        ("kpi-reason", reason.encode()),
    ]
    full = DeadLetter(record.key, record.value, [*record.headers, *origin], timestamp)
    if full.size + _OVERHEAD <= SOURCE_MAX_BYTES + EXTRA_BYTES:
        return full
    return DeadLetter(
        record.key,
        None,
        [*record.headers, *origin, ("value_omitted", b"too large")],
        timestamp,
        shortened=True,
    )


class DeadLetters:
    """The dead letters of one partition that wait for its next flush."""

    __slots__ = ("_bytes", "_letters", "total")

    def __init__(self) -> None:
        self._letters: list[DeadLetter] = []
        self._bytes = 0
        self.total = 0
        """How many there were since the partition was taken over."""

    def __len__(self) -> int:
        return len(self._letters)

    def __iter__(self) -> Iterator[DeadLetter]:
        return iter(self._letters)

    def add(self, dead: DeadLetter) -> None:
        """Let one wait."""
        self._letters.append(dead)
        self._bytes += dead.size
        self.total += 1

    @property
    def room(self) -> int:
        """How many more records may be applied before the next flush; 0: the sources pause."""
        return 0 if self._bytes >= MAX_BYTES else max(0, MAX_RECORDS - len(self._letters))

    def drain(self) -> list[DeadLetter]:
        """Hand over those that wait."""
        letters, self._letters, self._bytes = self._letters, [], 0
        return letters
