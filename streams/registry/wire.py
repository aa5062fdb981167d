"""Confluent's wire format: a zero byte, the schema's id in four bytes, then the record."""

from typing import Final, NamedTuple

from streams.mapping.outcomes import RefusedError

_HEAD: Final = 5
_FRAME: Final = "a zero byte, the schema's id in four bytes, and the record"


class Framed(NamedTuple):
    """A record and the id of its schema."""

    schema_id: int
    payload: bytes


def id_of(value: bytes | None) -> int | None:
    """The id of a value's schema; None where it is not of this form."""
    return int.from_bytes(value[1:_HEAD], "big") if value and len(value) >= _HEAD and not value[0] else None


def unframed(value: bytes | None) -> Framed:
    """Take a value apart.

    Raises:
        RefusedError: it is not of this form.
    """
    if not value:
        raise RefusedError("empty_value", _FRAME)
    if len(value) < _HEAD or value[0]:
        raise RefusedError("bad_envelope", _FRAME)
    return Framed(int.from_bytes(value[1:_HEAD], "big"), value[_HEAD:])
