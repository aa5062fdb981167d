"""Closed voids of a customer, with what voids withdrew: chunks that never change, and an index of their ids.

An id of an event, of a void or of a void's target leads to the chunks where it stands; so neither the head
nor a look grows with the voids. An erase drops all of them.
"""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import Final

import msgspec

from streams.core.customer.entries import (
    Fact,
    PurchaseEntry,
    SurveyEntry,
    VoidChunk,
    VoidEntry,
    digest_of,
)
from streams.core.customer.identity import Identity
from streams.core.customer.index import Index

VOIDS: Final = b"v"
"""What names of these chunks begin with."""
_NUMBER_SIZE: Final = 4


class Voids:
    """The chunks.

    Args:
        identity: the deployment's digests.
        changes: name -> bytes of chunks that are not yet in the changelog; None: it is gone. Of all kinds.
    """

    __slots__ = ("_answered", "_bought", "_changes", "_chunks", "_identity", "_index")

    def __init__(self, identity: Identity, changes: dict[bytes, bytes | None]) -> None:
        self._identity = identity
        self._changes = changes
        self._index = Index()
        self._chunks: dict[int, bytes] = {}
        self._bought = array("q")
        self._answered = array("q")
        """Times of withdrawn purchases, and of answers, sorted."""

    def __len__(self) -> int:
        return len(self._chunks)

    def names(self) -> list[bytes]:
        """The names of all chunks."""
        return [_name(number) for number in self._chunks]

    def close(self, voids: list[VoidEntry], withdrawn: list[Fact]) -> None:
        """Close these."""
        number, chunk = len(self._chunks), VoidChunk(voids, withdrawn)
        packed = _encode(chunk)
        self._enter(number, chunk, packed)
        self._changes[_name(number)] = packed

    def restore(self, name: bytes, packed: bytes) -> list[Fact]:
        """Take back a chunk; what of it was withdrawn."""
        chunk = _decode(packed)
        self._enter(int.from_bytes(name[1:], "big"), chunk, packed)
        return list(chunk.withdrawn)

    def drop(self) -> None:
        """Forget all of them."""
        for name in self.names():
            self._changes[name] = None
        self._chunks.clear()
        self._index.clear()
        self._bought, self._answered = array("q"), array("q")

    def all(self) -> tuple[list[VoidEntry], list[Fact]]:
        """All voids, and all that was withdrawn."""
        return self._of(self._chunks)

    def about(self, digest: bytes) -> tuple[list[VoidEntry], list[Fact]]:
        """What stands with an id, among it all voids that have it or are aimed at it."""
        return self._of(sorted(set(self._index.places(digest))))

    def holds(self, digest: bytes) -> bool:
        """Whether anything may stand with an id; False is certain."""
        return self._index.holds(digest)

    def newest_before(self, before_ms: int, *, bought: bool) -> int:
        """The time of the newest withdrawn purchase (answer) before an instant; -1: none."""
        times = self._bought if bought else self._answered
        at = bisect_left(times, before_ms)
        return times[at - 1] if at else -1

    def _of(self, numbers: Iterable[int]) -> tuple[list[VoidEntry], list[Fact]]:
        voids: list[VoidEntry] = []
        withdrawn: list[Fact] = []
        for number in numbers:
            chunk = _decode(self._chunks[number])
            voids += chunk.voids
            withdrawn += chunk.withdrawn
        return voids, withdrawn

    def _enter(self, number: int, chunk: VoidChunk, packed: bytes) -> None:
        self._chunks[number] = packed
        digests = {void.digest for void in chunk.voids} | {void.target for void in chunk.voids}
        for entry in chunk.withdrawn:
            digests.add(digest_of(entry, self._identity))
            if type(entry) is PurchaseEntry:
                insort(self._bought, entry.at_ms)
            elif type(entry) is SurveyEntry:
                insort(self._answered, entry.at_ms)
        for digest in digests:
            self._index.add(digest, number)


def _name(number: int) -> bytes:
    return VOIDS + number.to_bytes(_NUMBER_SIZE, "big")


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(VoidChunk).decode
