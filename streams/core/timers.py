"""Lazy timers: who may change by itself at or before t.

A wheel of hour buckets; the current hour is a heap. Buckets hold keys alone (eight bytes a customer): when
their hour comes, the owner says when each is really due. An entry may come early or twice, never late: the
owner looks at the record, acts if it is due, and sets the next timer. Nothing scans customers.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush

from streams.core.definition import HOUR_MS


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
        self._buckets: dict[int, list[bytes]] = {}

    def set(self, at_ms: int, key: bytes) -> None:
        """Remember that a record is due at an instant; earlier entries of it stay."""
        hour = at_ms // HOUR_MS
        if hour <= self._hour:
            heappush(self._near, (at_ms, key))
        elif hour in self._buckets:
            self._buckets[hour].append(key)
        else:
            self._buckets[hour] = [key]

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
                for key in dict.fromkeys(self._buckets.pop(passed)):
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
            self._buckets.setdefault(at_ms // HOUR_MS, []).append(key)
