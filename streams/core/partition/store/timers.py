"""Lazy timers: who may change by itself at or before t.

A wheel of hour buckets; the current hour is a heap. Buckets hold keys alone, side by side (17 bytes each):
when their hour comes, the owner says when each is really due. An entry may come early or twice, never late:
the owner looks at the record, acts if it is due, and sets the next timer. Nothing scans customers, and where
very many are due it is found little by little.
"""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from typing import Final

from streams.core.customer.identity import DIGEST_SIZE
from streams.core.definition.definition import HOUR_MS

_WIDTH: Final = 1 + DIGEST_SIZE
_STRIDE: Final = 512
"""Keys that are looked at in a step."""
_SHORT: Final = b"\0"
"""Before a key of a digest alone; the others begin with a letter of their own."""


class Timers:
    """Timers of one partition.

    Args:
        due_of: when the record of a key changes next; 0: never.
    """

    __slots__ = ("_buckets", "_due_of", "_hour", "_near", "_passed", "_ready")

    def __init__(self, due_of: Callable[[bytes], int]) -> None:
        self._due_of = due_of
        self._hour = -1
        self._near: list[tuple[int, bytes]] = []
        self._buckets: dict[int, bytearray] = {}
        self._passed: list[bytearray] = []
        """Buckets of hours that have begun, with the keys that nobody has looked at yet."""
        self._ready: dict[bytes, None] = {}
        """Keys that were found to be due."""

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

    def passing(self, t: int) -> Iterator[None]:
        """Begin the hour of t and find who is due, some at a time.

        Between two steps timers may be set, and anybody may go on to t or beyond.
        """
        hour = t // HOUR_MS
        if hour > self._hour:
            self._hour = hour
            for passed in sorted(h for h in self._buckets if h <= hour):
                self._passed.append(self._buckets.pop(passed))
        while self._passed:
            bucket = self._passed[-1]
            keys = bucket[-_STRIDE * _WIDTH :]
            del bucket[-_STRIDE * _WIDTH :]
            if not bucket:
                self._passed.pop()
            for key in dict.fromkeys(_keys(keys)):
                self._renew(key, t)
            yield
        near, ready = self._near, self._ready
        while near and near[0][0] <= t:
            for _ in range(_STRIDE):
                if not near or near[0][0] > t:
                    break
                ready[heappop(near)[1]] = None
            yield

    def due(self, t: int) -> dict[bytes, None]:
        """Take out the keys that are due at or before t, each once."""
        for _ in self.passing(t):
            pass
        keys, self._ready = self._ready, {}
        return keys

    def _renew(self, key: bytes, t: int) -> None:
        at_ms = self._due_of(key)
        if 0 < at_ms <= t:
            self._ready[key] = None
        elif at_ms:
            self.set(at_ms, key)

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
