"""Groups: small integers for cohorts and for values of event dimensions.

A cohort is one combination of segment, plan, channel and region; cells are counted per cohort. A churn
reason, a churn type and a touchpoint are groups of their own. At most ``max_values_inside`` values a
dimension and ``max_cohorts`` cohorts are told apart in a partition; further ones become ``other``, and are
counted. Numbers are never given twice: the table is part of the changelog.
"""

from typing import Final

import msgspec

from streams.core.definition import COHORT_DIMENSIONS, DIMENSIONS, Definition
from streams.core.totals import Group

UNKNOWN: Final = "unknown"
OTHER: Final = "other"
_SHARED: Final = (UNKNOWN, OTHER)

NOBODY: Final = 0
"""The cohort of whom nothing is known; every table begins with it."""

Members = tuple[str, ...]
"""A cohort's four values, or (dimension, value)."""


class Groups:
    """The table of one partition's groups."""

    __slots__ = (
        "_cohorts",
        "_definition",
        "_numbers",
        "_seen",
        "_values",
        "by_value",
        "first_seen",
        "folded",
        "fresh",
        "fresh_seen",
        "table",
    )

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._numbers: dict[Members, int] = {}
        self._values: dict[str, set[str]] = {dimension: set() for dimension in DIMENSIONS}
        self._seen: dict[int, int] = {}
        """Group -> time of the earliest event with it that was noted."""
        self._cohorts = 0
        self.table: list[Members] = []
        self.by_value: dict[Group, list[int]] = {}
        """(dimension, value) -> its groups: for a cohort dimension every cohort that has the value."""
        self.first_seen: dict[Group, int] = {}
        self.folded = 0
        self.fresh: list[int] = []
        """Groups made since the changelog was last written."""
        self.fresh_seen: set[Group] = set()
        """Values whose first time changed since."""
        self._make((UNKNOWN,) * len(COHORT_DIMENSIONS))
        self.fresh.clear()

    def cohort(self, segment: str | None, plan: str | None, channel: str | None, region: str | None) -> int:
        """The number of a cohort; absent values are ``unknown``."""
        key = (segment or UNKNOWN, plan or UNKNOWN, channel or UNKNOWN, region or UNKNOWN)
        number = self._numbers.get(key)
        return self._new_cohort(key) if number is None else number

    def value(self, dimension: str, value: str | None) -> int:
        """The number of a value of an event dimension."""
        key = (dimension, value or UNKNOWN)
        number = self._numbers.get(key)
        if number is None:
            key = (dimension, self._told_apart(dimension, key[1]))
            number = self._numbers.get(key)
        return self._make(key) if number is None else number

    def see(self, number: int, at_ms: int) -> None:
        """Note that an event of that time carried the values of a group."""
        earliest = self._seen.get(number)
        if earliest is not None and earliest <= at_ms:
            return
        self._seen[number] = at_ms
        for group in self.values_of(number):
            known = self.first_seen.get(group)
            if known is None or at_ms < known:
                self.first_seen[group] = at_ms
                self.fresh_seen.add(group)

    def values_of(self, number: int) -> list[Group]:
        """The (dimension, value) pairs of a group."""
        members = self.table[number]
        if len(members) == len(COHORT_DIMENSIONS):
            return list(zip(COHORT_DIMENSIONS, members, strict=True))
        return [(members[0], members[1])]

    def is_cohort(self, number: int) -> bool:
        """Whether a group is a cohort."""
        return len(self.table[number]) == len(COHORT_DIMENSIONS)

    def pack(self, number: int) -> bytes:
        """A group for the changelog."""
        return msgspec.msgpack.encode(self.table[number])

    def restore(self, number: int, packed: bytes) -> None:
        """Take a group back from the changelog, in any order of numbers."""
        members = msgspec.msgpack.decode(packed, type=tuple[str, ...])
        while len(self.table) <= number:
            self.table.append(())
        self._enter(number, members)

    def _told_apart(self, dimension: str, value: str) -> str:
        values = self._values[dimension]
        if value in _SHARED or value in values or len(values) < self._definition.max_values_inside:
            return value
        self.folded += 1
        return OTHER

    def _new_cohort(self, key: Members) -> int:
        members = tuple(self._told_apart(d, v) for d, v in zip(COHORT_DIMENSIONS, key, strict=True))
        number = self._numbers.get(members)
        if number is None and self._cohorts >= self._definition.max_cohorts:
            members = self._shrink(members)
            number = self._numbers.get(members)
        return self._make(members) if number is None else number

    def _shrink(self, members: Members) -> Members:
        """Beyond ``max_cohorts``: ``other`` in the dimension of most values, until the cohort exists."""
        self.folded += 1
        dimensions = sorted(COHORT_DIMENSIONS, key=lambda d: -len(self._values[d]))
        for dimension in dimensions:
            at = COHORT_DIMENSIONS.index(dimension)
            members = (*members[:at], OTHER, *members[at + 1 :])
            if members in self._numbers:
                break
        return members

    def _make(self, members: Members) -> int:
        number = len(self.table)
        self.table.append(())
        self._enter(number, members)
        self.fresh.append(number)
        return number

    def _enter(self, number: int, members: Members) -> None:
        self.table[number] = members
        self._numbers[members] = number
        self._cohorts += len(members) == len(COHORT_DIMENSIONS)
        for group in self.values_of(number):
            self.by_value.setdefault(group, []).append(number)
            if group[1] not in _SHARED:
                self._values[group[0]].add(group[1])
