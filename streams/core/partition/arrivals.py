"""How far the source topics have come: the greatest Kafka timestamp so far, by kind and partition.

What came too late is judged by it and never by a clock, so that a rebuild, a replay and any batching judge as
the live run did. A record without a timestamp of its own (``WallTime`` stands in) moves nothing.
"""

from collections.abc import Callable, Sequence
from typing import Final

from streams.core.decoding.arrival import WallTime
from streams.core.decoding.decoder import Record

Place = Callable[[Record], int]
"""Tells the partition that a record lay in."""
NEVER: Final = -1


class Arrivals:
    """The running maxima.

    Args:
        place: for a log of several partitions; None: all records are of one.

    Attributes:
        newest: kind -> greatest timestamp; of a log of several partitions nobody keeps it.
    """

    __slots__ = ("_batch", "_before", "_kind", "_parts", "_place", "_runs", "newest")

    def __init__(self, place: Place | None) -> None:
        self._place = place
        self.newest: dict[str, int] = {}
        self._parts: dict[tuple[str, int], int] = {}
        self._kind = ""
        self._batch: Sequence[Record] = ()
        self._before = NEVER
        self._runs: list[int] | None = None

    def begin(self, kind: str, records: Sequence[Record]) -> int:
        """Begin with a batch of one kind; the greatest timestamp of any partition after it."""
        self._kind, self._batch, self._runs = kind, records, None
        self._before = self.newest.get(kind, NEVER)
        newest = max([record.timestamp for record in records], default=NEVER)
        if type(newest) is not int:
            newest = max(map(_own_ms, records), default=NEVER)
        after = max(newest, self._before)
        if self._place is not None:
            self._runs = self._by_place(self._place)
        self.newest[kind] = after
        return after

    def at(self, number: int) -> int:
        """The running maximum of the partition of the batch's record of this number, itself included."""
        if self._runs is None:
            self._runs = []
            newest = self._before
            for record in self._batch:
                newest = max(newest, _own_ms(record))
                self._runs.append(newest)
        return self._runs[number]

    def of(self, kind: str, number: int) -> int:
        """The maximum of another kind, in the partition of the batch's record of this number."""
        if kind == self._kind:
            return self.at(number)
        if self._place is None:
            return self.newest.get(kind, NEVER)
        return self._parts.get((kind, self._place(self._batch[number])), NEVER)

    def _by_place(self, place: Place) -> list[int]:
        runs = []
        for record in self._batch:
            part = self._kind, place(record)
            newest = self._parts[part] = max(self._parts.get(part, NEVER), _own_ms(record))
            runs.append(newest)
        return runs


def _own_ms(record: Record) -> int:
    """A record's own timestamp; -1 if it has none."""
    ms = record.timestamp
    return NEVER if isinstance(ms, WallTime) else ms
