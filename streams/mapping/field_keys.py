"""The fields of a ``[[source]]``: a text is a path, a table says more."""

from collections.abc import Callable
from collections.abc import Mapping as Table
from datetime import UTC, datetime
from typing import Any, Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from streams.mapping.conditions import any_token_of, conditions
from streams.mapping.fields import WORDS, Field, Sort
from streams.mapping.keys import MappingError, known, missing, path, switch, table, text, word, wrong
from streams.mapping.paths import Path
from streams.mapping.specs import Constant, Ids, Money, Spec, Time, Unit, Value

MAX_ID_PARTS: Final = 8
_UNITS: Final = ("rfc3339", "s", "ms", "us", "ns")
_UNIT: Final = f"{', '.join(_UNITS)}, or a pattern like %Y-%m-%d %H:%M:%S"
_ZONE: Final = "a name like Europe/Berlin or UTC, of this machine's time zone database"
_SAMPLE: Final = datetime(2026, 11, 29, 21, 14, 42, tzinfo=UTC)


def fields(at: str, said: Table[str, object], allowed: Table[str, Field]) -> dict[str, Spec]:
    """All fields that a source names.

    Raises:
        MappingError: one cannot be read.
    """
    return {
        name: _READERS[field.sort](at + name, said[name], name)
        for name, field in allowed.items()
        if name in said
    }


def read_attribute(key: str, value: object) -> Spec:
    """An attribute of a signup: a text.

    Raises:
        MappingError: it cannot be read.
    """
    return _text(key, value, "")


def _ids(key: str, value: object, _: str) -> Spec:
    parts = value if isinstance(value, list) else [value]
    if not 1 <= len(parts) <= MAX_ID_PARTS or not all(isinstance(part, str) for part in parts):
        raise wrong(key, value, f"a path, or a list of 1 to {MAX_ID_PARTS} paths")
    return Ids(tuple(path(key, part) for part in parts))


def _time(key: str, value: object, _: str) -> Spec:
    if isinstance(value, str):
        return Time(path(key, value))
    said, where = _table(key, value, ("path", "unit", "timezone"))
    unit = text(f"{key}.unit", said["unit"], _UNIT) if "unit" in said else "any"
    if "%" in unit:
        return _pattern(key, where, unit, said.get("timezone"))
    if "unit" in said and unit not in _UNITS:
        raise wrong(f"{key}.unit", unit, _UNIT)
    if "timezone" in said:
        raise wrong(f"{key}.timezone", said["timezone"], "nothing here: only a pattern needs one")
    return Time(where, cast("Unit", unit))


def _pattern(key: str, where: Path, pattern: str, timezone: object) -> Time:
    allowed = "a pattern that strptime takes, with a whole date and without %Z, like %Y-%m-%d %H:%M:%S"
    try:
        read = datetime.strptime(_SAMPLE.strftime(pattern), pattern)  # noqa: DTZ007 - only how it is read
    except ValueError:
        raise wrong(f"{key}.unit", pattern, allowed) from None
    if read.date() != _SAMPLE.date() or "%Z" in pattern:
        raise wrong(f"{key}.unit", pattern, allowed)
    if read.tzinfo is not None and timezone is not None:
        raise wrong(f"{key}.timezone", timezone, "nothing here: %z reads the offset")
    if read.tzinfo is not None:
        return Time(where, "pattern", pattern)
    if timezone is None:
        raise missing(f"{key}.timezone", "a name like Europe/Berlin or UTC: the pattern has no %z")
    name = text(f"{key}.timezone", timezone, _ZONE)
    try:
        zone = UTC if name == "UTC" else ZoneInfo(name)  # UTC is there without a time zone database, too
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise wrong(f"{key}.timezone", timezone, _ZONE) from None
    return Time(where, "pattern", pattern, zone)


def _money(key: str, value: object, name: str) -> Spec:
    if isinstance(value, str):
        return Money(path(key, value))
    keys = ("path", "unit", "decimal", *(("negate_if",) if name == "amount" else ()))
    said, where = _table(key, value, keys)
    unit = word(f"{key}.unit", said.get("unit", "major"), ("major", "minor"))
    decimal = word(f"{key}.decimal", said.get("decimal", "."), (".", ","))
    negate_if = conditions(f"{key}.negate_if", said.get("negate_if", {}))
    return Money(where, unit == "minor", negate_if, decimal == ",")


def _text(key: str, value: object, name: str) -> Spec:
    def token(at: str, said: object) -> bytes:
        words = WORDS.get(name)
        if words is not None and said not in words:
            raise wrong(
                at, said, "a code of ISO 4217 in capitals" if name == "currency" else ", ".join(sorted(words))
            )
        if not isinstance(said, str):
            raise wrong(at, said, "text in quotes")
        return msgspec.json.encode(said)

    return _value(key, value, token, upper=name == "currency")


def _whole(key: str, value: object, _: str) -> Spec:
    def token(at: str, said: object) -> bytes:
        if not isinstance(said, int) or isinstance(said, bool) or abs(said) >= 1 << 63:
            raise wrong(at, said, "a whole number")
        return b"%d" % said

    return _value(key, value, token)


def _flag(key: str, value: object, _: str) -> Spec:
    def token(at: str, said: object) -> bytes:
        return b"true" if switch(at, said) else b"false"

    return _value(key, value, token)


def _value(key: str, value: object, token: Callable[[str, object], bytes], *, upper: bool = False) -> Spec:
    if isinstance(value, str):
        return Value(path(key, value))
    keys = ("value", "path", "values", "otherwise", *(("upper",) if upper else ()))
    said = table(key, value, "a path, or a table with path or value")
    known(said, keys, f"{key}.")
    if "value" in said:
        if len(said) > 1:
            raise MappingError(f"{key}.value: stands alone: with it no record is asked")
        return Constant(token(f"{key}.value", said["value"]))
    said, where = _table(key, value, keys)
    if "otherwise" in said and "values" not in said:
        raise missing(f"{key}.values", "given: otherwise is for what is none of them")
    values = table(f"{key}.values", said.get("values", {}), "a table of value = value")
    tokens = {
        found: token(f"{key}.values.{name}", meant)
        for name, meant in values.items()
        for found in any_token_of(name)
    }
    otherwise = token(f"{key}.otherwise", said["otherwise"]) if "otherwise" in said else None
    is_upper = switch(f"{key}.upper", said.get("upper", False))
    if is_upper and "values" in said:
        raise MappingError(f"{key}.upper: not with values: they say how it is written")
    return Value(where, tokens if "values" in said else None, otherwise, is_upper)


def _table(key: str, value: object, keys: tuple[str, ...]) -> tuple[Table[str, Any], Path]:
    said = table(key, value, "a path, or a table with one")
    known(said, keys, f"{key}.")
    if "path" not in said:
        raise missing(f"{key}.path", "a path, like order.total")
    return said, path(f"{key}.path", said["path"])


_READERS: Final[Table[Sort, Callable[[str, object, str], Spec]]] = {
    "id": _ids,
    "time": _time,
    "money": _money,
    "text": _text,
    "whole": _whole,
    "flag": _flag,
}
