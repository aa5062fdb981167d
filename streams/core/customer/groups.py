"""Groups: small integers for profiles and for values of event dimensions.

A profile is one combination of values of the definition's dimensions; cells are counted per profile. A churn
reason, a churn type and a touchpoint are groups of their own. At most ``max_values_inside`` values a
dimension and ``max_profiles`` profiles are told apart in a partition; further ones become ``other``, and are
counted. So does a text that is no label (labels.py), which is kept nowhere, not even as a digest. Numbers are
never given twice: the table is part of the changelog.
"""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from streams.core.customer.life import INACTIVE
from streams.core.definition.definition import Definition
from streams.core.definition.labels import takes
from streams.core.totals import Group

UNKNOWN: Final = "unknown"
OTHER: Final = "other"
_SHARED: Final = (UNKNOWN, OTHER)
_OWN: Final = (*_SHARED, INACTIVE)

NOBODY: Final = 0
"""The profile of whom nothing is known; every table begins with it."""

MAX_FOLDED: Final = 10_000
"""Joined values of a partition that are remembered, so that each counts once; further ones count no more."""
_FOLDED_SIZE: Final = 8

Members = tuple[str, ...]
"""A profile's values in the order of the dimensions, or (dimension, value). A profile has three places at the
least, those beyond its values empty: so two of them are always a value of events."""
_PAIR: Final = 2


def is_profile(members: Members) -> bool:
    """Whether members are a profile; nobody's are not."""
    return len(members) > _PAIR


class Groups:
    """The table of one partition's groups.

    Args:
        definition: its limits, and which texts are labels.
        digest: keyed, of a text that joined ``other``.
    """

    __slots__ = (
        "_allow",
        "_definition",
        "_digest",
        "_dimensions",
        "_folded",
        "_numbers",
        "_padding",
        "_profiles",
        "_released",
        "_values",
        "by_value",
        "fresh",
        "fresh_folded",
        "marked",
        "refused",
        "table",
    )

    def __init__(self, definition: Definition, digest: Callable[[str], bytes]) -> None:
        self._definition = definition
        self._digest = digest
        self._allow = {dimension: frozenset(values) for dimension, values in definition.allow}
        self._numbers: dict[tuple[str | None, ...], int] = {}
        self._dimensions = definition.dimensions
        self._padding = ("",) * (_PAIR + 1 - len(self._dimensions))
        self._values: dict[str, set[str]] = {dimension: set() for dimension in definition.all_dimensions}
        self._profiles = 0
        self.table: list[Members] = []
        self.by_value: dict[Group, list[int]] = {}
        """(dimension, value) -> its groups: for a profile dimension every profile that has the value."""
        self._folded: set[bytes] = set()
        self.fresh: list[int] = []
        """Groups made since the changelog was last written."""
        self.fresh_folded: list[bytes] = []
        """Digests of values joined into ``other`` since."""
        self.refused: dict[str, int] = {}
        """Dimension -> events whose text was no label."""
        self.marked: set[int] | None = None
        """Groups known to be in use since a pass over all records began; None while there is none."""
        self._released = False
        """Whether the pass has ended: what is not marked can go."""
        self._make((UNKNOWN,) * len(self._dimensions) + self._padding)
        self.fresh.clear()

    def profile(self, attributes: tuple[str | None, ...]) -> int:
        """The number of a profile; ``None``: ``unknown``."""
        number = None if self._padding else self._numbers.get(attributes)  # as it is, where nothing is absent
        if number is None:
            key = (*[value or UNKNOWN for value in attributes], *self._padding)
            number = self._numbers.get(key)
            if number is None:
                number = self._new_profile(key)
        if self.marked is not None:
            self.marked.add(number)
        return number

    def value(self, dimension: str, value: str | None) -> int:
        """The number of a value of an event dimension."""
        key = (dimension, value or UNKNOWN)
        number = self._numbers.get(key)
        if number is None:
            key = (dimension, self._told_apart(dimension, key[1]))
            number = self._numbers.get(key)
        if number is None:
            number = self._make(key)
        if self.marked is not None:
            self.marked.add(number)
        return number

    def values_of(self, number: int) -> list[Group]:
        """The (dimension, value) pairs of a group."""
        members = self.table[number]
        if is_profile(members):
            return list(zip(self._dimensions, members, strict=False))
        return [(members[0], members[1])]

    def is_profile(self, number: int) -> bool:
        """Whether a group is a profile."""
        return is_profile(self.table[number])

    def pack(self, number: int) -> bytes:
        """A group for the changelog."""
        return msgspec.msgpack.encode(self.table[number])

    def restore(self, number: int, packed: bytes | None) -> None:
        """Take a group back from the changelog, in any order of numbers; None: it went.

        What is no label became a name under a former version: it joins ``other``, and leaves the changelog.
        """
        self.forget(number)
        if packed is None:
            return
        kept = msgspec.msgpack.decode(packed, type=tuple[str, ...])
        members = self._labelled(kept)
        if members != kept:
            self.fresh.append(number)
        while len(self.table) <= number:
            self.table.append(())
        self._enter(number, members)

    def mark(self, waiting: Iterable[int]) -> None:
        """A pass over all records begins; ``waiting``: what is named by events that wait for their time."""
        self.marked, self._released = {*waiting}, False

    def release(self) -> None:
        """The pass over all records has ended: at the next drain, what nobody named goes."""
        self._released = True

    def forget(self, number: int) -> None:
        """Give up a group that nobody names; one that is not there is no error."""
        members = self.table[number] if number < len(self.table) else ()
        if not members:
            return
        groups = self.values_of(number)
        self.table[number] = ()
        if self._numbers.get(members) == number:
            del self._numbers[members]
        self._profiles -= is_profile(members)
        for group in groups:
            numbers = self.by_value[group]
            numbers.remove(number)
            if not numbers:
                del self.by_value[group]
                self._values[group[0]].discard(group[1])

    @property
    def changed(self) -> bool:
        """Whether a drain would write something."""
        return bool(self.fresh) or self._released

    def drain(self) -> list[tuple[int, bytes | None]]:
        """The groups that changed since the last drain, packed; None for those that went."""
        gone = self._unnamed() if self._released else []
        for number in gone:
            self.forget(number)
        if self._released:
            self.marked, self._released = None, False
        fresh = [number for number in self.fresh if self.table[number]]
        self.fresh.clear()
        return [*((number, None) for number in gone), *((number, self.pack(number)) for number in fresh)]

    def _unnamed(self) -> list[int]:
        """The groups that nothing names; those of words that no event has to carry stay."""
        marked = self.marked or ()
        return [
            number
            for number, members in enumerate(self.table)
            if members and number not in marked and not self._stays(number)
        ]

    def _stays(self, number: int) -> bool:
        """Whether a group is there for good: of nobody, or of a word that no event has to carry."""
        return number == NOBODY or (not self.is_profile(number) and self.table[number][1] in _OWN)

    @property
    def folded(self) -> int:
        """How many values and combinations were joined into ``other``, each once; ``MAX_FOLDED``: or more."""
        return len(self._folded)

    def restore_folded(self, digest: bytes) -> None:
        """Take one that was joined into ``other`` back from the changelog."""
        self._folded.add(digest)

    def _fold(self, members: Members) -> None:
        if len(self._folded) < MAX_FOLDED:
            digest = self._digest("\0".join(members))[:_FOLDED_SIZE]
            if digest not in self._folded:
                self._folded.add(digest)
                self.fresh_folded.append(digest)

    def _labelled(self, members: Members) -> Members:
        """A group with ``other`` for every text that is no label."""
        if is_profile(members):
            pairs = zip(self._dimensions, members, strict=False)
            values = [value if self._is_label(dimension, value) else OTHER for dimension, value in pairs]
            return (*values, *self._padding)
        dimension, value = members
        return members if self._is_label(dimension, value) else (dimension, OTHER)

    def _is_label(self, dimension: str, value: str) -> bool:
        return value in _SHARED or takes(self._definition.labels, self._allow, dimension, value)

    def _told_apart(self, dimension: str, value: str) -> str:
        values = self._values[dimension]
        if value in _SHARED or value in values:
            return value
        if not self._is_label(dimension, value):
            self.refused[dimension] = self.refused.get(dimension, 0) + 1
            return OTHER
        if len(values) < self._definition.max_values_inside:
            return value
        self._fold((dimension, value))
        return OTHER

    def _new_profile(self, key: Members) -> int:
        values = [self._told_apart(d, v) for d, v in zip(self._dimensions, key, strict=False)]
        members = (*values, *self._padding)
        number = self._numbers.get(members)
        if number is None and self._profiles >= self._definition.max_profiles:
            members = self._shrink(members)
            number = self._numbers.get(members)
        return self._make(members) if number is None else number

    def _shrink(self, members: Members) -> Members:
        """Beyond ``max_profiles``: ``other`` in the dimension of most values, until the profile exists."""
        self._fold(members)
        dimensions = sorted(self._dimensions, key=lambda d: -len(self._values[d]))
        for dimension in dimensions:
            at = self._dimensions.index(dimension)
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
        self._profiles += is_profile(members)
        for group in self.values_of(number):
            self.by_value.setdefault(group, []).append(number)
            if group[1] not in _SHARED:
                self._values[group[0]].add(group[1])
