"""Texts, whole numbers, flags and ids: the record's value to the event's.

Rules: a value that stands in ``values`` becomes what stands beside it; one that does not is ``otherwise``,
or refused: it is never passed on by itself; lists, objects and fractions have none. A whole number may
stand for a text or in quotes, a flag in quotes; a number with a fraction or an exponent is neither. What is
absent stays absent. Parts of an id are joined by ``:``; in more than one part ``:`` and ``%`` are written
``%3A`` and ``%25``, so that different parts never make the same id.
"""

import re
from collections.abc import Callable
from typing import Final

import msgspec

from streams.mapping.outcomes import ABSENT, RefusedError
from streams.mapping.specs import Tokens, Value

Convert = Callable[[bytes], bytes]

MAX_ID: Final = 128
ID_EXPECTED: Final = "a text of 1 to 128 characters, or a whole number"
_WHOLE: Final = re.compile(rb"-?[0-9]+").fullmatch
_QUOTED_WHOLE: Final = re.compile(rb'"(-?)0*([0-9]{1,18})"').fullmatch
_SIMPLE_ID: Final = re.compile(rb'"[^"\\:%]{1,512}"|-?[0-9]{1,512}').fullmatch
_SCALAR: Final = re.compile(rb'".*"|-?[0-9]+|true|false', re.DOTALL).fullmatch
_FLAGS: Final = {b'"true"': b"true", b'"false"': b"false"}
_LONGEST: Final = 6 * MAX_ID + 2
"""An id as JSON writes it at its longest."""


def plain(token: bytes) -> bytes:
    r"""The text as JSON writes it without need: ``"p\u0061id"`` is ``"paid"``.

    Raises:
        RefusedError: it is half of a surrogate pair.
    """
    if b"\\" not in token or not token.startswith(b'"'):
        return token
    try:
        return msgspec.json.encode(msgspec.json.decode(token))
    except msgspec.DecodeError:
        raise RefusedError("not_json", "a text") from None


def is_one_of(token: bytes, tokens: frozenset[bytes]) -> bool:
    """Whether a value is among those that a condition names."""
    if token in tokens:
        return True
    if b"\\" not in token or not token.startswith(b'"'):
        return False
    try:
        return plain(token) in tokens
    except RefusedError:
        return False


def as_text(token: bytes) -> bytes:
    """A text, or a whole number as one."""
    if token.startswith(b'"'):
        return token
    return b'"%s"' % token if token.isdigit() or _WHOLE(token) else token


def as_whole(token: bytes) -> bytes:
    """A whole number, in quotes or not."""
    match = _QUOTED_WHOLE(token)
    return token if match is None else match[1] + match[2] if match[2] != b"0" else b"0"


def as_flag(token: bytes) -> bytes:
    """A flag, in quotes or not."""
    return _FLAGS.get(token, token)


def converter(spec: Value, kept: Convert) -> Convert:
    """What makes the event's value of the record's.

    Args:
        spec: what the mapping says.
        kept: for what is passed on.
    """
    if spec.values is not None:
        return _looked_up(spec.values, spec.otherwise)
    return _upper if spec.upper else kept


def _upper(token: bytes) -> bytes:
    if b"\\" in token:
        token = plain(token)
    return token.upper() if token.startswith(b'"') else token


def _looked_up(values: Tokens, otherwise: bytes | None) -> Convert:
    def convert(token: bytes) -> bytes:
        found = values.get(token)
        if found is not None:
            return found
        if token in (*ABSENT, b'""'):
            return b""
        if not _SCALAR(token):
            return token  # of no type that has a value: refused where the event is judged
        found = values.get(plain(token), otherwise)
        if found is None:
            raise RefusedError("unknown_value", "one of the mapping's values; it has no otherwise")
        return found

    return convert


def part(token: bytes) -> bytes:
    """A part of an id that has several, as it stands between the quotes of a JSON text.

    Raises:
        RefusedError: it is no text and no whole number, absent or empty.
    """
    if len(token) <= MAX_ID:  # nearly always, and letters and digits
        if token.isdigit():
            return token
        within = token[1:-1]
        if within.isalnum() and token.startswith(b'"'):
            return within
    if _SIMPLE_ID(token):
        return token.strip(b'"')
    if token in ABSENT:
        raise RefusedError("missing_field", ID_EXPECTED)
    if token == b'""':
        raise RefusedError("empty_text", ID_EXPECTED)
    if len(token) > _LONGEST:
        raise RefusedError("too_long", ID_EXPECTED)
    if not token.startswith(b'"'):
        raise RefusedError("wrong_type", ID_EXPECTED)
    return plain(token)[1:-1].replace(b"%", b"%25").replace(b":", b"%3A")
