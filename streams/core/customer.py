"""One customer's record: a fixed header and a body, and their packed form (which the changelog keeps).

The header is all that recovery, timers and the in-order path need of most customers. The body holds the
kept events (docs/contract.md, section 2): life events, surveys and voids as entries, purchases as fixed
blocks sorted by time, and what was sealed as sums. Ids of purchases and voids are digests; there is no
customer id here and no free text but ids and interned values.

Records hold only events that are not after the partition's clock: later ones are parked (parking.py).
"""

from enum import IntEnum
from struct import Struct as Layout
from typing import Any

import msgspec
from msgspec import Struct

from streams.core.identity import DIGEST_SIZE


class State(IntEnum):
    """Where a customer stands in life."""

    NEVER = 0
    ACTIVE = 1
    LEFT = 2


class Form(IntEnum):
    """What a survey asks, with its scale."""

    NPS = 0
    CSAT5 = 1
    CSAT10 = 2
    CES = 3


# Flags of the header. The lowest two bits are the customer's standing (risk.py); the rest are shortcuts that
# derive.py sets.
STANDING = 3
PLAIN_LIFE = 4
"""Active since its first and only activation, which had no cost; nothing pending."""
HAS_SURVEYS = 8
HAS_VOIDS = 16
HAS_SEALED = 32
ERASED = 64
"""An anonymous person: what an erase left."""


class SignupEntry(Struct, frozen=True, gc=False, array_like=True, tag=1):
    """A kept signup; cost in minor units."""

    at_ms: int
    event_id: str
    source: str
    cohort: int
    cost_minor: int | None
    trial: bool


class CancellationEntry(Struct, frozen=True, gc=False, array_like=True, tag=2):
    """A kept cancellation; ``reason`` and ``churn_type`` are groups."""

    at_ms: int
    event_id: str
    source: str
    effect_ms: int
    reason: int
    churn_type: int


class SurveyEntry(Struct, frozen=True, gc=False, array_like=True, tag=3):
    """A kept answer; ``touchpoint`` is a group."""

    at_ms: int
    event_id: str
    source: str
    form: int
    score: int
    touchpoint: int


class VoidEntry(Struct, frozen=True, gc=False, array_like=True, tag=4):
    """A kept void; ``target`` is empty once it acted on an event that was sealed since."""

    at_ms: int
    digest: bytes
    target: bytes


class PurchaseEntry(Struct, frozen=True, gc=False, array_like=True, tag=5):
    """A purchase or refund; ``base``: in the base currency, whose minor units the amount has."""

    at_ms: int
    digest: bytes
    amount_minor: int
    base: bool


class EraseEntry(Struct, frozen=True, gc=False, array_like=True, tag=6):
    """An erase, parked until its time."""

    at_ms: int


Entry = SignupEntry | CancellationEntry | SurveyEntry | VoidEntry | PurchaseEntry | EraseEntry


class Vote(Struct, frozen=True, gc=False, array_like=True):
    """An NPS answer that was sealed and may be the latest one of its touchpoint."""

    at_ms: int
    score: int


class Sealed(Struct, gc=False, array_like=True):
    """What is left of purchases and surveys beyond the kept ones."""

    horizon_ms: int = 0
    """Time of the newest sealed event, withdrawn or not."""
    engaged_ms: int = 0
    """Time of the newest sealed event that stands."""
    orders: int = 0
    first_ms: int = 0
    last_ms: int = 0
    second_ms: int = 0
    sums: dict[int, dict[int, list[int]]] = {}
    """Pane end -> group (-1: the cohort) -> flat (quantity code, amount) pairs; see sealing.py."""
    votes: dict[int, Vote] = {}
    """Touchpoint -> its latest sealed NPS answer; the latest of all comes last."""


class Body(Struct, gc=False, array_like=True, omit_defaults=True):
    """Everything of a record but header and purchases."""

    signups: list[SignupEntry] = []
    cancellations: list[CancellationEntry] = []
    surveys: list[SurveyEntry] = []
    voids: list[VoidEntry] = []
    activity: list[int] = []
    """Times of sealed orders that life still depends on."""
    sealed: Sealed | None = None
    erased_ms: int = 0


HEADER = Layout("<6qIIIHBB")
"""due, engaged, first, last, second, since; cohort, orders, body length; kept, state, flags."""
PURCHASE = Layout(f"<{DIGEST_SIZE}sqq")
"""digest, time, amount * 2 + base."""
PURCHASE_SIZE = PURCHASE.size

_encode = msgspec.msgpack.Encoder().encode
_decode_body = msgspec.msgpack.Decoder(Body).decode
_NO_BODY = b""


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
        "_packed_body",
        "changed",
        "cohort",
        "due",
        "engaged",
        "facts",
        "first",
        "flags",
        "kept",
        "last",
        "orders",
        "purchases",
        "second",
        "since",
        "state",
    )

    def __init__(self) -> None:
        self.due = self.engaged = self.first = self.last = self.second = self.since = 0
        self.cohort = self.orders = self.kept = 0
        self.state: int = State.NEVER
        self.flags = 0
        self.purchases = b""
        self.changed = True
        self.facts: Any = None
        """What derive.py last found (Facts); None once the record changed."""
        self._body: Body | None = None
        self._packed_body = _NO_BODY

    @property
    def body(self) -> Body:
        """The body, decoded at its first use; whoever changes it sets ``changed``."""
        body = self._body
        if body is None:
            body = self._body = _decode_body(self._packed_body) if self._packed_body else Body()
        return body

    def seems_known(self, digest: bytes, event_id: str) -> bool:
        """Whether an event might be kept here; False is certain, True wants a closer look."""
        if digest in self.purchases:
            return True
        if self._body is None:
            return bool(self._packed_body) and (
                event_id.encode() in self._packed_body or digest in self._packed_body
            )
        for named in (self._body.signups, self._body.surveys, self._body.cancellations):
            for entry in named:
                if entry.event_id == event_id:
                    return True
        return any(void.digest == digest for void in self._body.voids) if self._body.voids else False

    def pack(self) -> bytes:
        """The packed form."""
        body = self._packed_body if self._body is None else _encode(self._body)
        return (
            HEADER.pack(
                self.due,
                self.engaged,
                self.first,
                self.last,
                self.second,
                self.since,
                self.cohort,
                self.orders,
                len(body),
                self.kept,
                self.state,
                self.flags,
            )
            + body
            + self.purchases
        )


def last_purchase_ms(block: bytes) -> int:
    """Time of the newest entry of a purchases block; 0: none."""
    return int.from_bytes(block[-16:-8], "little") if block else 0


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
        customer.cohort,
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


def purchases_of(block: bytes) -> list[PurchaseEntry]:
    """The entries of a purchases block, oldest first."""
    return [
        PurchaseEntry(at_ms, digest, packed >> 1, bool(packed & 1))
        for digest, at_ms, packed in PURCHASE.iter_unpack(block)
    ]


def pack_purchase(entry: PurchaseEntry) -> bytes:
    """One entry of a purchases block."""
    return PURCHASE.pack(entry.digest, entry.at_ms, entry.amount_minor << 1 | entry.base)
