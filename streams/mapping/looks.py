"""What a sample of records looks like: each path with its values, by name and by form.

Rules: bounded whatever the sample: so many paths, so deep, so many values of each. Values are looked at and
never kept in anything that goes out, but for the few that a type or a status has.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from streams.mapping.paths import Path

_MAX_PATHS: Final = 2_000
_MAX_DEPTH: Final = 8
_MAX_ELEMENTS: Final = 3
_MAX_VALUES: Final = 200
_MAX_BYTES: Final = 1 << 20
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)").fullmatch
_NUMBER: Final = re.compile(r"-?\d{1,30}(\.\d{1,30})?").fullmatch
_COMMA: Final = re.compile(r"-?\d{1,30},\d{1,4}").fullmatch
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PATTERNS: Final = {
    re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d").fullmatch: "%Y-%m-%d %H:%M:%S",
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d").fullmatch: "%Y-%m-%dT%H:%M:%S",
    re.compile(r"\d{4}-\d\d-\d\d").fullmatch: "%Y-%m-%d",
    re.compile(r"\d\d\.\d\d\.\d{4}").fullmatch: "%d.%m.%Y",
    re.compile(r"\d\d\.\d\d\.\d{4} \d\d:\d\d").fullmatch: "%d.%m.%Y %H:%M",
}
_EPOCHS: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_FIRST_S, _LAST_S = 946_684_800, 4_102_444_800
"""2000 to 2100: what an epoch of today looks like."""


@dataclass
class Seen:
    """What was seen at one path."""

    path: Path
    values: list[Any] = field(default_factory=list)
    records: int = 0

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the last name, in small letters."""
        names = [part for part in self.path.parts if not part.isdigit()]
        return tuple(word.lower() for word in _WORD.findall(names[-1])) if names else ()

    @property
    def all_words(self) -> frozenset[str]:
        """The words of all names."""
        return frozenset(word.lower() for part in self.path.parts for word in _WORD.findall(part))

    @property
    def texts(self) -> list[str]:
        """The values as texts; flags are none."""
        return [str(value) for value in self.values if not isinstance(value, bool)]

    def every(self, *kinds: type) -> bool:
        """Whether all values are of one of these types."""
        return bool(self.values) and all(type(value) in kinds for value in self.values)

    @property
    def is_email(self) -> bool:
        """Whether any value looks like an address of e-mail: a person, not an id."""
        return any("@" in text for text in self.texts)

    @property
    def is_number(self) -> bool:
        """Whether all values are numbers, or texts of digits."""
        return self.every(int, float, str) and all(_NUMBER(text) for text in self.texts)

    @property
    def has_comma(self) -> bool:
        """Whether all values are numbers with a comma before the decimals."""
        return self.every(str) and all(map(_COMMA, self.texts))

    @property
    def is_whole(self) -> bool:
        """Whether all are whole numbers."""
        return self.is_number and not any("." in text for text in self.texts)

    @property
    def is_id(self) -> bool:
        """Whether the values may be ids: texts without spaces, or whole numbers."""
        return self.every(int, str) and not self.is_email and not any(" " in text for text in self.texts)

    @property
    def unit(self) -> str | None:
        """How the values tell a time: a unit or a pattern; None: they do not."""
        if self.every(str) and all(_RFC3339(text) for text in self.texts):
            return "rfc3339"
        if self.is_whole:
            found = (
                u for u, n in _EPOCHS.items() if all(_FIRST_S * n <= int(t) < _LAST_S * n for t in self.texts)
            )
            return next(found, None)
        if not self.every(str):
            return None
        return next((name for match, name in _PATTERNS.items() if all(map(match, self.texts))), None)


def look(sample: Iterable[bytes]) -> dict[Path, Seen]:
    """The paths of a sample of JSON objects, in the order in which they come."""
    seen: dict[Path, Seen] = {}
    for value in sample:
        if len(value) > _MAX_BYTES:
            continue
        try:
            record = msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if isinstance(record, dict):
            _note(record, (), seen)
    return seen


def _note(value: object, at: tuple[str, ...], seen: dict[Path, Seen]) -> None:
    if isinstance(value, dict | list) and len(at) < _MAX_DEPTH:
        members = value.items() if isinstance(value, dict) else enumerate(value[:_MAX_ELEMENTS])
        for name, below in members:
            if name != "":
                _note(below, (*at, str(name)), seen)
        return
    if value is None or not at or len(seen) >= _MAX_PATHS or isinstance(value, dict | list):
        return
    one = seen.setdefault(Path(at), Seen(Path(at)))
    one.records += 1
    if len(one.values) < _MAX_VALUES:
        one.values.append(value)
