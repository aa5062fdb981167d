"""One customer's record: a fixed header and a body, and their packed form (which the changelog keeps).

The header is all that recovery, timers and the in-order path need of most customers. The body holds the
voids and the newest signups, cancellations and surveys as entries, and the newest purchases as a block sorted
by time; older ones of many stand in closed chunks (history.py). What voids withdrew stands apart: what counts
is counted as it stands. Ids of purchases and voids are digests; there is no customer id here and no free text
but ids and interned values.

Records hold only events that are not after the partition's clock: later ones are parked (parking.py).
"""

from bisect import insort
from collections.abc import Iterator
from operator import attrgetter
from struct import Struct as Layout
from typing import Any, Final

import msgspec

from streams.core.customer.answers import ClosedVote, vote_of
from streams.core.customer.blocks import newest_orders, order_before, order_from, place_of, with_purchase
from streams.core.customer.entries import (
    FORM_NPS,
    PURCHASE_SIZE,
    Body,
    CancellationEntry,
    Fact,
    PurchaseEntry,
    SignupEntry,
    SurveyEntry,
    VoidEntry,
    by_identity,
    digest_of,
    last_purchase_ms,
    pack_purchase,
    reaches,
)
from streams.core.customer.forms import NAMED_SIZE
from streams.core.customer.history import History
from streams.core.customer.identity import Identity
from streams.core.customer.life import NEVER

# Flags of the header. The lowest two bits are the customer's standing (risk.py); the rest are shortcuts that
# derive.py sets.
STANDING: Final = 3
PLAIN_LIFE: Final = 4
"""Active since its first and only activation; nothing pending."""
HAS_VOIDS: Final = 8
"""There are voids; what they withdrew stands apart from what counts."""
HAS_SEALED: Final = 16
ERASED: Final = 32
"""An anonymous person: what an erase left."""


HEADER: Final = Layout("<6qIIIHBB")
"""due, engaged, first, last, second, since; profile, orders, body length; nothing any more, state, flags."""
STAYS: Final = -1
"""In the place of a profile."""
ROOM: Final = 2_048
"""Bytes of purchases that stand in a record itself; beyond, most of them are closed (history.py)."""
_VOIDS_PART: Final = 4
"""Voids, and what they withdrew, have this part of the room: a void writes them beside head and chunk."""
_at: Final = attrgetter("at_ms")
_encode: Final = msgspec.msgpack.Encoder().encode
_decode_body: Final = msgspec.msgpack.Decoder(Body).decode
_NO_BODY: Final = b""
_EMPTY_BODY: Final = _encode(Body())
_NOTED: Final = 128
"""Ids noted since a record was unpacked that are no reason to look which of them are kept still."""


class Customer:
    """A record in use. Times are ms; 0 stands for none.

    Attributes:
        due: the next instant at which life or standing changes by itself; the risk band follows from the
            standing, ``orders``, ``first`` and ``last``.
        engaged: time of the newest signup, purchase, survey or cancellation.
        first, last, second: times of the first, last and second-last order.
        since: time of the current activation, or of the last one.
        profile: the one in which panes and gauges count the customer.
        moves_to: the record's own, where that is another one: the customer is counted there before somebody
            looks (paths/profile_move.py). STAYS: it is the same.
        orders: number of orders.
        purchases: those in the head, a block (entries.PURCHASE); ``bought`` has all of them.
        history: closed chunks, of those who have any.
    """

    __slots__ = (
        "_aims",
        "_apart",
        "_body",
        "_lately",
        "_packed_body",
        "changed",
        "due",
        "engaged",
        "facts",
        "first",
        "flags",
        "history",
        "last",
        "moves_to",
        "orders",
        "profile",
        "purchases",
        "second",
        "since",
        "state",
    )

    def __init__(self) -> None:
        self.due = self.engaged = self.first = self.last = self.second = self.since = 0
        self.profile = self.orders = 0
        self.moves_to = STAYS
        self.state = NEVER
        self.flags = 0
        self.purchases = b""
        self.history: History | None = None
        self.changed = True
        self.facts: Any = None
        """What derive.py last found (Facts); None once the record changed."""
        self._body: Body | None = None
        self._packed_body = _NO_BODY
        self._lately: set[str] | None = None
        self._aims: dict[bytes, int] | None = None
        self._apart: set[bytes] | None = None

    @property
    def body(self) -> Body:
        """The body, decoded at its first use; whoever changes it sets ``changed``."""
        body = self._body
        if body is None:
            body = self._body = _decode_body(self._packed_body) if self._packed_body else Body()
        return body

    def note(self, event_id: str) -> None:
        """Remember the id of an entry that the body takes; not of purchases and voids.

        A replay never lays a record to rest: ids of what was closed meanwhile are dropped now and then.
        """
        lately = self._lately
        if lately is None:
            self._lately = {event_id}
            return
        lately.add(event_id)
        if len(lately) > _NOTED:
            body = self.body
            if len(lately) > 2 * (len(body.signups) + len(body.cancellations) + len(body.surveys)):
                lately = {event_id}
                for named in (body.signups, body.cancellations, body.surveys):
                    lately.update([entry.event_id for entry in named])
                self._lately = lately

    def seems_known(self, digest: bytes, event_id: str) -> bool:
        """Whether an event might be kept here; False is certain, True wants a closer look.

        Ids are looked for in the body as it was unpacked, and in what was noted since: entries of a decoded
        body lie all over the memory. (``find``, because ``in`` raises and drops a TypeError inside.)
        """
        if self.flags & HAS_VOIDS or self.purchases.find(digest) >= 0:
            return True
        if self._lately is not None and event_id in self._lately:
            return True
        if self._packed_body and self._packed_body.find(event_id.encode()) >= 0:
            return True
        return self.history is not None and self.history.index.holds(digest)

    # ---- events, wherever they are

    @property
    def bought(self) -> bytes:
        """All purchases that stand, as a block."""
        history = self.history
        return self.purchases if history is None else history.bought() + self.purchases

    def bought_after(self, ms: int) -> tuple[int, bytes]:
        """What stands but for chunks wholly at or before an instant, and the time of the order before it."""
        history = self.history
        if history is None:
            return 0, self.purchases
        return history.bought_after(ms, self.purchases)

    @property
    def answered(self) -> list[SurveyEntry]:
        """All answers that stand."""
        history = self.history
        return self.body.surveys if history is None else history.answered() + self.body.surveys

    @property
    def signups(self) -> list[SignupEntry]:
        """All signups that stand."""
        history = self.history
        return self.body.signups if history is None else history.signed() + self.body.signups

    @property
    def cancellations(self) -> list[CancellationEntry]:
        """All cancellations that stand."""
        history = self.history
        return self.body.cancellations if history is None else history.cancelled() + self.body.cancellations

    def vote(self, touchpoint: int | None) -> ClosedVote | None:
        """The latest NPS answer, of one touchpoint or of all."""
        for entry in reversed(self.body.surveys):
            if entry.form == FORM_NPS and touchpoint in (None, entry.touchpoint):
                return vote_of(entry)
        history, sealed = self.history, self.body.sealed
        if history is not None:
            vote = history.answers.vote(touchpoint)
            if vote is not None:
                return vote
        if sealed is None or not sealed.votes:
            return None
        former = next(reversed(sealed.votes.values())) if touchpoint is None else sealed.votes.get(touchpoint)
        return None if former is None else (former.at_ms, "", "", former.score)

    def newest_ms(self) -> int:
        """The time of the newest event that stands; 0: none."""
        body = self.body
        newest = [last_purchase_ms(self.purchases), body.sealed.engaged_ms if body.sealed is not None else 0]
        for entries in (body.signups, body.cancellations, body.surveys):
            newest += [entry.at_ms for entry in entries[-1:]]
        return max(newest)

    def order_before(self, at_ms: int) -> int:
        """The time of the last order before an instant; 0: none."""
        found = order_before(self.purchases, at_ms)
        return found if found or self.history is None else self.history.order_before(at_ms)

    def latest_orders(self) -> tuple[int, int]:
        """The times of the last and second-last order; 0: none."""
        last = 0
        for block in self._blocks():
            for at_ms in newest_orders(block):
                if last:
                    return last, at_ms
                last = at_ms
        return last, 0

    def _blocks(self) -> Iterator[bytes]:
        """The purchases block by block, the newest one first."""
        yield self.purchases
        if self.history is not None:
            for chunk in reversed(self.history.purchases.chunks):
                yield chunk.data

    def order_from(self, at_ms: int) -> int:
        """The time of the first order at or after an instant; 0: none."""
        found = 0 if self.history is None else self.history.order_from(at_ms)
        return found or order_from(self.purchases, at_ms)

    def add_purchase(self, entry: PurchaseEntry, identity: Identity, room: int) -> None:
        """Insert a purchase where it belongs."""
        if self.history is None or not self.history.purchases.insert(entry, room):
            self.purchases = with_purchase(self.purchases, entry)
            if len(self.purchases) > room:
                self.close_purchases(identity, room)

    def add_answer(self, entry: SurveyEntry, identity: Identity, room: int) -> None:
        """Insert an answer where it belongs."""
        surveys = self.body.surveys
        if not surveys or surveys[-1].at_ms < entry.at_ms:
            surveys.append(entry)
        elif self.history is None or not self.history.insert_answer(entry, room):
            insort(surveys, entry, key=by_identity)
        else:
            return
        self.note(entry.event_id)
        if len(surveys) * NAMED_SIZE > room:
            self.close_answers(identity, room)

    def add_signup(self, entry: SignupEntry, identity: Identity, room: int) -> None:
        """Insert a signup where it belongs."""
        signups = self.body.signups
        if not signups or signups[-1].at_ms < entry.at_ms:
            signups.append(entry)
        elif self.history is None or not self.history.insert_signup(entry, room):
            insort(signups, entry, key=by_identity)
        else:
            return
        self.note(entry.event_id)
        if len(signups) * NAMED_SIZE > room:
            self.close_life(identity, room)

    def add_cancellation(self, entry: CancellationEntry, identity: Identity, room: int) -> None:
        """Insert a cancellation where it belongs."""
        cancellations = self.body.cancellations
        if not cancellations or cancellations[-1].at_ms < entry.at_ms:
            cancellations.append(entry)
        elif self.history is None or not self.history.insert_cancellation(entry, room):
            insort(cancellations, entry, key=by_identity)
        else:
            return
        self.note(entry.event_id)
        if len(cancellations) * NAMED_SIZE > room:
            self.close_life(identity, room)

    def close_purchases(self, identity: Identity, room: int) -> None:
        """Close the oldest purchases of the head until it fits into its room (bytes)."""
        while len(self.purchases) > room:
            most = min(len(self.purchases), room) * 3 // 4 // PURCHASE_SIZE * PURCHASE_SIZE or PURCHASE_SIZE
            self._long(identity).purchases.close(self.purchases[:most])
            self.purchases = self.purchases[most:]

    def close_answers(self, identity: Identity, room: int) -> None:
        """The same for answers."""
        surveys, most = self.body.surveys, max(1, room // NAMED_SIZE)
        while len(surveys) > most:
            half = min(len(surveys), most) // 2 or 1
            self._long(identity).close_answers(surveys[:half])
            del surveys[:half]

    def close_life(self, identity: Identity, room: int) -> None:
        """The same for signups, and for cancellations."""
        signups, cancellations, most = self.body.signups, self.body.cancellations, max(1, room // NAMED_SIZE)
        while len(signups) > most:
            half = min(len(signups), most) // 2 or 1
            self._long(identity).close_signups(signups[:half])
            del signups[:half]
        while len(cancellations) > most:
            half = min(len(cancellations), most) // 2 or 1
            self._long(identity).close_cancellations(cancellations[:half])
            del cancellations[:half]

    def take_purchase(self, entry: PurchaseEntry) -> None:
        """Take out a purchase that stands."""
        at = place_of(self.purchases, pack_purchase(entry))
        if at >= 0:
            self.purchases = self.purchases[:at] + self.purchases[at + PURCHASE_SIZE :]
        else:
            assert self.history is not None  # noqa: S101 - it stands somewhere
            self.history.purchases.take(entry)
        if not self.purchases and self.history is not None:
            self.purchases = self.history.purchases.reopen()

    def take_answer(self, entry: SurveyEntry) -> None:
        """Take out an answer that stands."""
        body = self.body
        if entry in body.surveys:
            body.surveys.remove(entry)
        else:
            assert self.history is not None  # noqa: S101 - it stands somewhere
            self.history.answers.take(entry)
        if not body.surveys and self.history is not None:
            body.surveys = self.history.reopen_answers()

    def take_signup(self, entry: SignupEntry) -> None:
        """Take out a signup that stands."""
        body = self.body
        if entry in body.signups:
            body.signups.remove(entry)
        else:
            assert self.history is not None  # noqa: S101 - it stands somewhere
            self.history.signups.take(entry)
        if not body.signups and self.history is not None:
            body.signups = self.history.reopen_signups()

    def take_cancellation(self, entry: CancellationEntry) -> None:
        """Take out a cancellation that stands."""
        body = self.body
        if entry in body.cancellations:
            body.cancellations.remove(entry)
        else:
            assert self.history is not None  # noqa: S101 - it stands somewhere
            self.history.cancellations.take(entry)
        if not body.cancellations and self.history is not None:
            body.cancellations = self.history.reopen_cancellations()

    def _long(self, identity: Identity) -> History:
        if self.history is None:
            self.history = History(identity)
        return self.history

    # ---- voids

    @property
    def aims(self) -> dict[bytes, int]:
        """Digest that voids are aimed at -> the earliest date of a purchase or answer that they reach."""
        aims = self._aims
        if aims is None:
            aims = self._aims = {}
            for void in self.body.voids:
                aims[void.target] = min(void.since_ms, aims.get(void.target, void.since_ms))
        return aims

    def add_void(self, void: VoidEntry) -> None:
        """Insert a void; what it withdraws is another matter."""
        aims = self.aims
        insort(self.body.voids, void, key=_at)
        aims[void.target] = min(void.since_ms, aims.get(void.target, void.since_ms))
        self.flags |= HAS_VOIDS
        if self._apart is not None:
            self._apart.add(void.digest)

    def is_aimed_at(self, entry: Fact, digest: bytes) -> bool:
        """Whether a void that is here withdraws the event."""
        since_ms = self.aims.get(digest)
        if since_ms is not None and (
            type(entry) is SignupEntry or type(entry) is CancellationEntry or entry.at_ms >= since_ms
        ):
            return True
        if self.history is None:
            return False
        closed, _ = self.history.voids.about(digest)
        return any(void.target == digest and reaches(void, entry) for void in closed)

    def withdraw(self, entry: Fact, digest: bytes) -> None:
        """Keep an event apart that a void withdraws."""
        self.body.withdrawn.append(entry)
        if self._apart is not None:
            self._apart.add(digest)

    def keep_apart(self, voids: list[VoidEntry], withdrawn: list[Fact]) -> None:
        """Keep these voids, and what they withdrew, and no others, of a customer with closed chunks."""
        assert self.history is not None  # noqa: S101 - said above
        self.history.voids.drop()
        self.body.voids, self.body.withdrawn = voids, withdrawn
        self._aims = self._apart = None

    def is_apart(self, digest: bytes, identity: Identity) -> bool:
        """Whether an id may be that of a void, or of what voids withdrew; False is certain."""
        apart = self._apart
        if apart is None:
            body = self.body
            apart = self._apart = {void.digest for void in body.voids}
            apart.update(digest_of(entry, identity) for entry in body.withdrawn)
        return digest in apart or (self.history is not None and self.history.voids.holds(digest))

    def close_voids(self, identity: Identity, room: int) -> None:
        """Close voids and what they withdrew when the head has no room for them."""
        body = self.body
        if (len(body.voids) + len(body.withdrawn)) * NAMED_SIZE > room // _VOIDS_PART:
            self._long(identity).close_voids(body.voids, body.withdrawn)
            body.voids, body.withdrawn = [], []
            self._aims = self._apart = None

    @property
    def has_voids(self) -> bool:
        """Whether there is a void, or what one withdrew."""
        body, history = self.body, self.history
        return bool(body.voids or body.withdrawn or (history is not None and len(history.voids)))

    def voided(self) -> tuple[list[VoidEntry], list[Fact]]:
        """All voids, and all that they withdrew."""
        body, history = self.body, self.history
        voids, withdrawn = ([], []) if history is None else history.voids.all()
        return voids + body.voids, withdrawn + body.withdrawn

    def voided_as(self, digest: bytes, identity: Identity) -> tuple[list[VoidEntry], list[Fact]]:
        """The voids that have an id or are aimed at it, and what was withdrawn that has it."""
        body, history = self.body, self.history
        voids, withdrawn = ([], []) if history is None else history.voids.about(digest)
        return (
            [void for void in voids + body.voids if digest in (void.digest, void.target)],
            [entry for entry in withdrawn + body.withdrawn if digest_of(entry, identity) == digest],
        )

    # ---- packed

    def pack(self) -> bytes:
        """The packed form."""
        body = self._packed_body if self._body is None else _encode(self._body)
        if body == _EMPTY_BODY:  # looked into, and nothing there
            body = _NO_BODY
        return (
            HEADER.pack(
                self.due,
                self.engaged,
                self.first,
                self.last,
                self.second,
                self.since,
                self.profile if self.moves_to == STAYS else self.moves_to,
                self.orders,
                len(body),
                0,
                self.state,
                self.flags,
            )
            + body
            + self.purchases
        )


def unpack(packed: bytes) -> Customer:
    """The inverse of Customer.pack."""
    customer = Customer()
    (
        customer.due,
        customer.engaged,
        customer.first,
        customer.last,
        customer.second,
        customer.since,
        customer.profile,
        customer.orders,
        length,
        _,
        customer.state,
        customer.flags,
    ) = HEADER.unpack_from(packed)
    end = HEADER.size + length
    customer._packed_body = packed[HEADER.size : end]  # noqa: SLF001 - the other half of pack
    customer.purchases = packed[end:]
    customer.changed = False
    return customer
