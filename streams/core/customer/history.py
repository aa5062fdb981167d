"""A long history: closed chunks of a customer's events behind the record, and one index of their ids.

A record holds the newest events of each kind itself, its head. When the head outgrows its room, the oldest
half of it is closed: a chunk of its own (shelf.py), with a key of its own in the changelog. Chunks and head
together are in order of (time, id), and the head is empty only where there is no chunk.

Never: more than the events in the changelog. Transitions are told by them, and kept so that they need not be
told again.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from streams.core.customer.answers import Answers
from streams.core.customer.blocks import order_before, order_from
from streams.core.customer.entries import (
    Body,
    CancellationEntry,
    Fact,
    PurchaseEntry,
    SignupEntry,
    SurveyEntry,
    VoidEntry,
    purchases_of,
)
from streams.core.customer.forms import CancellationForm, NamedForm, PurchaseForm
from streams.core.customer.identity import Identity
from streams.core.customer.index import Index
from streams.core.customer.lifeline import Lifeline
from streams.core.customer.nameless import Numbers, Ranks
from streams.core.customer.shelf import Shelf
from streams.core.customer.voided import VOIDS, Voids

PURCHASES: Final = b"p"
SETTLED_PURCHASES: Final = b"P"
ANSWERS: Final = b"s"
SETTLED_ANSWERS: Final = b"S"
SIGNUPS: Final = b"u"
CANCELLATIONS: Final = b"c"
"""What a chunk holds: the byte before its number in its name."""

_NEVER: Final = b""
"""Ids of signups and cancellations are known for ever: their chunks are never settled."""
_PURCHASES: Final = PurchaseForm(PURCHASES, SETTLED_PURCHASES, 0)


class History:
    """The closed chunks of one customer.

    Args:
        identity: the deployment's digests.

    Attributes:
        purchases, answers, signups, cancellations: the chunks.
        voids: those of voids, with what they withdrew.
        changes: name of a chunk -> its bytes, of those not yet in the changelog; None: it is gone.
        index: the ids of everything closed but settled.
        named: groups that closed events name, or named.
        line: the customer's life so far; None: it is to be derived.
    """

    __slots__ = (
        "_answers",
        "_cancellations",
        "_signups",
        "answers",
        "cancellations",
        "changes",
        "index",
        "line",
        "named",
        "purchases",
        "signups",
        "voids",
    )

    def __init__(self, identity: Identity) -> None:
        self._answers = NamedForm(ANSWERS, SETTLED_ANSWERS, 1, identity, _decode_answers)
        self._signups = NamedForm(SIGNUPS, _NEVER, 2, identity, _decode_signups)
        self._cancellations = CancellationForm(CANCELLATIONS, _NEVER, 3, identity, _decode_cancellations)
        self.changes: dict[bytes, bytes | None] = {}
        self.index = Index()
        self.purchases: Shelf[PurchaseEntry] = Shelf(_PURCHASES, self.index, self.changes)
        self.answers = Answers(self._answers, self.index, self.changes)
        self.signups: Shelf[SignupEntry] = Shelf(self._signups, self.index, self.changes)
        self.cancellations: Shelf[CancellationEntry] = Shelf(self._cancellations, self.index, self.changes)
        self.voids = Voids(identity, self.changes)
        self.named: set[int] = set()
        self.line: Lifeline | None = None

    # ---- as a whole

    def bought(self) -> bytes:
        """The closed purchases, as a block."""
        return b"".join([chunk.data for chunk in self.purchases.chunks])

    def bought_after(self, ms: int, head: bytes) -> tuple[int, bytes]:
        """The same with the head after it, but for chunks wholly at or before an instant.

        Returns:
            The time of the order before what is returned (0: none), and the block.
        """
        chunks = self.purchases.chunks
        begin = self.purchases.since(ms + 1)
        first_ms = chunks[begin].first_ms if begin < len(chunks) else chunks[-1].last_ms + 1 if chunks else 0
        before_ms = self.order_before(first_ms) if begin else 0
        return before_ms, b"".join([chunk.data for chunk in chunks[begin:]]) + head

    def answered(self) -> list[SurveyEntry]:
        """The closed answers."""
        return [entry for chunk in self.answers.chunks for entry in self._answers.entries(chunk.data)]

    @property
    def holds_any(self) -> bool:
        """Whether there is a chunk."""
        kinds = (self.purchases.chunks, self.answers.chunks, self.signups.chunks, self.cancellations.chunks)
        return any(kinds) or len(self.voids) > 0

    def after(self, at_ms: int) -> list[Fact]:
        """The events of all chunks that have any after an instant."""
        found: list[Fact] = []
        for chunk in self.purchases.chunks[self.purchases.since(at_ms + 1) :]:
            found += purchases_of(chunk.data)
        for chunk in self.answers.chunks[self.answers.since(at_ms + 1) :]:
            found += self._answers.entries(chunk.data)
        for signups in self.signups_from(at_ms + 1):
            found += signups
        for cancellations in self.cancellations_from(at_ms + 1):
            found += cancellations
        return found

    def names(self) -> list[bytes]:
        """The names of all chunks."""
        shelved = self.purchases.names() + self.answers.names()
        return shelved + self.signups.names() + self.cancellations.names() + self.voids.names()

    def restore(self, name: bytes, packed: bytes, *, known: bool) -> None:
        """Take back a chunk; ``sort`` when all are there. ``known``: its ids may be asked for."""
        kind = name[:1]
        if kind in {PURCHASES, SETTLED_PURCHASES}:
            self.purchases.restore(name, packed, known=known)
        elif kind == VOIDS:
            self._name_withdrawn(self.voids.restore(name, packed))
        elif kind == SIGNUPS:
            self._name_signups(self._signups.entries(self.signups.restore(name, packed, known=known)))
        elif kind == CANCELLATIONS:
            data = self.cancellations.restore(name, packed, known=known)
            self._name_cancellations(self._cancellations.entries(data))
        else:
            self._name_answers(self._answers.entries(self.answers.restore(name, packed, known=known)))

    def sort(self) -> None:
        """Put the chunks into their order."""
        self.purchases.sort()
        self.answers.sort()
        self.signups.sort()
        self.cancellations.sort()

    # ---- signups and cancellations

    def signed(self) -> list[SignupEntry]:
        """The closed signups."""
        return [entry for chunk in self.signups.chunks for entry in self._signups.entries(chunk.data)]

    def cancelled(self) -> list[CancellationEntry]:
        """The closed cancellations."""
        chunks = self.cancellations.chunks
        return [entry for chunk in chunks for entry in self._cancellations.entries(chunk.data)]

    def close_signups(self, entries: list[SignupEntry]) -> None:
        """Close signups later than all that are closed."""
        self.signups.close(self._signups.pack(entries))
        self._name_signups(entries)

    def close_cancellations(self, entries: list[CancellationEntry]) -> None:
        """Close cancellations later than all that are closed."""
        self.cancellations.close(self._cancellations.pack(entries))
        self._name_cancellations(entries)

    def insert_signup(self, entry: SignupEntry, room: int) -> bool:
        """Insert a signup where it belongs; False: it is later than all that are closed."""
        self._name_signups([entry])
        return self.signups.insert(entry, room)

    def insert_cancellation(self, entry: CancellationEntry, room: int) -> bool:
        """Insert a cancellation where it belongs; False: it is later than all that are closed."""
        self._name_cancellations([entry])
        return self.cancellations.insert(entry, room)

    def reopen_signups(self) -> list[SignupEntry]:
        """Take the last chunk back; nothing if there is none."""
        data = self.signups.reopen()
        return self._signups.entries(data) if data else []

    def reopen_cancellations(self) -> list[CancellationEntry]:
        """Take the last chunk back; nothing if there is none."""
        data = self.cancellations.reopen()
        return self._cancellations.entries(data) if data else []

    def signups_from(self, at_ms: int) -> Iterator[list[SignupEntry]]:
        """The closed signups chunk by chunk, from the first one with any at or after an instant."""
        for at in range(self.signups.since(at_ms), len(self.signups)):
            yield self._signups.entries(self.signups.chunks[at].data)

    def signups_until(self, at_ms: int) -> Iterator[list[SignupEntry]]:
        """The same backwards, from the last one with any up to an instant."""
        for at in range(min(self.signups.since(at_ms + 1), len(self.signups) - 1), -1, -1):
            yield self._signups.entries(self.signups.chunks[at].data)

    def cancellations_from(self, at_ms: int) -> Iterator[list[CancellationEntry]]:
        """The closed cancellations chunk by chunk, from the first one with any at or after an instant."""
        for at in range(self.cancellations.since(at_ms), len(self.cancellations)):
            yield self._cancellations.entries(self.cancellations.chunks[at].data)

    def cancellations_over(self, at_ms: int) -> list[CancellationEntry]:
        """The closed cancellations before an instant whose effect is then or later."""
        found: list[CancellationEntry] = []
        for chunk in self.cancellations.chunks:
            if chunk.first_ms >= at_ms:
                break
            if chunk.reach_ms >= at_ms:
                entries = self._cancellations.entries(chunk.data)
                found += [entry for entry in entries if entry.at_ms < at_ms <= entry.effect_ms]
        return found

    def _name_signups(self, entries: list[SignupEntry]) -> None:
        self.named.update([entry.profile for entry in entries])

    def _name_cancellations(self, entries: list[CancellationEntry]) -> None:
        for entry in entries:
            self.named.update((entry.reason, entry.churn_type))

    # ---- answers

    def close_answers(self, entries: list[SurveyEntry]) -> None:
        """Close answers later than all that are closed."""
        self.answers.close(self._answers.pack(entries))
        self._name_answers(entries)

    def reopen_answers(self) -> list[SurveyEntry]:
        """Take the last chunk back; nothing if there is none."""
        data = self.answers.reopen()
        return self._answers.entries(data) if data else []

    def insert_answer(self, entry: SurveyEntry, room: int) -> bool:
        """Insert an answer where it belongs; False: it is later than all that are closed."""
        self._name_answers([entry])
        return self.answers.insert(entry, room)

    def _name_answers(self, entries: list[SurveyEntry]) -> None:
        self.named.update([entry.touchpoint for entry in entries])

    # ---- voids

    def close_voids(self, voids: list[VoidEntry], withdrawn: list[Fact]) -> None:
        """Close voids, and what voids withdrew."""
        self.voids.close(voids, withdrawn)
        self._name_withdrawn(withdrawn)

    def _name_withdrawn(self, withdrawn: list[Fact]) -> None:
        for entry in withdrawn:
            if type(entry) is SignupEntry:
                self.named.add(entry.profile)
            elif type(entry) is CancellationEntry:
                self.named.update((entry.reason, entry.churn_type))
            elif type(entry) is SurveyEntry:
                self.named.add(entry.touchpoint)

    # ---- what an erase leaves

    def forget_names(self, head: Body) -> Iterator[None]:
        """Take every id out of what is closed and of the head behind it, some at a time.

        Numbers take their place, which decide ties as the ids did. Nobody may ask for ids any more.
        """
        self.index.clear()
        yield from self.purchases.settle_all()
        answers = Numbers(self._answers)
        yield from self.answers.rename(answers.next)
        head.surveys = answers.named(head.surveys)
        signups = Numbers(self._signups)
        yield from self.signups.rename(signups.next)
        head.signups = signups.named(head.signups)
        ranks = Ranks(self._cancellations)
        for chunk in self.cancellations.chunks:
            ranks.see(self._cancellations.entries(chunk.data))
            yield
        ranks.see(head.cancellations)
        yield from ranks.ranking()
        yield from self.cancellations.rename(ranks.next)
        head.cancellations = ranks.named(head.cancellations)

    # ---- times

    def order_before(self, at_ms: int) -> int:
        """The time of the last closed order before an instant; 0: none."""
        chunks = self.purchases.chunks
        for at in range(self.purchases.since(at_ms), -1, -1):
            found = order_before(chunks[at].data, at_ms) if at < len(chunks) else 0
            if found:
                return found
        return 0

    def order_from(self, at_ms: int) -> int:
        """The time of the first closed order at or after an instant; 0: none."""
        chunks = self.purchases.chunks
        for at in range(self.purchases.since(at_ms), len(chunks)):
            found = order_from(chunks[at].data, at_ms)
            if found:
                return found
        return 0


_decode_answers: Final = msgspec.msgpack.Decoder(list[SurveyEntry]).decode
_decode_signups: Final = msgspec.msgpack.Decoder(list[SignupEntry]).decode
_decode_cancellations: Final = msgspec.msgpack.Decoder(list[CancellationEntry]).decode
