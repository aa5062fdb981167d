"""Erasure: a customer's record goes, an anonymous person stays until the windows have passed.

The erase acts at its own time on what is dated at or before it; later-dated events begin a new person. What
stays has times, amounts and a profile, no ids: event ids become their rank, which keeps the order of ties.
A marker keeps, under the keyed digest, when erases acted and were received (docs/contract.md, section 7).
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final, TypeVar

from msgspec.structs import replace

from streams.core.customer.derive import by_identity
from streams.core.customer.entries import (
    Body,
    CancellationEntry,
    PurchaseEntry,
    SignupEntry,
    SurveyEntry,
    VoidEntry,
    pack_purchase,
    purchases_of,
)
from streams.core.customer.identity import DIGEST_SIZE
from streams.core.customer.record import Customer
from streams.core.partition.store.customers import ANONYMOUS, Customers

_NO_DIGEST: Final = bytes(DIGEST_SIZE)
_NO_TARGET: Final = b"\xff" * DIGEST_SIZE
_by_name: Final = attrgetter("event_id", "source")
_Named = TypeVar("_Named", SignupEntry, CancellationEntry, SurveyEntry)


def erase(customers: Customers, key: bytes, at_ms: int, entropy: Callable[[], bytes]) -> None:
    """Erase a customer as of ``at_ms``, which is not after the clock; an unknown one is no error."""
    customer = customers.get(key)
    if customer is None:
        return
    customers.emit(customer, customers.facts(customer), -1)
    past, rest = _split(customer, at_ms)
    customers.remove(key)
    _strip_voided(customers, past)
    if _holds_anything(past) and at_ms > customers.clock - customers.definition.reach_ms:
        past.body.erased_ms = at_ms
        anonymous = ANONYMOUS + entropy()
        customers.put(anonymous, past)
        customers.enter(anonymous, past)
    if _holds_anything(rest):
        for named in (rest.body.signups, rest.body.cancellations, rest.body.surveys):
            for entry in named:
                rest.note(entry.event_id)
        customers.put(key, rest)
        customers.enter(key, rest)


def _split(customer: Customer, at_ms: int) -> tuple[Customer, Customer]:
    """What is dated at or before an instant, and what is after it."""
    body = customer.body
    bought = purchases_of(customer.purchases)
    past, rest = Customer(), Customer()
    for side, holds in ((past, True), (rest, False)):
        mine = side.body
        mine.signups = [e for e in body.signups if (e.at_ms <= at_ms) is holds]
        mine.cancellations = [e for e in body.cancellations if (e.at_ms <= at_ms) is holds]
        mine.surveys = [e for e in body.surveys if (e.at_ms <= at_ms) is holds]
        mine.voids = [e for e in body.voids if (e.at_ms <= at_ms) is holds]
        mine.activity = [x for x in body.activity if (x <= at_ms) is holds]
        purchases = [p for p in bought if (p.at_ms <= at_ms) is holds]
        side.purchases = b"".join(map(pack_purchase, purchases))
        side.kept = len(purchases) + len(mine.surveys)
    past.body.sealed = body.sealed
    return past, rest


def _strip_voided(customers: Customers, past: Customer) -> None:
    """Drop what voids withdrew, then the voids and every id."""
    facts = customers.facts(past)
    body: Body = past.body
    withdrawn = {void.target for void in body.voids}
    kept = [c for c in body.cancellations if customers.identity.event(c.source, c.event_id) not in withdrawn]
    signups = [s for s in body.signups if customers.identity.event(s.source, s.event_id) not in withdrawn]
    body.cancellations = _nameless(kept)
    body.signups = _nameless(signups)
    body.surveys = _nameless(facts.surveys)
    body.voids = [VoidEntry(0, _NO_DIGEST, _NO_TARGET)] * facts.void_pending
    purchases = purchases_of(facts.purchases)
    past.purchases = b"".join(pack_purchase(_no_digest(p)) for p in purchases)
    past.kept = len(purchases) + len(facts.surveys)


def _nameless(entries: Sequence[_Named]) -> list[_Named]:
    """Ranks for ids: they decide ties of any two times, those of events as well as those of effects."""
    ranked = sorted(entries, key=_by_name)
    nameless = [replace(entry, event_id=f"{rank:04d}", source="") for rank, entry in enumerate(ranked)]
    return sorted(nameless, key=by_identity)


def _no_digest(entry: PurchaseEntry) -> PurchaseEntry:
    return replace(entry, digest=_NO_DIGEST)


def _holds_anything(customer: Customer) -> bool:
    body = customer.body
    events = body.signups or body.cancellations or body.surveys or body.voids or body.sealed is not None
    return bool(events or customer.purchases)
