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
_by_time: Final = itemgetter(0, 1)
_at: Final = itemgetter(0)


class Parked(NamedTuple):
    """One waiting entry; ``digest`` is the event's."""

    at_ms: int
    last: bool
    key: bytes
    digest: bytes
    kind: str
    entry: Entry


_decode: Final = msgspec.msgpack.Decoder(list[ParkedEntry]).decode


class Parking:
    """The parked entries of one partition."""

    __slots__ = ("_ids", "_queue", "_sorted", "changed")

    def __init__(self) -> None:
        self._queue: list[Parked] = []
        self._sorted = True
        self._ids: dict[bytes, dict[bytes, int]] = {}
        self.changed: set[bytes] = set()
        """Customers whose parked entries differ from the changelog's."""

    def __len__(self) -> int:
        return len(self._queue)

    def knows(self, key: bytes, digest: bytes) -> bool:
        """Whether a customer's event waits here."""
        ids = self._ids.get(key)
        return ids is not None and digest in ids

    def park(self, key: bytes, digest: bytes, kind: str, entry: Entry) -> None:
        """Keep an entry until its time."""
        last = isinstance(entry, EraseEntry)
        self._queue.append(Parked(entry.at_ms, last, key, digest, kind, entry))
        self._sorted = False
        if not last:  # an erase erases its own id too
            self._ids.setdefault(key, {})[digest] = entry.at_ms
        self.changed.add(key)

    def forget_ids(self, key: bytes, until_ms: int) -> None:
        """Ids of a customer's entries dated at or before an erase no longer count as seen."""
        ids = self._ids.get(key)
        if ids is not None:
            self._ids[key] = {digest: at_ms for digest, at_ms in ids.items() if at_ms > until_ms}

    def due(self, t: int) -> list[Parked]:
        """Take out what is dated at or before t, in order of time."""
        queue = self._ordered()
        if not queue or queue[0].at_ms > t:
            return []
        count = bisect_right(queue, t, key=_at)
        out = queue[:count]
        del queue[:count]
        for parked in out:
            ids = self._ids.get(parked.key)
            if ids is not None and ids.get(parked.digest) == parked.at_ms:
                del ids[parked.digest]
                if not ids:
                    del self._ids[parked.key]
            self.changed.add(parked.key)
        return out

    def _ordered(self) -> list[Parked]:
        if not self._sorted:
            self._queue.sort(key=_by_time)
            self._sorted = True
        return self._queue

    def drain(self) -> list[tuple[bytes, bytes | None]]:
        """The changed customers' parked entries, packed; None where none are left."""
        if not self.changed:
            return []
        lists: dict[bytes, list[ParkedEntry]] = {key: [] for key in self.changed}
        for parked in self._ordered():
            if parked.key in lists:
                lists[parked.key].append(ParkedEntry(parked.digest, parked.kind, parked.entry))
        self.changed.clear()
        return [(key, _encode(kept) if kept else None) for key, kept in lists.items()]

    def restore(self, key: bytes, packed: bytes, erased_ms: int) -> None:
        """Take a customer's parked entries back; ids of those dated up to an erase are forgotten already."""
        for kept in _decode(packed):
            self.park(key, kept.digest, kept.kind, kept.entry)
        self.forget_ids(key, erased_ms)
        self.changed.discard(key)
