"""The members of one record's JSON object, read one by one, each failure with its reason.

Rules (docs/contract.md, section 1): null is absent; a repeated name counts with its last value; unknown
members need only be JSON. The value as a whole is UTF-8 and at most 256 levels deep, so that whether a record
is taken never depends on how deep the caller's stack is.
This is the contract in plain code: what it says holds, and the fast path must never take anything else.
"""

import sys
from collections.abc import Callable
from typing import Final

import msgspec

from streams.core.decode_reasons import RejectedError
from streams.core.decoding.money import cost_minor_units, minor_units
from streams.core.decoding.timestamps import LAST_MS, TimestampReader

MAX_DEPTH: Final = 256
MAX_ID: Final = 128
MAX_TEXT: Final = 256
ANY_LENGTH: Final = sys.maxsize

_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_plain: Callable[[msgspec.Raw], object] = msgspec.json.Decoder().decode
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


def may_be_deep(value: bytes) -> bool:
    """Whether there are brackets enough for more than ``MAX_DEPTH`` levels, wherever they stand."""
    return value.count(b"[") + value.count(b"{") > MAX_DEPTH


def is_deep(value: bytes) -> bool:
    """Whether arrays and objects stand within each other beyond ``MAX_DEPTH`` levels."""
    if not may_be_deep(value):
        return False
    outside_texts = value.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2]
    depth = 0
    for bracket in b"".join(outside_texts).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def is_utf8(value: bytes) -> bool:
    """Whether the whole value is UTF-8: the JSON decoder looks only at the texts it keeps."""
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


class Fields:
    """One record's members; every method raises ``RejectedError`` for a value that the contract refuses.

    ``at`` is the member looked at last: where a reason was found.
    """

    __slots__ = ("_earliest_ms", "_raw", "_times", "at")

    def __init__(self, value: bytes | None, times: TimestampReader, earliest_ms: int) -> None:
        self._times = times
        self._earliest_ms = earliest_ms
        self._raw = _object(value)
        self.at = ""

    def optional(self, name: str) -> object:
        """The value as Python has it, ``None`` if absent or null."""
        self.at = name
        raw = self._raw.get(name)
        if raw is None:
            return None
        try:
            return _plain(raw)
        except msgspec.DecodeError:  # the syntax was checked: a number that no machine type holds
            raise RejectedError("wrong_type") from None

    def required(self, name: str) -> object:
        """The value, which must be there."""
        value = self.optional(name)
        if value is None:
            raise RejectedError("missing_field")
        return value

    def optional_text(self, name: str, longest: int = MAX_TEXT) -> str | None:
        """A text, ``None`` if absent, null or empty."""
        value = self.optional(name)
        return None if value is None else _text(value, longest) or None

    def identifier(self, name: str) -> str:
        """A text of 1 to 128 characters."""
        text = _text(self.required(name), MAX_ID)
        if not text:
            raise RejectedError("empty_text")
        return text

    def word(self, name: str) -> str:
        """A required text of any length: the caller knows the few that mean something."""
        value = self.required(name)
        if not isinstance(value, str):
            raise RejectedError("wrong_type")
        return value

    def integer(self, name: str) -> int:
        """A JSON integer: 9.0, "9" and true are none."""
        return _integer(self.required(name))

    def optional_integer(self, name: str) -> int | None:
        """A JSON integer, ``None`` if absent or null."""
        value = self.optional(name)
        return None if value is None else _integer(value)

    def flag(self, name: str) -> bool:
        """A boolean, false if absent or null."""
        value = self.optional(name)
        if value is not None and not isinstance(value, bool):
            raise RejectedError("wrong_type")
        return bool(value)

    def time(self, name: str) -> int:
        """Milliseconds since the epoch, within what the definition takes."""
        at_ms = self.optional_time(name)
        if at_ms is None:
            raise RejectedError("missing_field")
        return at_ms

    def optional_time(self, name: str) -> int | None:
        """Milliseconds since the epoch, ``None`` if absent or null."""
        value = self.optional(name)
        if value is None:
            return None
        at_ms = self._times.read(value) if isinstance(value, str) else _integer(value)
        if at_ms < self._earliest_ms:
            raise RejectedError("too_old")
        if at_ms > LAST_MS:
            raise RejectedError("after_9999")
        return at_ms

    def money(self, name: str, digits: int) -> int:
        """Minor units of a currency with so many decimal digits."""
        amount = self.optional_money(name, digits)
        if amount is None:
            raise RejectedError("missing_field")
        return amount

    def optional_money(self, name: str, digits: int) -> int | None:
        """Minor units, ``None`` if absent or null."""
        self.at = name
        raw = bytes(self._raw.get(name, b"null"))
        return None if raw == b"null" else minor_units(raw, digits)

    def optional_cost(self, name: str, digits: int) -> int | None:
        """Minor units of at least 0, ``None`` if absent or null."""
        self.at = name
        raw = bytes(self._raw.get(name, b"null"))
        return None if raw == b"null" else cost_minor_units(raw, digits)


def _object(value: bytes | None) -> dict[str, msgspec.Raw]:
    if not value:
        raise RejectedError("empty_value")
    if not is_utf8(value):
        raise RejectedError("invalid_utf8")
    if is_deep(value):
        raise RejectedError("too_deep")
    try:
        return _members(value)
    except msgspec.ValidationError:
        raise RejectedError("not_object") from None
    except msgspec.DecodeError:
        raise RejectedError("not_json") from None


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str):
        raise RejectedError("wrong_type")
    if len(value) > longest:
        raise RejectedError("too_long")
    return value


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise RejectedError("wrong_type")
    return value
