"""How foreign bytes are laid out: each format gives the values at a mapping's paths.

Rules: a format knows nothing of events. ``json``: the value is an object. ``csv``: the same; a row was made
one by ``tables``, every field a text. ``cloudevents`` (1.0): attributes by their names, the payload below
``data``, in structured mode (all in the value) or binary mode (attributes in headers ``ce_…``).
``debezium``: the envelope, with or without its schema: ``after.…``, ``before.…``, ``op``, ``source.…``; a
tombstone is no event, and neither is a message that is no change of a row; a delete is one only for a
mapping that asks for ``op``.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol

import msgspec

from streams.mapping.outcomes import ABSENT, Foreign, IgnoredError, RefusedError
from streams.mapping.paths import Path
from streams.mapping.reading import Reader
from streams.mapping.specs import FormatName

_STRUCTURED: Final = b"application/cloudevents"
_BATCH: Final = b"application/cloudevents-batch"
_ENVELOPE: Final = ("specversion", "id", "source", "type")
_CLOUDEVENT: Final = "a CloudEvent of version 1.0 with id, source and type"
_ROWS: Final = frozenset((b'"c"', b'"r"', b'"u"', b'"d"'))
_DEBEZIUM: Final = "Debezium's envelope with op, before and after"


class Format(Protocol):
    """Gives the values at the paths it was made with."""

    def values(self, record: Foreign) -> list[bytes]:
        """As ``Reader.read``.

        Raises:
            RefusedError: the record is not of the format.
            IgnoredError: the format says that it is no event.
        """


FormatMaker = Callable[[Sequence[Path]], Format]


def format_of(
    name: FormatName, paths: Sequence[Path], further: Mapping[str, FormatMaker] = MappingProxyType({})
) -> Format:
    """The format of that name, for these paths; ``further``: those that are not known here."""
    return further[name](paths) if name in further else _FORMATS[name](paths)


class _Json:
    def __init__(self, paths: Sequence[Path]) -> None:
        self._read = Reader(paths).read

    def values(self, record: Foreign) -> list[bytes]:
        return self._read(record.value or _value(record))


class _CloudEvents:
    def __init__(self, paths: Sequence[Path]) -> None:
        self._size = len(paths)
        self._structured = Reader([*paths, *(Path((name,)) for name in (*_ENVELOPE, "data", "data_base64"))])
        self._attributes = [(i, path.parts[0]) for i, path in enumerate(paths) if path.parts[0] != "data"]
        self._inner = [(i, Path(path.parts[1:])) for i, path in enumerate(paths) if path.parts[0] == "data"]
        self._data = Reader([path for _, path in self._inner if path.parts])

    def values(self, record: Foreign) -> list[bytes]:
        headers = {name.lower(): value for name, value in record.headers}
        content = headers.get("content-type", b"").lower()
        if content.startswith(_BATCH):
            raise RefusedError("bad_envelope", "one CloudEvent a record, not a batch")
        if "ce_specversion" in headers and not content.startswith(_STRUCTURED):
            return self._binary(record, headers)
        found = self._structured.read(_value(record))
        values, (version, *attributes, data, packed) = found[: self._size], found[self._size :]
        _check_envelope(version, attributes)
        if data in ABSENT and packed not in ABSENT:
            raise RefusedError("bad_envelope", "data as JSON, not data_base64")
        return values

    def _binary(self, record: Foreign, headers: dict[str, bytes]) -> list[bytes]:
        said = [_text_of(headers.get(f"ce_{name}")) for name in _ENVELOPE]
        _check_envelope(said[0], said[1:])
        values = [b""] * self._size
        for i, name in self._attributes:
            values[i] = _text_of(headers.get(f"ce_{name}"))
        inner = [i for i, path in self._inner if path.parts]
        if inner:
            for i, value in zip(inner, self._data.read(_value(record)), strict=True):
                values[i] = value
        return values


class _Debezium:
    def __init__(self, paths: Sequence[Path]) -> None:
        self._plain = Reader([*paths, Path(("op",)), Path(("payload",))])
        self._deletes = Path(("op",)) in paths

    def values(self, record: Foreign) -> list[bytes]:
        if not record.value:
            raise IgnoredError("a tombstone")
        *values, op, payload = self._plain.read(record.value)
        if op in ABSENT and payload.startswith(b"{"):
            *values, op, _ = self._plain.read(payload)
        elif op in ABSENT and payload == b"null":
            raise IgnoredError("a tombstone")
        if op in ABSENT:
            raise RefusedError("bad_envelope", _DEBEZIUM)
        if op not in _ROWS:
            raise IgnoredError("op is none of c, r, u, d: no change of a row")
        if op == b'"d"' and not self._deletes:
            raise IgnoredError("op is d, and the mapping does not ask for op")
        return values


_FORMATS: Final[dict[FormatName, type[_Json | _CloudEvents | _Debezium]]] = {
    "json": _Json,
    "csv": _Json,
    "cloudevents": _CloudEvents,
    "debezium": _Debezium,
}
"""But for ``event``, whose records are not taken apart (passing.py), and those that need schemas."""


def _value(record: Foreign) -> bytes:
    if not record.value:
        raise RefusedError("empty_value", "a JSON object")
    return record.value


def _check_envelope(version: bytes, attributes: Sequence[bytes]) -> None:
    if version != b'"1.0"' or not all(one.startswith(b'"') and one != b'""' for one in attributes):
        raise RefusedError("bad_envelope", _CLOUDEVENT)


def _text_of(header: bytes | None) -> bytes:
    """A header's value as JSON text; ``b""`` where there is none."""
    if header is None:
        return b""
    try:
        return msgspec.json.encode(header.decode())
    except UnicodeDecodeError:
        raise RefusedError("bad_envelope", _CLOUDEVENT) from None
