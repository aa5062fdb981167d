"""Events dated after the clock: received and counted, without effect until the clock reaches them.

Parked entries wait in one queue by time (an erase after everything else of its instant) and are known by
their digests, so that a repeat is a duplicate. In live operation the queue holds a tick's worth of events;
in a replay it holds the whole file.

What waits at a drain goes to the changelog in chunks: those of one customer and one second of event time,
no more than ``MOST_TOGETHER`` each, so that no record outgrows a topic and few are written again when some
of it is due.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from heapq import heappop, heappush
from operator import itemgetter
from typing import Final, NamedTuple

import msgspec

from streams.core.customer.entries import (
    Entry,
    EraseEntry,
    ParkedEntry,
    PurchaseEntry,
    SurveyEntry,
    VoidEntry,
)
from streams.core.customer.identity import DIGEST_SIZE
from streams.core.customer.memory import LASTING, PURCHASE_KIND, SURVEY_KIND, kind_of

MOST_TOGETHER: Final = 256
"""Entries of one record; an entry has two ids of 128 characters at most, some 1,100 bytes."""
_KINDS: Final = (LASTING, PURCHASE_KIND, SURVEY_KIND)
_CODES: Final[dict[type[Entry], int]] = {PurchaseEntry: 1, SurveyEntry: 2}
"""Places in it."""
_FOR_EVER: Final = 1 << 62
_SECOND: Final = 2_000
"""A second, in the queue's order."""
_SECOND_SIZE: Final = 6
_NUMBER_SIZE: Final = 4
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


Chunks = list[list[Parked]]
"""What the changelog has of a customer and a second; emptied chunks stay until the second is over."""

_decode: Final = msgspec.msgpack.Decoder(list[ParkedEntry]).decode


class Parking:
    """The parked entries of one partition."""

    __slots__ = (
        "_begun",
        "_dates",
        "_end",
        "_former",
        "_fresh",
        "_ids",
        "_logged",
        "_queue",
        "_reaches",
        "_sorted",
    )

    def __init__(self) -> None:
        self._queue: list[Parked] = []
        self._sorted = True
        self._ids: dict[bytes, int] = {}
        """Customer and event -> date of the newest, and the place of its kind in ``_KINDS``."""
        self._dates: dict[tuple[bytes, str], list[int]] | None = None
        """Customer and kind -> dates in order, once somebody asked."""
        self._reaches: dict[int, int] = {}
        """How far back waiting voids reach -> how many of them."""
        self._end = -1
        """Whatever is of this order or less has been taken out."""
        self._fresh: list[Parked] = []
        """What was parked since the last drain; some of it may be taken out already."""
        self._logged: dict[int, dict[bytes, Chunks]] = {}
        """Second -> customer -> chunks in the changelog."""
        self._begun: list[int] = []
        """A heap of the seconds."""
        self._former: list[bytes] = []
        """Keys of a customer's one record, as the first version wrote it, to be deleted."""

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def changed(self) -> bool:
        """Whether a drain would write something that waits; what left is told by the clock."""
        return bool(self._fresh or self._former)

    @property
    def voids_reach_ms(self) -> int:
        """The earliest date that a void which waits here reaches."""
        return min(self._reaches, default=_FOR_EVER)

    def holds(self, key: bytes, digest: bytes) -> bool:
        """Whether an event of this id waits here."""
        return key + digest in self._ids

    def find(self, key: bytes, digest: bytes) -> tuple[str, int] | None:
        """Kind (memory.py) and date of the newest event of an id that waits here."""
        found = self._ids.get(key + digest, -1)
        return None if found < 0 else (_KINDS[found & 3], found >> 2)

    def newest_before(self, key: bytes, kind: str, before_ms: int) -> int:
        """The date of the newest purchase or answer of a customer that waits here; -1: none.

        Who never asks pays nothing: the dates are put in order at the first question.
        """
        if self._dates is None:
            self._dates = {}
            for parked in self._queue:
                self._date(self._dates, parked.key, parked.entry)
        listed = self._dates.get((key, kind), [])
        at = bisect_left(listed, before_ms)
        return listed[at - 1] if at else -1

    def waiting(self) -> Iterator[Entry]:
        """The entries, in no order."""
        return (parked.entry for parked in self._queue)

    def park(self, key: bytes, digest: bytes, kind: str, entry: Entry) -> None:
        """Keep an entry until its time."""
        self._fresh.append(self._wait(key, digest, kind, entry))

    def _wait(self, key: bytes, digest: bytes, kind: str, entry: Entry) -> Parked:
        at_ms = entry.at_ms
        if type(entry) is EraseEntry:  # erases its own id too
            parked = Parked(2 * at_ms + 1, key, digest, kind, entry)
        else:
            parked = Parked(2 * at_ms, key, digest, kind, entry)
            name, known = key + digest, at_ms << 2 | _CODES.get(type(entry), 0)
            self._ids[name] = max(known, self._ids.get(name, known))
        if self._dates is not None:
            self._date(self._dates, key, entry)
        if type(entry) is VoidEntry:
            self._reaches[entry.since_ms] = self._reaches.get(entry.since_ms, 0) + 1
        self._queue.append(parked)
        self._sorted = False
        return parked

    def due(self, t: int) -> list[Parked]:
        """Take out what is dated at or before t, in order of time; t never goes back."""
        queue = self._ordered()
        end = self._end = 2 * t + 1
        if not queue or queue[0].order > end:
            return []
        count = bisect_right(queue, end, key=_order)
        out = queue[:count]
        del queue[:count]
        ids = self._ids
        for order, key, digest, _, entry in out:
            if type(entry) is VoidEntry:
                self._leave_reach(entry.since_ms)
            name = key + digest
            if ids.get(name, -1) >> 2 == order >> 1:
                del ids[name]
        if self._dates is not None:
            for parked in out:
                kind = kind_of(parked.entry)
                if kind:
                    del self._dates[parked.key, kind][0]
        if len(self._fresh) > 2 * len(queue):  # nobody drains in a replay
            self._fresh = [parked for parked in self._fresh if parked.order > end]
        return out

    def _leave_reach(self, since_ms: int) -> None:
        self._reaches[since_ms] -= 1
        if not self._reaches[since_ms]:
            del self._reaches[since_ms]

    def _date(self, dates: dict[tuple[bytes, str], list[int]], key: bytes, entry: Entry) -> None:
        kind = kind_of(entry)
        if kind:
            insort(dates.setdefault((key, kind), []), entry.at_ms)

    def _ordered(self) -> list[Parked]:
        if not self._sorted:
            self._queue.sort(key=_order)
            self._sorted = True
        return self._queue

    # ---- the changelog

    def drain(self) -> list[tuple[bytes, bytes | None]]:
        """The changed chunks, packed; None where one is over."""
        changed: dict[bytes, list[Parked]] = {}
        self._leave(changed)
        end = self._end
        waiting = [parked for parked in self._fresh if parked.order > end]
        waiting.sort(key=_order)
        for parked in waiting:
            number = self._enter(parked)
            second, key = parked.order // _SECOND, parked.key
            changed[parked_key(key, second, number)] = self._logged[second][key][number]
        self._fresh.clear()
        out: list[tuple[bytes, bytes | None]] = [(key, None) for key in self._former]
        self._former.clear()
        return out + [(key, _packed(chunk) if chunk else None) for key, chunk in changed.items()]

    def _leave(self, changed: dict[bytes, list[Parked]]) -> None:
        """Take out of the chunks what has left the queue."""
        end, begun = self._end, self._begun
        while begun and begun[0] * _SECOND <= end:
            second = begun[0]
            for key, chunks in self._logged[second].items():
                for number, chunk in enumerate(chunks):
                    if chunk and min(chunk, key=_order).order <= end:
                        chunk[:] = [parked for parked in chunk if parked.order > end]
                        changed[parked_key(key, second, number)] = chunk
            if (second + 1) * _SECOND > end + 1:
                return
            heappop(begun)
            del self._logged[second]

    def _enter(self, parked: Parked) -> int:
        """Put an entry into its customer's newest chunk of its second; the number of that chunk."""
        chunks = self._chunks_of(parked.order // _SECOND, parked.key)
        if not chunks or len(chunks[-1]) >= MOST_TOGETHER:
            chunks.append([])
        chunks[-1].append(parked)
        return len(chunks) - 1

    def _chunks_of(self, second: int, key: bytes) -> Chunks:
        customers = self._logged.get(second)
        if customers is None:
            customers = self._logged[second] = {}
            heappush(self._begun, second)
        return customers.setdefault(key, [])

    def restore(self, name: bytes, packed: bytes) -> None:
        """Take entries that wait back from the changelog."""
        key, rest = name[:DIGEST_SIZE], name[DIGEST_SIZE:]
        found = [self._wait(key, kept.digest, kept.kind, kept.entry) for kept in _decode(packed)]
        if not rest:
            self._fresh += found
            self._former.append(name)
            return
        second, number = (
            int.from_bytes(rest[:_SECOND_SIZE], "big"),
            int.from_bytes(rest[_SECOND_SIZE:], "big"),
        )
        chunks = self._chunks_of(second, key)
        while len(chunks) <= number:
            chunks.append([])
        chunks[number] = found


def parked_key(key: bytes, second: int, number: int) -> bytes:
    """What a chunk of a customer and a second stands under, without its form."""
    return key + second.to_bytes(_SECOND_SIZE, "big") + number.to_bytes(_NUMBER_SIZE, "big")


def _packed(chunk: list[Parked]) -> bytes:
    return _encode([ParkedEntry(parked.digest, parked.kind, parked.entry) for parked in chunk])
