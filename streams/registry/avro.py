"""A decoder of Avro records, made of their writer's schema.

Times stay the whole numbers that Avro has for them, so that a mapping's unit says what they are; a date is a
text like 2026-03-01; a decimal is one. Needs fastavro.
"""

from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from typing import Any, Final

import msgspec

from streams.registry.client import Schema

_AS_THEY_ARE: Final = ("timestamp-", "local-timestamp-", "time-", "uuid", "duration")


def decoder(schema: Schema) -> Callable[[bytes], Any]:
    """Makes Python's values of a record's bytes.

    Raises:
        Exception: of fastavro's own, for a schema that is none.
    """
    fastavro = import_module("fastavro")
    named: dict[str, Any] = {}
    for _, text in schema.references:
        fastavro.parse_schema(_plain(msgspec.json.decode(text)), named)
    parsed = fastavro.parse_schema(_plain(msgspec.json.decode(schema.text)), named)
    read = fastavro.schemaless_reader

    def decode(payload: bytes) -> Any:  # noqa: ANN401 - a record
        stream = BytesIO(payload)
        value = read(stream, parsed, None)
        if stream.tell() != len(payload):
            raise ValueError("bytes are left")
        return value

    return decode


def _plain(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """The schema without the logical types whose plain values are wanted."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value if key == "default" else _plain(value) for key, value in schema.items()}
    if str(kept.get("logicalType", "")).startswith(_AS_THEY_ARE):
        del kept["logicalType"]
    return kept
