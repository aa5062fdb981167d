"""Which values that a mapping names a sample has: a name that no record has is often misspelt.

Rules: a source is asked of the records of its topic whose conditions hold, for each path of each key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.mapping.building import Slots
from streams.mapping.formats import FormatMaker, format_of
from streams.mapping.outcomes import ABSENT, WRONG, Foreign, IgnoredError, RefusedError
from streams.mapping.paths import Path
from streams.mapping.reading import Reader, elements
from streams.mapping.specs import Source
from streams.mapping.toml_file import paths_of
from streams.mapping.values import is_one_of

_NOT_THERE = (*ABSENT, WRONG)


@dataclass
class Presence:
    """Counts for one source."""

    source: Source
    formats: Mapping[str, FormatMaker] = field(default_factory=dict)
    """Those that are not known here."""
    records: int = 0
    """Records whose conditions hold; of a list's elements one is enough."""
    found: dict[tuple[str, Path], int] = field(default_factory=dict)
    """(key, path) -> in how many of them there is a value."""

    def __post_init__(self) -> None:
        self.found = {(key, path): 0 for key, paths in paths_of(self.source).items() for path in paths}
        self._slots = Slots(self.source.each, [path for _, path in self.found])
        self._format = format_of(self.source.format, self._slots.outer, self.formats)
        self._inner = Reader(self._slots.inner)

    def note(self, record: Foreign) -> None:
        """Look at one record of the topic."""
        try:
            outer = self._format.values(record)
            parts = self._elements(outer)
        except (RefusedError, IgnoredError):
            return
        taken = [values for values in parts if self._holds(values)]
        if not taken:
            return
        self.records += 1
        for key, path in self.found:
            at = self._slots[path]
            self.found[key, path] += any(values[at] not in _NOT_THERE for values in taken)

    def _elements(self, outer: list[bytes]) -> list[list[bytes]]:
        """The values for each element of ``each``; one without any where there is no list."""
        if self.source.each is None:
            return [outer]
        listed = outer[self._slots[self.source.each]]
        parts = [bytes(part) for part in elements(listed)] if listed.startswith(b"[") else []
        return [outer + self._inner.read(part) for part in parts] or [outer + [b""] * len(self._slots.inner)]

    def _holds(self, values: list[bytes]) -> bool:
        return all(is_one_of(values[self._slots[one.path]], one.tokens) for one in self.source.where)
