"""An index of ids: part of each digest with the number of the place where it stands, some nine bytes an id.

Buckets are plain bytes, so that a look at one is a search in a few hundred bytes; they grow one by one. A
place may be wrong (once in some 2^30 looks, or because the event has left since): whoever asks looks there.
"""

from typing import Final

_MARK: Final = 5
_PLACE: Final = 3
_WIDTH: Final = _MARK + _PLACE
_FULL: Final = 64
"""Ids of a bucket, on the average, from which on there is one more bucket."""


class Index:
    """Ids and places, which are numbers below 2^24."""

    __slots__ = ("_base", "_buckets", "_count")

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._buckets = [b""]
        self._base = 1
        """A power of two: as many buckets as there were before the last doubling began."""
        self._count = 0

    def add(self, digest: bytes, place: int) -> None:
        """Enter an id."""
        self._count += 1
        if self._count > _FULL * len(self._buckets):
            self._split()
        mark = digest[:_MARK]
        self._buckets[self._bucket(mark)] += mark + place.to_bytes(_PLACE, "big")

    def discard(self, digest: bytes, place: int) -> None:
        """Take an id out again."""
        entry = digest[:_MARK] + place.to_bytes(_PLACE, "big")
        number = self._bucket(entry[:_MARK])
        bucket = self._buckets[number]
        at = _aligned(bucket, entry, 0)
        if at >= 0:
            self._buckets[number] = bucket[:at] + bucket[at + _WIDTH :]
            self._count -= 1

    def places(self, digest: bytes) -> list[int]:
        """Where an id may stand."""
        mark = digest[:_MARK]
        bucket = self._buckets[self._bucket(mark)]
        found: list[int] = []
        at = _aligned(bucket, mark, 0)
        while at >= 0:
            found.append(int.from_bytes(bucket[at + _MARK : at + _WIDTH], "big"))
            at = _aligned(bucket, mark, at + 1)
        return found

    def holds(self, digest: bytes) -> bool:
        """Whether an id may stand anywhere."""
        mark = digest[:_MARK]
        return _aligned(self._buckets[self._bucket(mark)], mark, 0) >= 0

    def _bucket(self, mark: bytes) -> int:
        number = int.from_bytes(mark, "little")
        at = number % (2 * self._base)
        return at if at < len(self._buckets) else number % self._base

    def _split(self) -> None:
        """One more bucket, out of the next one in turn: never all at once."""
        if len(self._buckets) == 2 * self._base:
            self._base *= 2
        at = len(self._buckets) - self._base
        former, self._buckets[at] = self._buckets[at], b""
        self._buckets.append(b"")
        for start in range(0, len(former), _WIDTH):
            entry = former[start : start + _WIDTH]
            self._buckets[self._bucket(entry[:_MARK])] += entry


def _aligned(bucket: bytes, wanted: bytes, start: int) -> int:
    """Where an entry that begins like this begins in a bucket; -1: nowhere."""
    at = bucket.find(wanted, start)
    while at >= 0 and at % _WIDTH:
        at = bucket.find(wanted, at + 1)
    return at
