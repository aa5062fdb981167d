"""Numbers in the place of ids: what an erase leaves of those that decide ties.

Of two signups, or answers, of one instant the order in which they stand is kept: each gets the next number.
Cancellations of different instants may take effect at one: they get the rank of their ids.
"""

from collections.abc import Iterator
from heapq import merge
from typing import Final, Generic

from msgspec.structs import replace

from streams.core.customer.entries import CancellationEntry
from streams.core.customer.forms import N, NamedForm

_WIDTH: Final = 8
_RUN: Final = 2_048
"""Names that are sorted at once, or ranked in a step."""


class Numbers(Generic[N]):
    """Numbers for entries that come in their order.

    Args:
        form: of these entries.
    """

    __slots__ = ("_count", "_form")

    def __init__(self, form: NamedForm[N]) -> None:
        self._form: NamedForm[N] = form
        self._count = 0

    def named(self, entries: list[N]) -> list[N]:
        """The next entries, with numbers for ids."""
        first = self._count
        self._count += len(entries)
        return [_renamed(entry, first + at) for at, entry in enumerate(entries)]

    def next(self, data: bytes) -> bytes:
        """The same of a chunk."""
        return self._form.pack(self.named(self._form.entries(data)))


class Ranks:
    """Ranks for cancellations, all of which have been seen.

    Args:
        form: of cancellations.
    """

    __slots__ = ("_form", "_ranks", "_run", "_runs")

    def __init__(self, form: NamedForm[CancellationEntry]) -> None:
        self._form: NamedForm[CancellationEntry] = form
        self._run: list[tuple[str, str]] = []
        self._runs: list[list[tuple[str, str]]] = [self._run]
        self._ranks: dict[tuple[str, str], int] = {}

    def see(self, entries: list[CancellationEntry]) -> None:
        """Some more."""
        if len(self._run) > _RUN:
            self._run = []
            self._runs.append(self._run)
        self._run += [(entry.event_id, entry.source) for entry in entries]

    def ranking(self) -> Iterator[None]:
        """Rank all that were seen, some at a time."""
        for run in self._runs:
            run.sort()
            yield
        for rank, name in enumerate(merge(*self._runs)):
            self._ranks[name] = rank
            if rank % _RUN == 0:
                yield

    def named(self, entries: list[CancellationEntry]) -> list[CancellationEntry]:
        """Entries with ranks for ids."""
        return [_renamed(entry, self._ranks[entry.event_id, entry.source]) for entry in entries]

    def next(self, data: bytes) -> bytes:
        """The same of a chunk."""
        return self._form.pack(self.named(self._form.entries(data)))


def _renamed(entry: N, number: int) -> N:
    return replace(entry, event_id=f"{number:0{_WIDTH}d}", source="")
