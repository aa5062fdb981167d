"""Lazy timers: who may change by itself at or before t.

A wheel of hour buckets; the current hour is a heap. Buckets hold keys alone, side by side (17 bytes each):
when their hour comes, the owner says when each is really due. An entry may come early or twice, never late:
the owner looks at the record, acts if it is due, and sets the next timer. Nothing scans customers.
"""

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush
from typing import Final

from streams.core.customer.identity import DIGEST_SIZE
from streams.core.definition.definition import HOUR_MS

_WIDTH: Final = 1 + DIGEST_SIZE
_SHORT: Final = b"\0"
"""Before a key of a digest alone; the others begin with a letter of their own."""


class Timers:
    """Timers of one partition.

    Args:
        due_of: when the record of a key changes next; 0: never.
    """

    __slots__ = ("_buckets", "_due_of", "_hour", "_near")

    def __init__(self, due_of: Callable[[bytes], int]) -> None:
        self._due_of = due_of
        self._hour = -1
        self._near: list[tuple[int, bytes]] = []
        self._buckets: dict[int, bytearray] = {}

    def set(self, at_ms: int, key: bytes) -> None:
        """Remember that a record is due at an instant; earlier entries of it stay."""
        hour = at_ms // HOUR_MS
        if hour <= self._hour:
            heappush(self._near, (at_ms, key))
        else:
            self._put(hour, key)

    def advance(self, before_ms: int, at_ms: int, key: bytes) -> None:
        """Set an earlier instant than the one set before (0: none); the hour's entry may do already."""
        hour = at_ms // HOUR_MS
        if not before_ms or hour <= self._hour or hour != before_ms // HOUR_MS:
            self.set(at_ms, key)

    def due(self, t: int) -> list[bytes]:
        """Take out the keys that are due at or before t, each once."""
        hour = t // HOUR_MS
        if hour > self._hour:
            self._hour = hour
            for passed in sorted(h for h in self._buckets if h <= hour):
                for key in dict.fromkeys(_keys(self._buckets.pop(passed))):
                    self._renew(key, hour)
            heapify(self._near)
        keys: dict[bytes, None] = {}
        while self._near and self._near[0][0] <= t:
            keys[heappop(self._near)[1]] = None
        return list(keys)

    def _renew(self, key: bytes, hour: int) -> None:
        at_ms = self._due_of(key)
        if not at_ms:
            return
        if at_ms // HOUR_MS <= hour:
            self._near.append((at_ms, key))
        else:
            self._put(at_ms // HOUR_MS, key)

    def _put(self, hour: int, key: bytes) -> None:
        bucket = self._buckets.get(hour)
        if bucket is None:
            bucket = self._buckets[hour] = bytearray()
        bucket += key if len(key) == _WIDTH else _SHORT + key


def _keys(bucket: bytearray) -> Iterator[bytes]:
    """The keys of a bucket, as they were put."""
    for start in range(0, len(bucket), _WIDTH):
        key = bytes(bucket[start : start + _WIDTH])
        yield key[1:] if key.startswith(_SHORT) else key
