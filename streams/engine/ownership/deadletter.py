"""Malformed records on their way to the dead-letter topic.

Key, value and headers stay as they came; headers ``kpi-topic``, ``kpi-partition``, ``kpi-offset``,
``kpi-timestamp``, ``kpi-reason``, ``kpi-expected`` and, where it is about one, ``kpi-field`` are added. They
go out in the transaction that moves the source offsets past them: none is lost, none is written twice. A
flush takes at most ``MAX_RECORDS`` or ``MAX_BYTES``; beyond it the sources pause. The letter's own timestamp
is that of its writing, so that it is kept for its time however old the record is. Of a record too big for the
topic (a small batch of the wire may unpack to anything) first the value is left out, then the key is cut,
then headers are left out, the last ones first; a header ``kpi-shortened`` names what is not whole.

Payloads are never logged, and a flood makes no line each: see logs.Summary.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from streams.core.decoding.expected import expected
from streams.core.events import Malformed
from streams.engine.kafka.fetch import KafkaRecord
from streams.engine.kafka.sizes import EXTRA_BYTES, SOURCE_MAX_BYTES

MAX_RECORDS = 10_000
MAX_BYTES = 8 * 1024 * 1024
_OVERHEAD = 512
"""Room for a record batch around one record, and our own headers."""
_ROOM = SOURCE_MAX_BYTES + EXTRA_BYTES - _OVERHEAD
_KEY_BYTES = 4_096
"""Of a key that has to be cut."""

Headers = list[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record as it goes to the dead-letter topic."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    shortened: bool = False
    """Whether something was left out."""
    topic: str = ""
    """Where it came from."""
    field: str = ""
    """In which field it is malformed; empty: as a whole."""

    @property
    def size(self) -> int:
        """Bytes on the wire, roughly."""
        return len(self.key or b"") + len(self.value or b"") + headers_size(self.headers)


def headers_size(headers: Headers) -> int:
    """Bytes of record headers on the wire, at most."""
    return sum(len(name.encode()) + len(value or b"") + 10 for name, value in headers)


def letter(topic: str, partition: int, record: KafkaRecord, malformed: Malformed) -> DeadLetter:
    """The dead letter of a malformed record; shortened where it would not fit."""
    return letter_of(topic, partition, record, malformed.reason, malformed.field, expected(malformed))


def letter_of(  # noqa: PLR0917 - what stands in the headers, in their order
    topic: str, partition: int, record: KafkaRecord, reason: str, field: str, wanted: str
) -> DeadLetter:
    """The same, of a record malformed for this reason in this field (or none), where this was wanted."""
    timestamp = record.timestamp if record.timestamp is not None and record.timestamp >= 0 else None
    origin: Headers = [
        ("kpi-topic", topic.encode()),
        ("kpi-partition", b"%d" % partition),
        ("kpi-offset", b"%d" % record.offset),
        ("kpi-timestamp", b"" if timestamp is None else b"%d" % timestamp),
        ("kpi-reason", reason.encode()),
    ]
    if field:
        origin.append(("kpi-field", field.encode()))
    origin.append(("kpi-expected", wanted.encode()))
    headers = [*record.headers, *origin]
    full = DeadLetter(record.key, record.value, headers, topic=topic, field=field)
    return full if full.size <= _ROOM else _shortened(full, record.headers, origin)


def _shortened(full: DeadLetter, headers: Headers, origin: Headers) -> DeadLetter:
    """As much of a dead letter as fits: without the value, with the beginning of the key, some headers."""
    lacking = [b"value"] if full.value is not None else []
    room = _ROOM - headers_size(origin) - _OVERHEAD
    key = full.key or b""
    if len(key) + headers_size(headers) > room and len(key) > _KEY_BYTES:
        key = key[:_KEY_BYTES]
        lacking.append(b"key")
    room -= len(key)
    kept: Headers = []
    for header in headers:
        room -= headers_size([header])
        if room < 0:
            lacking.append(b"headers")
            break
        kept.append(header)
    note = ("kpi-shortened", b",".join(lacking))
    return replace(
        full,
        key=None if full.key is None else key,
        value=None,
        headers=[*kept, *origin, note],
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
