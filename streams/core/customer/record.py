"""One customer's record: a fixed header and a body, and their packed form (which the changelog keeps).

The header is all that recovery, timers and the in-order path need of most customers. The body holds the
kept events (docs/contract.md, section 2): life events, surveys and voids as entries, purchases as fixed
blocks sorted by time, and what was sealed as sums. Ids of purchases and voids are digests; there is no
customer id here and no free text but ids and interned values.

Records hold only events that are not after the partition's clock: later ones are parked (parking.py).
"""

from struct import Struct as Layout
from typing import Any, Final

import msgspec

from streams.core.customer.entries import Body

NEVER: Final = 0
"""Where a customer stands in life: not yet active, active, or gone."""
ACTIVE: Final = 1
LEFT: Final = 2


# Flags of the header. The lowest two bits are the customer's standing (risk.py); the rest are shortcuts that
# derive.py sets.
STANDING: Final = 3
PLAIN_LIFE: Final = 4
"""Active since its first and only activation; nothing pending."""
HAS_VOIDS: Final = 8
HAS_SEALED: Final = 16
ERASED: Final = 32
"""An anonymous person: what an erase left."""


HEADER: Final = Layout("<6qIIIHBB")
"""due, engaged, first, last, second, since; profile, orders, body length; kept, state, flags."""
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
        orders: number of orders, sealed ones included.
        kept: number of kept purchases and surveys.
    """

    __slots__ = (
        "_body",
        "_lately",
        "_packed_body",
        "changed",
        "due",
        "engaged",
        "facts",
        "first",
        "flags",
        "kept",
        "last",
        "orders",
        "profile",
        "purchases",
        "second",
        "since",
        "state",
    )

    def __init__(self) -> None:
        self.due = self.engaged = self.first = self.last = self.second = self.since = 0
        self.profile = self.orders = self.kept = 0
        self.state = NEVER
        self.flags = 0
        self.purchases = b""
        self.changed = True
        self.facts: Any = None
        """What derive.py last found (Facts); None once the record changed."""
        self._body: Body | None = None
        self._packed_body = _NO_BODY
        self._lately: set[str] | None = None

    @property
    def body(self) -> Body:
        """The body, decoded at its first use; whoever changes it sets ``changed``."""
        body = self._body
        if body is None:
            body = self._body = _decode_body(self._packed_body) if self._packed_body else Body()
        return body

    def note(self, event_id: str) -> None:
        """Remember the id of an entry that the body takes; not of purchases and voids.

        A replay never lays a record to rest: ids of what was sealed meanwhile are dropped now and then.
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
        return bool(self._packed_body) and self._packed_body.find(event_id.encode()) >= 0

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
                self.profile,
                self.orders,
                len(body),
                self.kept,
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
        customer.kept,
        customer.state,
        customer.flags,
    ) = HEADER.unpack_from(packed)
    end = HEADER.size + length
    customer._packed_body = packed[HEADER.size : end]  # noqa: SLF001 - the other half of pack
    customer.purchases = packed[end:]
    customer.changed = False
    return customer
