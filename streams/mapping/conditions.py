"""``where``, ``negate_if`` and ``kind``: what a record's values are compared with."""

import msgspec

from streams.core.events import KINDS, Kind
from streams.mapping.keys import MappingError, known, missing, path, table, wrong
from streams.mapping.specs import Condition, KindRule

_COMPARED = "text in quotes, a whole number, true or false, or a list of them"
_SCALAR = "text in quotes, a whole number, true or false"


def tokens_of(key: str, value: object) -> tuple[bytes, ...]:
    """The JSON texts that mean a value: a number and a flag may stand in quotes, as in a CSV file.

    Raises:
        MappingError: it is none to compare with.
    """
    if isinstance(value, str):
        return (msgspec.json.encode(value),)
    if not isinstance(value, int):  # a bool is one
        raise wrong(key, value, _SCALAR)
    token = msgspec.json.encode(value) if -(1 << 63) <= value < 1 << 64 else str(value).encode()
    return token, b'"%s"' % token


def any_token_of(name: str) -> tuple[bytes, ...]:
    """The JSON texts that mean a key of ``values``: text, and a number or a flag of the same letters."""
    token = msgspec.json.encode(name)
    bare = name.encode()
    is_number = bare.removeprefix(b"-").isdigit() and str(int(name[:100])) == name
    return (token, bare) if is_number or name in ("true", "false") else (token,)


def conditions(key: str, value: object) -> tuple[Condition, ...]:
    """A table of path = values; all of them must hold.

    Raises:
        MappingError: it is none.
    """
    said = table(key, value, '{ "status" = ["paid"] }: a path and its values')
    return tuple(_condition(key, name, listed) for name, listed in said.items())


def _condition(key: str, name: str, listed: object) -> Condition:
    at = f"{key}.{name}"
    values = listed if isinstance(listed, list) else [listed]
    if not values or any(isinstance(value, dict | list | float) for value in values):
        raise wrong(at, listed, _COMPARED)
    tokens = frozenset(token for value in values for token in tokens_of(at, value))
    shown = tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in values)
    return Condition(path(at, name), shown, tokens)


def kind_rule(key: str, value: object) -> KindRule:
    """A kind, or a table of path and values.

    Raises:
        MappingError: it is neither.
    """
    if isinstance(value, str):
        return KindRule(_kind(key, value))
    said = table(key, value, f"one of {', '.join(KINDS)}, or a table with path and values")
    known(said, ("path", "values"), f"{key}.")
    for name in ("path", "values"):
        if name not in said:
            raise missing(
                f"{key}.{name}", "the path of a value" if name == "path" else "a table of value = kind"
            )
    values = table(f"{key}.values", said["values"], "a table of value = kind")
    if not values:
        raise MappingError(f"{key}.values: is empty: it must be a table of value = kind")
    kinds = {
        token: _kind(f"{key}.values.{name}", kind)
        for name, kind in values.items()
        for token in any_token_of(name)
    }
    return KindRule(None, path(f"{key}.path", said["path"]), kinds)


def _kind(key: str, value: object) -> Kind:
    for kind in KINDS:
        if value == kind:
            return kind
    raise wrong(key, value, f"one of {', '.join(KINDS)}")
