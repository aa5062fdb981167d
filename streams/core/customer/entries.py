"""Kept events as a customer's record holds them, and what becomes of those that are kept no more.

Ids of purchases and voids are digests; signups, cancellations and surveys keep theirs, which decide ties.
There is no customer id here and no free text but ids: other texts are groups (groups.py). Purchases stand in
blocks of fixed size, sorted by time.
"""

from operator import attrgetter
from struct import Struct as Layout
from typing import Final, final

from msgspec import Raw, Struct

from streams.core.customer.identity import DIGEST_SIZE, Identity

FORM_NPS: Final = 0
"""What a survey asks, with its scale; so for the others."""
FORM_CSAT5: Final = 1
FORM_CSAT10: Final = 2
FORM_CES: Final = 3
FORM_CSAT3: Final = 4
FORM_CSAT4: Final = 5
FORM_CSAT7: Final = 6
FORM_CES5: Final = 7


@final
class SignupEntry(Struct, frozen=True, gc=False, array_like=True, tag=1):
    """A kept signup; cost in minor units."""

    at_ms: int
    event_id: str
    source: str
    profile: int
    cost_minor: int | None
    trial: bool


@final
class CancellationEntry(Struct, frozen=True, gc=False, array_like=True, tag=2):
    """A kept cancellation; ``reason`` and ``churn_type`` are groups."""

    at_ms: int
    event_id: str
    source: str
    effect_ms: int
    reason: int
    churn_type: int


@final
class SurveyEntry(Struct, frozen=True, gc=False, array_like=True, tag=3):
    """A kept answer; ``touchpoint`` is a group."""

    at_ms: int
    event_id: str
    source: str
    form: int
    score: int
    touchpoint: int


@final
class VoidEntry(Struct, frozen=True, gc=False, array_like=True, tag=4):
    """A kept void; ``target`` is empty once what it acted on became a sum of the first version."""

    at_ms: int
    digest: bytes
    target: bytes
    since_ms: int = 0
    """Purchases and answers dated before it are out of reach."""


@final
class PurchaseEntry(Struct, frozen=True, gc=False, array_like=True, tag=5):
    """A purchase or refund; ``base``: in the base currency, whose minor units the amount has."""

    at_ms: int
    digest: bytes
    amount_minor: int
    base: bool


@final
class EraseEntry(Struct, frozen=True, gc=False, array_like=True, tag=6):
    """An erase, parked until its time."""

    at_ms: int


Fact = SignupEntry | CancellationEntry | SurveyEntry | PurchaseEntry
"""What a void can withdraw."""
KeptEntry = SignupEntry | CancellationEntry | SurveyEntry | VoidEntry | PurchaseEntry
"""What a record keeps."""
Entry = KeptEntry | EraseEntry


class ParkedEntry(Struct, frozen=True, array_like=True):
    """An entry that waits for its time; ``digest`` is the event's."""

    digest: bytes
    kind: str
    entry: Entry


class VoidChunk(Struct, gc=False, array_like=True):
    """Voids, and events that voids withdrew: of these voids or of others."""

    voids: list[VoidEntry]
    withdrawn: list[Fact]


class EraseMarker(Struct, frozen=True, array_like=True):
    """What an erase leaves under the customer's digest: when erases acted, and up to when they reach."""

    acted_ms: int
    received_ms: int


class Vote(Struct, frozen=True, gc=False, array_like=True):
    """An NPS answer that was sealed and may be the latest one of its touchpoint."""

    at_ms: int
    score: int


class Sealed(Struct, gc=False, array_like=True):
    """Sums of purchases and surveys, which the first version made of all but the newest 64."""

    horizon_ms: int = 0
    """Time of the newest sealed event, withdrawn or not."""
    engaged_ms: int = 0
    """Time of the newest sealed event that stands."""
    orders: int = 0
    first_ms: int = 0
    last_ms: int = 0
    second_ms: int = 0
    sums: dict[int, Raw] = {}
    """Pane end -> group (-1: the profile) -> flat (quantity code, amount) pairs, packed; see sealing.py."""
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
    withdrawn: list[SignupEntry | CancellationEntry | SurveyEntry | PurchaseEntry] = []
    """What voids took out: known still, and it comes back if an erase parts it from its void."""


by_identity: Final = attrgetter("at_ms", "event_id", "source")
"""The order of one customer's signups, cancellations and surveys."""
PURCHASE: Final = Layout(f"<{DIGEST_SIZE}sqq")
"""digest, time, amount * 2 + base."""
PURCHASE_SIZE: Final = PURCHASE.size


def last_purchase_ms(block: bytes) -> int:
    """Time of the newest entry of a purchases block; 0: none."""
    return int.from_bytes(block[-16:-8], "little") if block else 0


def reaches(void: VoidEntry, entry: Fact) -> bool:
    """Whether a void that is aimed at an event's id withdraws it."""
    kind = type(entry)
    return kind is SignupEntry or kind is CancellationEntry or entry.at_ms >= void.since_ms


def digest_of(entry: Fact, identity: Identity) -> bytes:
    """The digest of an event's identity."""
    if type(entry) is PurchaseEntry:
        return entry.digest
    return identity.event(entry.source, entry.event_id)


def purchases_of(block: bytes) -> list[PurchaseEntry]:
    """The entries of a purchases block, oldest first."""
    return [
        PurchaseEntry(at_ms, digest, packed >> 1, bool(packed & 1))
        for digest, at_ms, packed in PURCHASE.iter_unpack(block)
    ]


def pack_purchase(entry: PurchaseEntry) -> bytes:
    """One entry of a purchases block."""
    return PURCHASE.pack(entry.digest, entry.at_ms, entry.amount_minor << 1 | entry.base)
