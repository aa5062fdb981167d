"""A long history: closed chunks of purchases and answers behind the record, and one index of their ids.

A record holds the newest purchases and answers itself, its head. When the head outgrows its room, the oldest
half of it is closed: a chunk of its own, with a key of its own in the changelog, written again only when
something is inserted or withdrawn there. Old chunks that nothing can touch any more are settled: many become
one, without ids and compressed. Chunks and head together are in order of (time, id), and the head
is empty only where there is no chunk. Ids of closed events are looked for in the index first.

Never: more than the events. What they count is derived, here as in the head.
"""

from bisect import bisect_left, insort
from operator import attrgetter
from typing import Final
from zlib import compress, decompress

import msgspec

from streams.core.customer.blocks import (
    bought_as,
    order_before,
    order_from,
    place_of,
    with_purchase,
    without_ids,
)
from streams.core.customer.entries import (
    FORM_NPS,
    PURCHASE,
    PURCHASE_SIZE,
    PurchaseEntry,
    SurveyEntry,
    by_identity,
    pack_purchase,
    purchases_of,
)
from streams.core.customer.identity import Identity
from streams.core.customer.index import Index

PURCHASES: Final = b"p"
ANSWERS: Final = b"s"
SETTLED: Final = b"P"
"""What a chunk holds: the byte before its number in its name."""
_NUMBER_SIZE: Final = 4
_MERGED: Final = 8
"""Chunks that are settled at once, and are one then."""
_encode: Final = msgspec.msgpack.Encoder().encode
_decode_answers: Final = msgspec.msgpack.Decoder(list[SurveyEntry]).decode
_last: Final = attrgetter("last")
_last_ms: Final = attrgetter("last_ms")

ClosedVote = tuple[int, str, str, int]
"""Time, id, source and score of an NPS answer."""


class Chunk:
    """Closed events, which never change: a changed chunk is another one with the same number.

    ``last`` tells its last event's place in the order, in a form of which smaller is earlier.
    """

    __slots__ = ("first_ms", "kind", "last", "last_ms", "number", "packed")

    def __init__(  # noqa: PLR0917 - the functions below know the order
        self, kind: bytes, number: int, packed: bytes, first_ms: int, last_ms: int, last: object
    ) -> None:
        self.kind = kind
        self.last_ms = last_ms
        self.number = number
        self.packed = packed
        self.first_ms = first_ms
        self.last = last

    @property
    def data(self) -> bytes:
        """The block of purchases, or the packed answers."""
        return decompress(self.packed) if self.kind == SETTLED else self.packed

    @property
    def name(self) -> bytes:
        """What tells it from the customer's other chunks."""
        return self.kind + self.number.to_bytes(_NUMBER_SIZE, "big")


class History:
    """The closed chunks of one customer.

    Args:
        identity: the deployment's digests.

    Attributes:
        purchases, answers: chunks in order of time.
        changes: name of a chunk -> its bytes, of those not yet in the changelog; None: it is gone.
        index: the ids of everything closed, with the chunk's number times two, plus one for answers.
        votes: touchpoint -> its latest closed NPS answer.
        latest: the latest of them all.
        touchpoints: groups that closed answers name, or named.
    """

    __slots__ = (
        "_chunks",
        "_identity",
        "_numbers",
        "answers",
        "changes",
        "index",
        "latest",
        "purchases",
        "touchpoints",
        "votes",
    )

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._chunks: dict[int, Chunk] = {}
        """By the place that the index has of them."""
        self._numbers = {PURCHASES: 0, ANSWERS: 0}
        """One more than the greatest number of a chunk."""
        self.purchases: list[Chunk] = []
        self.answers: list[Chunk] = []
        self.changes: dict[bytes, bytes | None] = {}
        self.index = Index()
        self.votes: dict[int, ClosedVote] = {}
        self.latest: ClosedVote | None = None
        self.touchpoints: set[int] = set()

    # ---- as a whole

    def bought(self) -> bytes:
        """The closed purchases, as a block."""
        return b"".join([chunk.data for chunk in self.purchases])

    def answered(self) -> list[SurveyEntry]:
        """The closed answers."""
        return [entry for chunk in self.answers for entry in _decode_answers(chunk.data)]

    def names(self) -> list[bytes]:
        """The names of all chunks."""
        return [chunk.name for chunk in (*self.purchases, *self.answers)]

    def restore(self, name: bytes, data: bytes) -> None:
        """Take back a chunk; ``sort`` when all are there."""
        kind, number = name[:1], int.from_bytes(name[1:], "big")
        if kind == SETTLED:
            self._hold(self.purchases, len(self.purchases), _settled_chunk(number, decompress(data)))
        elif kind == PURCHASES:
            self._hold(self.purchases, len(self.purchases), _purchases_chunk(number, data))
            self._enter_purchases(data, number)
        else:
            entries = _decode_answers(data)
            self._hold(self.answers, len(self.answers), _answers_chunk(number, data, entries))
            self._enter_answers(entries, number)

    def sort(self) -> None:
        """Put the chunks into their order."""
        self.purchases.sort(key=_last)
        self.answers.sort(key=_last)

    # ---- closing

    def close_purchases(self, block: bytes) -> None:
        """Close purchases later than all that are closed."""
        chunk = _purchases_chunk(self._numbers[PURCHASES], block)
        self._put(self.purchases, len(self.purchases), chunk)
        self._enter_purchases(block, chunk.number)

    def close_answers(self, entries: list[SurveyEntry]) -> None:
        """Close answers later than all that are closed."""
        chunk = _answers_chunk(self._numbers[ANSWERS], _encode(entries), entries)
        self._put(self.answers, len(self.answers), chunk)
        self._enter_answers(entries, chunk.number)

    def reopen_purchases(self) -> bytes:
        """Take the last chunk back into an empty head; nothing if there is none."""
        if not self.purchases:
            return b""
        number = self.purchases[-1].number
        block = self._drop(self.purchases, -1)
        for entry in purchases_of(block):
            self.index.discard(entry.digest, _place(PURCHASES, number))
        return block

    def reopen_answers(self) -> list[SurveyEntry]:
        """The same for answers."""
        if not self.answers:
            return []
        number = self.answers[-1].number
        entries = _decode_answers(self._drop(self.answers, -1))
        for entry in entries:
            self.index.discard(self._identity.event(entry.source, entry.event_id), _place(ANSWERS, number))
        self._count_votes()
        return entries

    def settle(self, safe_ms: int) -> None:
        """Settle chunks of purchases that no later event can touch.

        Args:
            safe_ms: purchases before the newest one dated before it are out of reach.
        """
        chunks = self.purchases
        begin = sum([chunk.kind == SETTLED for chunk in chunks[: 1 + len(chunks) // _MERGED]])
        while begin + _MERGED < len(chunks) and chunks[begin + _MERGED].first_ms < safe_ms:
            end = begin + _MERGED
            if chunks[end - 1].last_ms == chunks[end].first_ms:
                return  # of one instant ids still decide
            number, block = chunks[begin].number, b"".join([chunk.data for chunk in chunks[begin:end]])
            for chunk in chunks[begin:end]:
                for entry in purchases_of(chunk.data):
                    self.index.discard(entry.digest, _place(PURCHASES, chunk.number))
            for _ in range(_MERGED):
                self._drop(chunks, begin)
            self._put(chunks, begin, _settled_chunk(number, without_ids(block)))
            begin += 1

    # ---- one event

    def insert_purchase(self, entry: PurchaseEntry, room: int) -> bool:
        """Insert a purchase where it belongs; False: it belongs into the head."""
        at = bisect_left(self.purchases, _after(entry.at_ms, entry.digest), key=_last)
        if at == len(self.purchases):
            return False
        data = with_purchase(self.purchases[at].data, entry)
        number = self.purchases[at].number
        self._enter_purchases(pack_purchase(entry), number)
        if len(data) > room:
            half = len(data) // 2 // PURCHASE_SIZE * PURCHASE_SIZE
            chunk = _purchases_chunk(self._numbers[PURCHASES], data[half:])
            self._put(self.purchases, at + 1, chunk)
            for moved in purchases_of(data[half:]):
                self.index.discard(moved.digest, _place(PURCHASES, number))
            self._enter_purchases(data[half:], chunk.number)
            data = data[:half]
        self._replace(self.purchases, at, _purchases_chunk(number, data))
        return True

    def insert_answer(self, entry: SurveyEntry, room: int) -> bool:
        """The same for an answer."""
        at = bisect_left(self.answers, by_identity(entry), key=_last)
        if at == len(self.answers):
            return False
        entries = _decode_answers(self.answers[at].data)
        insort(entries, entry, key=by_identity)
        number = self.answers[at].number
        self._enter_answers([entry], number)
        if len(entries) > room:
            later = entries[len(entries) // 2 :]
            entries = entries[: len(entries) // 2]
            chunk = _answers_chunk(self._numbers[ANSWERS], _encode(later), later)
            self._put(self.answers, at + 1, chunk)
            for moved in later:
                self.index.discard(
                    self._identity.event(moved.source, moved.event_id), _place(ANSWERS, number)
                )
            self._enter_answers(later, chunk.number)
        self._replace(self.answers, at, _answers_chunk(number, _encode(entries), entries))
        return True

    def purchases_known_as(self, digest: bytes) -> list[PurchaseEntry]:
        """The closed purchases of an id: more than one only if it was forgotten between."""
        return [entry for chunk in self._at(PURCHASES, digest) for entry in bought_as(chunk.data, digest)]

    def answers_known_as(self, digest: bytes) -> list[SurveyEntry]:
        """The same for answers."""
        event = self._identity.event
        return [
            entry
            for chunk in self._at(ANSWERS, digest)
            for entry in _decode_answers(chunk.data)
            if event(entry.source, entry.event_id) == digest
        ]

    def _at(self, kind: bytes, digest: bytes) -> list[Chunk]:
        """The chunks of a kind in which an id may stand."""
        places = {place for place in self.index.places(digest) if place & 1 == _place(kind, 0)}
        return [self._chunks[place] for place in places if place in self._chunks]

    def take_purchase(self, entry: PurchaseEntry) -> None:
        """Take a closed purchase out; its id stays in the index, for it is known still."""
        at = bisect_left(self.purchases, _after(entry.at_ms, entry.digest), key=_last)
        chunk = self.purchases[at]
        place = place_of(chunk.data, pack_purchase(entry))
        data = chunk.data[:place] + chunk.data[place + PURCHASE_SIZE :]
        if data:
            self._replace(self.purchases, at, _purchases_chunk(chunk.number, data))
        else:
            self._drop(self.purchases, at)

    def take_answer(self, entry: SurveyEntry) -> None:
        """The same for an answer; the votes are counted anew."""
        at = bisect_left(self.answers, by_identity(entry), key=_last)
        chunk = self.answers[at]
        entries = [e for e in _decode_answers(chunk.data) if e != entry]
        if entries:
            self._replace(self.answers, at, _answers_chunk(chunk.number, _encode(entries), entries))
        else:
            self._drop(self.answers, at)
        self._count_votes()

    # ---- times

    def order_before(self, at_ms: int) -> int:
        """The time of the last closed order before an instant; 0: none."""
        for at in range(bisect_left(self.purchases, at_ms, key=_last_ms), -1, -1):
            found = order_before(self.purchases[at].data, at_ms) if at < len(self.purchases) else 0
            if found:
                return found
        return 0

    def order_from(self, at_ms: int) -> int:
        """The time of the first closed order at or after an instant; 0: none."""
        for at in range(bisect_left(self.purchases, at_ms, key=_last_ms), len(self.purchases)):
            found = order_from(self.purchases[at].data, at_ms)
            if found:
                return found
        return 0

    def newest_purchase_before(self, before_ms: int) -> int:
        """The time of the newest closed purchase before an instant; -1: none."""
        at = bisect_left(self.purchases, before_ms, key=_last_ms)
        if at < len(self.purchases) and self.purchases[at].first_ms < before_ms:
            times = [at_ms for _, at_ms, _ in PURCHASE.iter_unpack(self.purchases[at].data)]
            return int(times[bisect_left(times, before_ms) - 1])
        return self.purchases[at - 1].last_ms if at else -1

    def newest_answer_before(self, before_ms: int) -> int:
        """The same for answers."""
        at = bisect_left(self.answers, before_ms, key=_last_ms)
        if at < len(self.answers) and self.answers[at].first_ms < before_ms:
            return max(e.at_ms for e in _decode_answers(self.answers[at].data) if e.at_ms < before_ms)
        return self.answers[at - 1].last_ms if at else -1

    # ---- inside

    def _hold(self, chunks: list[Chunk], at: int, chunk: Chunk) -> None:
        chunks.insert(at, chunk)
        self._chunks[_place(chunk.kind, chunk.number)] = chunk
        kind = ANSWERS if chunk.kind == ANSWERS else PURCHASES
        self._numbers[kind] = max(self._numbers[kind], chunk.number + 1)

    def _put(self, chunks: list[Chunk], at: int, chunk: Chunk) -> None:
        self._hold(chunks, at, chunk)
        self.changes[chunk.name] = chunk.packed

    def _replace(self, chunks: list[Chunk], at: int, chunk: Chunk) -> None:
        chunks[at] = self._chunks[_place(chunk.kind, chunk.number)] = chunk
        self.changes[chunk.name] = chunk.packed

    def _drop(self, chunks: list[Chunk], at: int) -> bytes:
        chunk = chunks.pop(at)
        self.changes[chunk.name] = None
        del self._chunks[_place(chunk.kind, chunk.number)]
        kind = ANSWERS if chunk.kind == ANSWERS else PURCHASES
        if chunk.number + 1 == self._numbers[kind]:
            self._numbers[kind] = max([other.number for other in chunks], default=-1) + 1
        return chunk.data

    def _enter_purchases(self, block: bytes, number: int) -> None:
        add, place = self.index.add, _place(PURCHASES, number)
        for digest, _, _ in PURCHASE.iter_unpack(block):
            add(digest, place)

    def _enter_answers(self, entries: list[SurveyEntry], number: int) -> None:
        for entry in entries:
            self.index.add(self._identity.event(entry.source, entry.event_id), _place(ANSWERS, number))
            self.touchpoints.add(entry.touchpoint)
        self._vote(entries)

    def _count_votes(self) -> None:
        self.votes.clear()
        self.latest = None
        self._vote(self.answered())

    def _vote(self, entries: list[SurveyEntry]) -> None:
        for entry in entries:
            if entry.form == FORM_NPS:
                vote = vote_of(entry)
                self.votes[entry.touchpoint] = max(vote, self.votes.get(entry.touchpoint, vote))
                self.latest = vote if self.latest is None else max(vote, self.latest)


def vote_of(entry: SurveyEntry) -> ClosedVote:
    """An NPS answer as a vote."""
    return entry.at_ms, entry.event_id, entry.source, entry.score


def _purchases_chunk(number: int, block: bytes) -> Chunk:
    digest, last_ms, _ = PURCHASE.unpack_from(block, len(block) - PURCHASE_SIZE)
    first_ms = PURCHASE.unpack_from(block)[1]
    return Chunk(PURCHASES, number, block, first_ms, last_ms, _after(last_ms, digest))


def _settled_chunk(number: int, block: bytes) -> Chunk:
    chunk = _purchases_chunk(number, block)
    return Chunk(SETTLED, number, compress(block, 9), chunk.first_ms, chunk.last_ms, chunk.last)


def _answers_chunk(number: int, data: bytes, entries: list[SurveyEntry]) -> Chunk:
    last = entries[-1]
    return Chunk(ANSWERS, number, data, entries[0].at_ms, last.at_ms, by_identity(last))


def _after(at_ms: int, digest: bytes) -> bytes:
    """A purchase's place in the order."""
    return at_ms.to_bytes(8, "big") + digest


def _place(kind: bytes, number: int) -> int:
    """What the index knows a chunk by."""
    return 2 * number + (kind == ANSWERS)
