"""What comes in, and what becomes of it: each foreign record has exactly one outcome.

Rules: a record gives all of its events or none. Reasons are of a closed set, and no text here holds anything
taken from a record: paths are the mapping's own words.
"""

from typing import Final, Literal, NamedTuple, TypeAlias, get_args

import msgspec

from streams.core.decode_reasons import Reason
from streams.core.events import Kind

OwnReason: TypeAlias = Literal[
    "unknown_value",  # none of the mapping's values, and it has no otherwise
    "not_list",  # each names what is no array
    "too_many_events",  # more elements, or more bytes of events, than one record may give
    "bad_envelope",  # not the envelope that the format has
    "unknown_schema",  # of an id that the schema registry does not have
    "bad_payload",  # no record of its schema
    "too_large",  # an event that no source topic takes
]
OWN_REASONS: Final[tuple[OwnReason, ...]] = get_args(OwnReason)
"""Why a foreign record is malformed, beside the reasons of events."""
MappingReason: TypeAlias = Reason | OwnReason


class Foreign(NamedTuple):
    """A record of somebody else's topic, or a line of their file."""

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    headers: tuple[tuple[str, bytes], ...] = ()


class CanonicalEvent(msgspec.Struct, frozen=True, gc=False):
    """An event as the source topics have it; the timestamp is the foreign record's."""

    kind: Kind
    key: bytes
    value: bytes
    timestamp_ms: int


class Mapped(msgspec.Struct, frozen=True, gc=False):
    """The record's events, at least one.

    ``source`` is the number of the ``[[source]]`` that took it, from 0; ``left_out`` counts the elements of
    ``each`` that ``where`` or the kind left out.
    """

    events: tuple[CanonicalEvent, ...]
    source: int
    left_out: int = 0


class Ignored(NamedTuple):
    """The record is none that the mapping wants; ``reason`` says by which rule."""

    why: Literal["unmapped", "where"]
    reason: str


class Refused(NamedTuple):
    """The record is malformed: ``field`` of the event, from ``path`` of the record; both may be empty."""

    reason: MappingReason
    field: str
    path: str
    expected: str

    def described(self) -> str:
        """As a part of one line."""
        where = f"{self.field}, from {self.path}" if self.path else self.field
        if self.reason == "missing_field":
            return f"{self.reason}: {where} is missing; expected {self.expected}"
        return f"{self.reason}: {where + ': ' if where else ''}expected {self.expected}"


Outcome: TypeAlias = Mapped | Ignored | Refused


class RefusedError(Exception):
    """Found while a record is read; whoever knows the field makes a ``Refused`` of it."""

    def __init__(self, reason: MappingReason, expected: str) -> None:
        super().__init__(reason)
        self.reason: MappingReason = reason
        self.expected = expected


class IgnoredError(Exception):
    """The record is none by a rule of its format; the message says which."""


WRONG: Final = b"!"
"""Stands for a value that cannot be reached, because what stands on the way is no object: never JSON."""
ABSENT: Final = (b"", b"null")
"""What counts as not there."""
