"""Events dated after the clock: received and counted, without effect until the clock reaches them.

Parked entries wait in one queue by time (an erase after everything else of its instant) and are known by
their digests, so that a repeat is a duplicate. In live operation the queue holds a tick's worth of events;
in a replay it holds the whole file.
"""

from bisect import bisect_right
from operator import itemgetter
from typing import Final, NamedTuple

import msgspec

from streams.core.entries import Entry, EraseEntry, ParkedEntry

_encode: Final = msgspec.msgpack.Encoder().encode
_order: Final = itemgetter(0)


class Parked(NamedTuple):
    """One waiting entry; ``digest`` is the event's."""

    order: int
    """Twice its time, and one more for an erase."""
    key: bytes
    digest: bytes
    kind: str
    entry: Entry


_decode: Final = msgspec.msgpack.Decoder(list[ParkedEntry]).decode


class Parking:
    """The parked entries of one partition."""

    __slots__ = ("_ids", "_logged", "_queue", "_sorted", "changed")

    def __init__(self) -> None:
        self._queue: list[Parked] = []
        self._sorted = True
        self._ids: dict[bytes, int] = {}
        self._logged: set[bytes] = set()
        """Customers of whom the changelog has parked entries."""
        self.changed: set[bytes] = set()
        """Customers of whom it may have others than those that wait."""

    def __len__(self) -> int:
        return len(self._queue)

    def date_of(self, key: bytes, digest: bytes) -> int:
        """When a customer's event that waits here is dated; -1: none does."""
        return self._ids.get(key + digest, -1)

    def park(self, key: bytes, digest: bytes, kind: str, entry: Entry) -> None:
        """Keep an entry until its time."""
        at_ms = entry.at_ms
        if type(entry) is EraseEntry:  # erases its own id too
            self._queue.append(Parked(2 * at_ms + 1, key, digest, kind, entry))
        else:
            self._queue.append(Parked(2 * at_ms, key, digest, kind, entry))
            self._ids[key + digest] = at_ms
        self._sorted = False
        self.changed.add(key)

    def due(self, t: int) -> list[Parked]:
        """Take out what is dated at or before t, in order of time."""
        queue = self._ordered()
        end = 2 * t + 1
        if not queue or queue[0].order > end:
            return []
        count = bisect_right(queue, end, key=_order)
        out = queue[:count]
        del queue[:count]
        ids, logged = self._ids, self._logged
        for order, key, digest, _, _ in out:
            name = key + digest
            if ids.get(name, -1) == order >> 1:
                del ids[name]
            if key in logged:
                self.changed.add(key)
        return out

    def _ordered(self) -> list[Parked]:
        if not self._sorted:
            self._queue.sort(key=_order)
            self._sorted = True
        return self._queue

    def drain(self) -> list[tuple[bytes, bytes | None]]:
        """The changed customers' parked entries, packed; None where the log has some and none are left."""
        if not self.changed:
            return []
        lists: dict[bytes, list[ParkedEntry]] = {}
        for parked in self._ordered():
            if parked.key in self.changed:
                lists.setdefault(parked.key, []).append(ParkedEntry(parked.digest, parked.kind, parked.entry))
        gone = self._logged.intersection(self.changed).difference(lists)
        self._logged.difference_update(gone)
        self._logged.update(lists)
        self.changed.clear()
        return [(key, None) for key in gone] + [(key, _encode(kept)) for key, kept in lists.items()]

    def restore(self, key: bytes, packed: bytes) -> None:
        """Take a customer's parked entries back from the changelog."""
        for kept in _decode(packed):
            self.park(key, kept.digest, kept.kind, kept.entry)
        self._logged.add(key)
        self.changed.discard(key)
