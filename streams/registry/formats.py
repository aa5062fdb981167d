"""Avro, JSON Schema and Protobuf as formats of a mapping: the values at its paths, as JSON text.

Rules: a record that is not of its schema is malformed. Against a JSON Schema nothing is held that the mapping
does not name: it judges the values itself. A number that is none (NaN), and bytes, are of the wrong type.
"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from streams.mapping.formats import FormatMaker
from streams.mapping.outcomes import WRONG, Foreign, RefusedError
from streams.mapping.paths import Path, is_index
from streams.mapping.reading import Reader
from streams.registry.schemas import FORMATS, Schemas
from streams.registry.wire import unframed

_encode: Final = msgspec.json.Encoder(decimal_format="number").encode
_OF_SCHEMA: Final = "a record as its schema says"


def formats(schemas: Schemas) -> Mapping[str, FormatMaker]:
    """The formats by name."""
    return {name: _maker(kind, schemas) for name, kind in FORMATS.items()}


def _maker(kind: str, schemas: Schemas) -> FormatMaker:
    return lambda paths: _Framed(paths, kind, schemas)


class _Framed:
    """Records in Confluent's wire format, of one kind of schema."""

    def __init__(self, paths: Sequence[Path], kind: str, schemas: Schemas) -> None:
        self._paths = [path.parts for path in paths]
        self._json = Reader(paths)
        self._kind, self._schemas = kind, schemas

    def values(self, record: Foreign) -> list[bytes]:
        """As ``Reader.read``."""
        framed = unframed(record.value)
        decode = self._schemas.decoder(framed.schema_id, self._kind)
        if decode is None:
            return self._json.read(framed.payload)
        try:
            value = decode(framed.payload)
        except Exception:  # noqa: BLE001 - whatever a library makes of bytes that are none
            raise RefusedError("bad_payload", _OF_SCHEMA) from None
        return [_at(value, path) for path in self._paths]


def _at(value: Any, path: Sequence[str]) -> bytes:  # noqa: ANN401 - a decoded record
    """What stands at a path, as JSON text."""
    try:
        found = value
        for part in path:
            found = found[part]
    except (TypeError, KeyError):  # an index, or nothing
        return _walked(value, path)
    return _text(found)


def _walked(value: Any, path: Sequence[str]) -> bytes:  # noqa: ANN401 - a decoded record
    for part in path:
        if value is None:
            return b""
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and is_index(part):
            value = value[int(part)] if int(part) < len(value) else None
        else:
            return WRONG
    return _text(value)


def _text(value: Any) -> bytes:  # noqa: ANN401 - a decoded value
    if value is None:
        return b""
    try:
        if isinstance(value, str | int):  # nearly always
            return _encode(value)
        if isinstance(value, bytes) or (isinstance(value, float | Decimal) and not math.isfinite(value)):
            return WRONG
        return _encode(value)
    except (TypeError, ValueError, msgspec.MsgspecError):
        return WRONG
