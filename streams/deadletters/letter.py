"""A record of the dead-letter topic, as its headers tell it.

Ours are the last headers of a record: those from the last ``kpi-topic`` on; what stands before them came with
the record, whatever it is named. ``kpi-replay-of`` marks a record that was sent again: a letter that has it
came back. ``kpi-copy-of``, the very last header, marks a copy that a deletion has made of another letter of
its partition. Where that one is still in the log, the copy is its twin and does not count; so of a letter and
its copies exactly one counts at any time, however often a deletion broke off. The mark holds the topic's id:
in a topic mirrored or put back from a backup, where offsets are others, every copy counts.

Never: takes a text of a header for one of ours that is not in the closed sets, or in the form of
a field's name.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from streams.core.decode_reasons import REASONS
from streams.core.definition.dimensions import NAME
from streams.engine.kafka.fetch import KafkaRecord
from streams.engine.ownership.deadletter import Headers, headers_size
from streams.mapping.outcomes import OWN_REASONS

REPLAY_OF: Final = "kpi-replay-of"
COPY_OF: Final = "kpi-copy-of"
LETTER_REASONS: Final = (*REASONS, *OWN_REASONS)
"""Of events, and of records that kpi ingest could make none of."""
OTHER: Final = "other"
"""In place of a reason or a field that this version does not know."""
_FIRST: Final = "kpi-topic"
_LONGEST_NUMBER: Final = 19
_SHORTENED: Final = (
    *("", "value", "key", "headers"),
    *("value,key", "value,headers", "key,headers", "value,key,headers"),
)


class Place(NamedTuple):
    """Where a letter stands in the dead-letter topic."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}:{self.offset}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a malformed record came from, and why it is here."""

    topic: str
    partition: int
    offset: int
    timestamp: int | None
    """ms; None where the record had none."""
    reason: str
    field: str
    """Empty: the record as a whole."""
    expected: str
    shortened: str
    """What is not whole, separated by commas; empty: the record is as it came."""
    headers: Headers
    """Those that the record came with."""

    @property
    def returned(self) -> bool:
        """Whether the record had been sent again, and came back."""
        return any(name == REPLAY_OF for name, _ in self.headers)


@dataclass(frozen=True, slots=True)
class Letter:
    """One record of the dead-letter topic."""

    place: Place
    timestamp: int
    """ms: when the letter was written."""
    key: bytes | None
    value: bytes | None
    headers: Headers
    """All but ``kpi-copy-of``."""
    origin: Origin | None
    """None: somebody else wrote it."""
    copy_of: int | None
    """The offset of the letter that it is a copy of."""

    @classmethod
    def of(cls, partition: int, record: KafkaRecord, topic_id: str) -> Self:
        """Read a record of the topic that has this id."""
        headers = list(record.headers)
        copy_of = _copy_of(headers, topic_id)
        if copy_of is not None and copy_of < record.offset:
            headers.pop()
        else:
            copy_of = None
        place = Place(partition, record.offset)
        return cls(place, record.timestamp, record.key, record.value, headers, _origin(headers), copy_of)

    def copied(self, topic_id: str) -> "Copied":
        """As it is written once more behind the others of its partition, in the topic that has this id."""
        mark = (COPY_OF, f"{topic_id}/{self.place.offset}".encode())
        return Copied(self.timestamp, self.key, self.value, [*self.headers, mark])


class Copied(NamedTuple):
    """A record to be written."""

    timestamp: int | None
    key: bytes | None
    value: bytes | None
    headers: Headers

    @property
    def size(self) -> int:
        """Bytes on the wire, roughly."""
        return len(self.key or b"") + len(self.value or b"") + headers_size(self.headers)


def _copy_of(headers: Headers, topic_id: str) -> int | None:
    if not headers or headers[-1][0] != COPY_OF:
        return None
    of, _, offset = (headers[-1][1] or b"").rpartition(b"/")
    return _number(offset) if of == topic_id.encode() else None


def _origin(headers: Headers) -> Origin | None:
    begin = max((at for at, (name, _) in enumerate(headers) if name == _FIRST), default=None)
    if begin is None:
        return None
    told = {name: content or b"" for name, content in headers[begin:]}
    topic, timestamp = _text(told, _FIRST), told.get("kpi-timestamp")
    partition, offset = _number(told.get("kpi-partition")), _number(told.get("kpi-offset"))
    if not topic or partition is None or offset is None or timestamp is None or "kpi-reason" not in told:
        return None
    ms = _number(timestamp)
    if timestamp and ms is None:
        return None
    return Origin(
        topic,
        partition,
        offset,
        ms,
        _known(_text(told, "kpi-reason"), LETTER_REASONS),
        _field(_text(told, "kpi-field")),
        _text(told, "kpi-expected"),
        _known(_text(told, "kpi-shortened"), _SHORTENED),
        headers[:begin],
    )


def _field(text: str) -> str:
    """In the form that the contract's have, and the dimensions of any definition, in force or not."""
    return text if not text or re.fullmatch(NAME, text) else OTHER


def _known(text: str, allowed: Sequence[str]) -> str:
    return text if text in allowed else OTHER


def _text(told: Mapping[str, bytes], name: str) -> str:
    return told.get(name, b"").decode("utf-8", "backslashreplace")


def _number(digits: bytes | None) -> int | None:
    if digits is None or not digits.isdigit() or len(digits) > _LONGEST_NUMBER:
        return None
    return int(digits)
