"""A mapping as values: what ``toml_file`` has read and checked, and ``mapper`` does.

Rules: everything here is frozen and complete; a text in a mapping that is a path is a ``Path`` here. A value
compared with is JSON text, as a record would have it.
"""

from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Final, Literal, TypeAlias

from streams.core.events import Kind
from streams.mapping.paths import Path

FormatName: TypeAlias = Literal[
    "json", "cloudevents", "debezium", "csv", "event", "avro", "json-schema", "protobuf"
]
WITH_SCHEMAS: Final = frozenset(("avro", "json-schema", "protobuf"))
"""Formats whose records need a schema registry: they stand in Kafka, never in a file."""
Unit: TypeAlias = Literal["any", "rfc3339", "s", "ms", "us", "ns", "pattern"]
Tokens: TypeAlias = Table[bytes, bytes]
"""JSON text in a record -> JSON text in the event."""


@dataclass(frozen=True)
class Condition:
    """Holds if the value at the path is one of these."""

    path: Path
    values: tuple[str, ...]
    """As a person reads them."""
    tokens: frozenset[bytes]


@dataclass(frozen=True)
class Ids:
    """Parts of an id, joined by ``:``."""

    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Constant:
    """The same in every event, as JSON text."""

    token: bytes


@dataclass(frozen=True)
class Value:
    """A text, a whole number or a flag; without ``values`` as it stands."""

    path: Path
    values: Tokens | None = None
    otherwise: bytes | None = None
    upper: bool = False


@dataclass(frozen=True)
class Time:
    """An instant."""

    path: Path
    unit: Unit = "any"
    pattern: str = ""
    zone: tzinfo | None = None


@dataclass(frozen=True)
class Money:
    """An amount, in major units or in those that ISO 4217 calls minor."""

    path: Path
    minor: bool = False
    negate_if: tuple[Condition, ...] = ()
    decimal_comma: bool = False


Spec: TypeAlias = Ids | Constant | Value | Time | Money


@dataclass(frozen=True)
class KindRule:
    """One kind, or a kind by the value at a path."""

    fixed: Kind | None
    path: Path | None = None
    values: Table[bytes, Kind] = field(default_factory=dict)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """All that it may give."""
        return (self.fixed,) if self.fixed is not None else tuple(dict.fromkeys(self.values.values()))


@dataclass(frozen=True)
class Source:
    """One ``[[source]]``: which records, and what becomes of them."""

    topic: str
    """A topic's name; ``*`` in it stands for any characters."""
    format: FormatName
    where: tuple[Condition, ...]
    kind: KindRule
    each: Path | None
    fields: Table[str, Spec]
    attributes: Table[str, Spec]

    def reads(self, topic: str) -> bool:
        """Whether records of the topic are its business; takes no longer than the name is long, squared."""
        first, *rest = self.topic.split("*")
        if not rest:
            return topic == first
        if not topic.startswith(first):
            return False
        at, last = len(first), rest.pop()
        for part in rest:
            found = topic.find(part, at)
            if found < 0:
                return False
            at = found + len(part)
        return len(topic) - at >= len(last) and topic.endswith(last)


@dataclass(frozen=True)
class Mapping:
    """A whole mapping file."""

    version: str
    sources: tuple[Source, ...]
