"""Erasure: a customer's record goes, an anonymous person stays until the windows have passed.

The erase acts at its own time on what is dated at or before it; later-dated events begin a new person. What
stays has times, amounts and a profile, no ids: event ids become their rank, which keeps the order of ties.
A marker keeps, under the keyed digest, when erases acted and were received (docs/contract.md, section 7).
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from streams.core.customer.derive import void_pending
from streams.core.customer.entries import (
    Body,
    CancellationEntry,
    Fact,
    PurchaseEntry,
    SignupEntry,
    SurveyEntry,
    VoidEntry,
    by_identity,
    digest_of,
    pack_purchase,
    purchases_of,
)
from streams.core.customer.identity import DIGEST_SIZE
from streams.core.customer.record import Customer
from streams.core.partition.long_erasure import erase_long, has_chunks, holds_anything
from streams.core.partition.paths.dispatch import Paths
from streams.core.partition.store.customers import ANONYMOUS, Customers

_NO_DIGEST: Final = bytes(DIGEST_SIZE)
_NO_TARGET: Final = b"\xff" * DIGEST_SIZE
_by_name: Final = attrgetter("event_id", "source")
_order: Final = attrgetter("at_ms", "digest")
_Named = TypeVar("_Named", SignupEntry, CancellationEntry, SurveyEntry)


def erase(customers: Customers, paths: Paths, key: bytes, at_ms: int, entropy: Callable[[], bytes]) -> None:
    """Erase a customer as of ``at_ms``, which is not after the clock; an unknown one is no error."""
    customer = customers.get(key)
    if customer is None:
        return
    if has_chunks(customer):
        erase_long(customers, paths, key, at_ms, entropy)
        return
    customers.emit(customer, customers.facts(customer), -1)
    past, rest = (_part(customers, customer, at_ms, past=side) for side in (True, False))
    customers.remove(key)
    past.body.sealed = customer.body.sealed
    pending = void_pending(past, customers.identity)
    if holds_anything(past) and at_ms > customers.clock - customers.definition.reach_ms:
        _forget_names(past, pending)
        past.body.erased_ms = at_ms
        _enter(customers, ANONYMOUS + entropy(), past)
    if holds_anything(rest):
        for named in (rest.body.signups, rest.body.cancellations, rest.body.surveys):
            for entry in named:
                rest.note(entry.event_id)
        _enter(customers, key, rest)


def _enter(customers: Customers, key: bytes, customer: Customer) -> None:
    customer.close_purchases(customers.identity, customers.room)
    customer.close_answers(customers.identity, customers.room)
    customer.close_life(customers.identity, customers.room)
    if not customer.body.erased_ms:
        customer.close_voids(customers.identity, customers.room)
    customers.put(key, customer)
    customers.enter(key, customer)


def _part(customers: Customers, customer: Customer, at_ms: int, *, past: bool) -> Customer:
    """What is dated at or before an instant, or what is after it; voids reach their own part alone."""
    body, identity, part = customer.body, customers.identity, Customer()
    part.body.activity = [x for x in body.activity if (x <= at_ms) is past]
    voids, withdrawn = customer.voided()
    for void in voids:
        if (void.at_ms <= at_ms) is past:
            part.add_void(void)
    everything: list[Fact] = [*customer.signups, *customer.cancellations, *customer.answered, *withdrawn]
    everything += purchases_of(customer.bought)
    bought: list[PurchaseEntry] = []
    for entry in everything:
        if (entry.at_ms <= at_ms) is not past:
            continue
        if part.body.voids and part.is_aimed_at(entry, digest_of(entry, identity)):
            part.body.withdrawn.append(entry)
        elif type(entry) is PurchaseEntry:
            bought.append(entry)
        else:
            _list_of(part.body, entry).append(entry)
    for named in (part.body.signups, part.body.cancellations, part.body.surveys):
        named.sort(key=by_identity)
    part.purchases = b"".join(map(pack_purchase, sorted(bought, key=_order)))
    return part


def _list_of(body: Body, entry: Fact) -> list[Any]:
    if type(entry) is SignupEntry:
        return body.signups
    return body.cancellations if type(entry) is CancellationEntry else body.surveys


def _forget_names(past: Customer, pending: int) -> None:
    """Drop what voids withdrew, the voids and every id."""
    body = past.body
    body.cancellations = _nameless(body.cancellations)
    body.signups = _nameless(body.signups)
    body.surveys = _nameless(body.surveys)
    body.withdrawn = []
    body.voids = [VoidEntry(0, _NO_DIGEST, _NO_TARGET)] * pending
    past.purchases = b"".join(pack_purchase(_no_digest(p)) for p in purchases_of(past.purchases))


def _nameless(entries: Sequence[_Named]) -> list[_Named]:
    """Ranks for ids: they decide ties of any two times, those of events as well as those of effects."""
    ranked = sorted(entries, key=_by_name)
    width = max(4, len(str(len(ranked))))
    nameless = [replace(entry, event_id=f"{rank:0{width}d}", source="") for rank, entry in enumerate(ranked)]
    return sorted(nameless, key=by_identity)


def _no_digest(entry: PurchaseEntry) -> PurchaseEntry:
    return replace(entry, digest=_NO_DIGEST)
