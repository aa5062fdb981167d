"""A shelf: the closed chunks of one customer and one kind of events, in order of (time, id).

A chunk is written again only when something is inserted or withdrawn there. Old chunks that nothing can touch
any more are settled: many become one, without ids and compressed. Ids of the others stand in an index.

Never: more than the events. What they count is derived, here as in the record's head.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Final, Generic
from zlib import compress, decompress

from streams.core.customer.forms import E, Form
from streams.core.customer.index import Index

_NUMBER_SIZE: Final = 4
_MERGED: Final = 8
"""Chunks that are settled at once, and are one then."""
_last: Final = attrgetter("last")
_last_ms: Final = attrgetter("last_ms")
_in_order: Final = attrgetter("last", "first_ms")
"""Of what an erase left several chunks may end alike."""
_RENAMED: Final = 16
"""Chunks that lose their ids in a step."""


class Chunk:
    """Closed events, which never change: a changed chunk is another one with the same number.

    Attributes:
        number: tells it from the others of its shelf.
        packed: what the changelog has.
        settled: whether that is compressed, and without ids.
        first_ms, last_ms: times of its first and last event.
        reach_ms: when the last of them takes effect.
        last: its last event's place in the order.
    """

    __slots__ = ("first_ms", "last", "last_ms", "number", "packed", "reach_ms", "settled")

    def __init__(  # noqa: PLR0917 - one caller
        self,
        number: int,
        packed: bytes,
        first_ms: int,
        last_ms: int,
        reach_ms: int,
        last: object,
        *,
        settled: bool,
    ) -> None:
        self.number = number
        self.packed = packed
        self.settled = settled
        self.first_ms = first_ms
        self.last_ms = last_ms
        self.reach_ms = reach_ms
        self.last = last

    @property
    def data(self) -> bytes:
        """Its events in their form."""
        return decompress(self.packed) if self.settled else self.packed


class Shelf(Generic[E]):
    """The chunks of one kind.

    Args:
        form: how they are packed.
        index: where ids stand; all shelves of a customer have the same.
        changes: name -> bytes of chunks that are not yet in the changelog; None: it is gone. Of all, too.
    """

    __slots__ = ("_by_number", "_changes", "_form", "_index", "_next", "chunks")

    def __init__(self, form: Form[E], index: Index, changes: dict[bytes, bytes | None]) -> None:
        self._form: Form[E] = form
        self._index = index
        self._changes = changes
        self._by_number: dict[int, Chunk] = {}
        self._next = 0
        """One more than the greatest number of a chunk."""
        self.chunks: list[Chunk] = []

    def __len__(self) -> int:
        return len(self.chunks)

    def names(self) -> list[bytes]:
        """The names of all chunks."""
        return [self._name(chunk) for chunk in self.chunks]

    def restore(self, name: bytes, packed: bytes, *, known: bool) -> bytes:
        """Take back a chunk, and say what it holds; ``sort`` when all are there.

        ``known``: its ids may be asked for.
        """
        settled, number = name[:1] == self._form.settled, int.from_bytes(name[1:], "big")
        chunk = self._chunk(number, decompress(packed) if settled else packed, settled=settled)
        self._hold(len(self.chunks), chunk)
        if known and not settled:
            self._enter(chunk)
        return chunk.data

    def sort(self) -> None:
        """Put the chunks into their order."""
        self.chunks.sort(key=_in_order)

    # ---- closing

    def close(self, data: bytes) -> None:
        """Close events later than all that are closed."""
        chunk = self._chunk(self._next, data)
        self._put(len(self.chunks), chunk)
        self._enter(chunk)

    def reopen(self) -> bytes:
        """Take the last chunk back; nothing if there is none."""
        if not self.chunks:
            return b""
        chunk = self.chunks[-1]
        self._leave(chunk)
        self._drop(len(self.chunks) - 1)
        return chunk.data

    def settle(self, safe_ms: int) -> None:
        """Settle chunks that no later event can touch.

        Args:
            safe_ms: events before the newest one dated before it are out of reach.
        """
        chunks = self.chunks
        begin = 0
        while begin < len(chunks) and chunks[begin].settled:
            begin += 1
        while begin + _MERGED < len(chunks) and chunks[begin + _MERGED].first_ms < safe_ms:
            end = begin + _MERGED
            if chunks[end - 1].last_ms == chunks[end].first_ms:
                return  # of one instant ids still decide
            for chunk in chunks[begin:end]:
                self._leave(chunk)
            self._merge(begin, end)
            begin += 1

    def settle_all(self) -> Iterator[None]:
        """Settle every chunk, whatever may come, some at a time; nobody asks for ids any more."""
        chunks = self.chunks
        begin = 0
        while begin < len(chunks):
            if not chunks[begin].settled:
                self._merge(begin, min(begin + _MERGED, len(chunks)))
                yield
            else:
                self._changes[self._name(chunks[begin])] = chunks[begin].packed
            begin += 1

    def _merge(self, begin: int, end: int) -> None:
        """One chunk without ids in the place of several, which the index no longer has."""
        parts = self.chunks[begin:end]
        del self.chunks[begin:end]
        for chunk in parts:
            self._gone(chunk)
        data = self._form.nameless([chunk.data for chunk in parts])
        self._put(begin, self._chunk(parts[0].number, data, settled=True))

    def rename(self, other: Callable[[bytes], bytes]) -> Iterator[None]:
        """Give every event another id, some chunks at a time; nobody asks for ids any more.

        Args:
            other: the same events with other ids; the chunks come in their order.
        """
        for at, chunk in enumerate(self.chunks):
            self._replace(at, self._chunk(chunk.number, other(chunk.data), settled=chunk.settled))
            if at % _RENAMED == 0:
                yield

    # ---- one event

    def insert(self, entry: E, room: int) -> bool:
        """Insert an event where it belongs; False: it is later than all that are closed."""
        at = bisect_left(self.chunks, self._form.order(entry), key=_last)
        if at == len(self.chunks):
            return False
        here = self.chunks[at]
        self._index.add(self._form.digest(entry), self._place(here.number))
        data, rest = self._form.halves(self._form.added(here.data, entry), room)
        if rest:
            later = self._chunk(self._next, rest)
            self._put(at + 1, later)
            for digest in self._form.digests(rest):
                self._index.discard(digest, self._place(here.number))
            self._enter(later)
        self._replace(at, self._chunk(here.number, data))
        return True

    def known_as(self, digest: bytes) -> list[E]:
        """The events of an id: more than one only if it was forgotten between."""
        code = self._form.code
        numbers = {place >> 2 for place in self._index.places(digest) if place & 3 == code}
        there = [self._by_number[number] for number in sorted(numbers) if number in self._by_number]
        return [entry for chunk in there for entry in self._form.known_as(chunk.data, digest)]

    def take(self, entry: E) -> None:
        """Take an event out; its id stays in the index, for it is known still."""
        at = bisect_left(self.chunks, self._form.order(entry), key=_last)
        chunk = self.chunks[at]
        data = self._form.removed(chunk.data, entry)
        if data:
            self._replace(at, self._chunk(chunk.number, data))
        else:
            self._drop(at)

    def newest_before(self, before_ms: int) -> int:
        """The time of the newest event before an instant; -1: none."""
        at = bisect_left(self.chunks, before_ms, key=_last_ms)
        if at < len(self.chunks) and self.chunks[at].first_ms < before_ms:
            times = self._form.times(self.chunks[at].data)
            return times[bisect_left(times, before_ms) - 1]
        return self.chunks[at - 1].last_ms if at else -1

    def since(self, at_ms: int) -> int:
        """The number of the first chunk with an event at or after an instant."""
        return bisect_left(self.chunks, at_ms, key=_last_ms)

    # ---- inside

    def _chunk(self, number: int, data: bytes, *, settled: bool = False) -> Chunk:
        first_ms, last_ms = self._form.span(data)
        packed = compress(data, 9) if settled else data
        reach_ms = self._form.reach(data) or last_ms
        return Chunk(number, packed, first_ms, last_ms, reach_ms, self._form.last(data), settled=settled)

    def _name(self, chunk: Chunk) -> bytes:
        kind = self._form.settled if chunk.settled else self._form.kind
        return kind + chunk.number.to_bytes(_NUMBER_SIZE, "big")

    def _place(self, number: int) -> int:
        """What the index knows a chunk by."""
        return number << 2 | self._form.code

    def _came(self, chunk: Chunk) -> None:
        """A chunk stands here from now on."""

    def _went(self, chunk: Chunk) -> None:
        """A chunk does not stand here any more."""

    def _hold(self, at: int, chunk: Chunk) -> None:
        self.chunks.insert(at, chunk)
        self._by_number[chunk.number] = chunk
        self._next = max(self._next, chunk.number + 1)
        self._came(chunk)

    def _put(self, at: int, chunk: Chunk) -> None:
        self._hold(at, chunk)
        self._changes[self._name(chunk)] = chunk.packed

    def _replace(self, at: int, chunk: Chunk) -> None:
        former = self.chunks[at]
        self._changes[self._name(former)] = None  # that of a settled one is another
        self._went(former)
        self.chunks[at] = self._by_number[chunk.number] = chunk
        self._came(chunk)
        self._changes[self._name(chunk)] = chunk.packed

    def _drop(self, at: int) -> None:
        self._gone(self.chunks.pop(at))

    def _gone(self, chunk: Chunk) -> None:
        self._went(chunk)
        self._changes[self._name(chunk)] = None
        del self._by_number[chunk.number]
        if chunk.number + 1 == self._next:
            self._next = max(self._by_number, default=-1) + 1

    def _enter(self, chunk: Chunk) -> None:
        add, place = self._index.add, self._place(chunk.number)
        for digest in self._form.digests(chunk.data):
            add(digest, place)

    def _leave(self, chunk: Chunk) -> None:
        if chunk.settled:
            return
        discard, place = self._index.discard, self._place(chunk.number)
        for digest in self._form.digests(chunk.data):
            discard(digest, place)
