"""What a mapping file may say, key by key: each reader takes one value or says what is allowed.

Rules: every mistake is a ``MappingError`` of one line with the key, the value and what is allowed; a key that
is not known comes with the nearest ones that are.
"""

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from streams.mapping.paths import Path, PathError, parse_path

_SHOWN = 80


class MappingError(ValueError):
    """A mapping that cannot be used; the message is one line."""


def wrong(key: str, value: object, allowed: str) -> MappingError:
    """The mistake of a value."""
    shown = json.dumps(value, default=str, ensure_ascii=False)
    if len(shown) > _SHOWN:
        shown = f"{shown[:_SHOWN]}…"
    return MappingError(f"{key}: {shown}: allowed is {allowed}")


def missing(key: str, allowed: str) -> MappingError:
    """The mistake of a key that must be there."""
    return MappingError(f"{key}: is missing: it must be {allowed}")


def known(table: Mapping[str, object], allowed: Iterable[str], prefix: str = "", why: str = "") -> None:
    """Let a table pass if all its keys are allowed.

    Raises:
        MappingError: one is not.
    """
    names = list(allowed)
    for key in table:
        if key not in names:
            near = get_close_matches(key, names, n=2)
            meant = f"; meant is perhaps {' or '.join(near)}" if near else ""
            raise MappingError(f"{prefix}{key}: unknown key{why}: allowed are {', '.join(names)}{meant}")


def table(key: str, value: object, allowed: str) -> Mapping[str, Any]:
    """A table."""
    if not isinstance(value, dict):
        raise wrong(key, value, allowed)
    return value


def text(key: str, value: object, allowed: str = "text in quotes") -> str:
    """A text of at least one character."""
    if not isinstance(value, str) or not value:
        raise wrong(key, value, allowed)
    return value


def path(key: str, value: object) -> Path:
    """A path."""
    try:
        return parse_path(text(key, value, "a path, like order.id"))
    except PathError as error:
        raise wrong(key, value, str(error)) from None


def switch(key: str, value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise wrong(key, value, "true or false")
    return value


def word(key: str, value: object, allowed: Iterable[str]) -> str:
    """One of few words."""
    words = list(allowed)
    if value not in words:
        near = get_close_matches(value, words, n=1) if isinstance(value, str) else []
        raise wrong(key, value, f"{', '.join(words)}{f'; meant is perhaps {near[0]}' if near else ''}")
    return str(value)
