"""Erasure of a customer with closed chunks: the record stays what it is, under another key.

What is dated after the erase is taken out of it and begins a new person, event by event. The rest counts as
before, but for the end of life. Ids go little by little before the record is written (Customers.drain): the
work is in proportion to the chunks, in steps, and until all is written nothing of the erase is committed.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Final

from streams.core.customer.derive import void_pending
from streams.core.customer.entries import Fact, VoidEntry, digest_of, purchases_of
from streams.core.customer.identity import DIGEST_SIZE
from streams.core.customer.record import ERASED, HAS_VOIDS, Customer
from streams.core.partition.paths.dispatch import Paths
from streams.core.partition.paths.living import is_long
from streams.core.partition.store.customers import ANONYMOUS, Customers

_NOBODYS: Final = VoidEntry(0, bytes(DIGEST_SIZE), b"\xff" * DIGEST_SIZE)
_at: Final = attrgetter("at_ms")


def has_chunks(customer: Customer) -> bool:
    """Whether any event of a customer is closed, and nothing of them are sums of the first version."""
    history = customer.history
    return history is not None and history.holds_any and is_long(customer)


def holds_anything(customer: Customer) -> bool:
    """Whether a record says anything of a customer."""
    body = customer.body
    events = body.signups or body.cancellations or body.surveys or body.voids or body.withdrawn
    return bool(events or customer.purchases or body.sealed is not None)


def erase_long(
    customers: Customers, paths: Paths, key: bytes, at_ms: int, entropy: Callable[[], bytes]
) -> None:
    """Erase a customer of a long life as of ``at_ms``, which is not after the clock."""
    customer = customers.get(key)
    assert customer is not None  # noqa: S101 - it has chunks
    voids = [void for void in customer.voided()[0] if void.at_ms > at_ms]
    later = _part(customers, paths, key, customer, at_ms)
    customers.settled(customer)  # nobody can later tell from where to where
    paths.living.close(customer, at_ms)
    if holds_anything(customer):
        anonymous = ANONYMOUS + entropy()
        _make_anonymous(customers, customer, at_ms)
        customers.rename(key, anonymous, customer)
        if customer.due <= customers.clock:
            customers.forget(anonymous, customer)
    else:
        customers.remove(key)
    for void in voids:
        paths.apply(key, void)
    for entry in sorted(later, key=_at):
        paths.apply(key, entry)


def _make_anonymous(customers: Customers, customer: Customer, at_ms: int) -> None:
    pending = void_pending(customer, customers.identity)
    customer.keep_apart([_NOBODYS] * pending, [])
    customer.body.erased_ms = at_ms
    customer.due = at_ms + customers.definition.reach_ms
    customer.flags = ERASED | (HAS_VOIDS if pending else 0)


def _part(customers: Customers, paths: Paths, key: bytes, customer: Customer, at_ms: int) -> list[Fact]:
    """Take out what is later than an instant, and what a later void withdrew back in; what was taken out."""
    identity = customers.identity
    voids, withdrawn = customer.voided()
    later = _later(customer, at_ms)
    customers.void_pending -= void_pending(customer, identity)
    for entry in reversed(later):
        paths.voids.take_out(key, customer, entry)
    customer.keep_apart([void for void in voids if void.at_ms <= at_ms], [])
    for entry in withdrawn:
        digest = digest_of(entry, identity)
        if entry.at_ms > at_ms:
            later.append(entry)
        elif customer.is_aimed_at(entry, digest):
            customer.withdraw(entry, digest)
        else:
            paths.insert(key, customer, entry)
    customers.void_pending += void_pending(customer, identity)
    return later


def _later(customer: Customer, at_ms: int) -> list[Fact]:
    """The events that stand and are dated after an instant, by time."""
    body, history = customer.body, customer.history
    assert history is not None  # noqa: S101 - it has chunks
    head: list[Fact] = [*body.signups, *body.cancellations, *body.surveys, *purchases_of(customer.purchases)]
    return sorted([entry for entry in history.after(at_ms) + head if entry.at_ms > at_ms], key=_at)
