"""The general path: any entry, in any order, into a customer's record.

The record's contribution is taken out, the entry goes to its place, and the contribution is derived anew.
``None`` means counted, a text is the reason why the entry is ignored (docs/contract.md, sections 2 and 6).
"""

from bisect import bisect_right, insort
from operator import attrgetter
from typing import Final

from streams.core.customer.derive import Facts, by_identity
from streams.core.customer.entries import (
    PURCHASE_SIZE,
    Body,
    CancellationEntry,
    KeptEntry,
    PurchaseEntry,
    SignupEntry,
    SurveyEntry,
    VoidEntry,
    pack_purchase,
    purchases_of,
)
from streams.core.customer.record import PLAIN_LIFE, Customer
from streams.core.partition.store.customers import EVERYTHING, LIFE_ALONE, Customers, Touched
from streams.core.partition.store.sealing import keep_newest, seal_by_age

SEALED: Final = "sealed"
OVERFLOW: Final = "overflow"

SURVEYS_ALONE: Final = Touched(life=False, orders=False)
ORDERS_ALONE: Final = Touched(life=False, surveys=False)
LIFE_AND_ORDERS: Final = Touched(surveys=False)

_at: Final = attrgetter("at_ms")
_order: Final = attrgetter("at_ms", "digest")


def apply_entry(customers: Customers, key: bytes, entry: KeptEntry, *, by_age: bool) -> str | None:
    """Apply an entry dated at or before the clock.

    Args:
        customers: the partition's.
        key: the customer's digest.
        entry: any entry but an erase.
        by_age: whether what is older than retention is sealed first, because the entry is as old.
    """
    customer = customers.get(key)
    if customer is None:
        customer = Customer()
        _insert(customer, entry)
        customers.put(key, customer)
        customers.enter(key, customer)
        return None
    if by_age:
        seal_by_age(customers, customer)
    reason = _refusal(customers, customer, entry)
    if reason is not None:
        return reason
    before = customers.facts(customer)
    touched = _touched(customers, customer, before, entry)
    customers.emit(customer, before, -1, touched)
    _insert(customer, entry)
    customers.enter(key, customer, touched)
    keep_newest(customers, customer)
    return None


def _touched(customers: Customers, customer: Customer, before: Facts, entry: KeptEntry) -> Touched:
    """The families that an entry may change."""
    if type(entry) is SurveyEntry:
        return SURVEYS_ALONE
    if type(entry) is PurchaseEntry:
        quiet = customers.definition.inactivity_churn_ms is None
        settled = quiet and customer.flags & PLAIN_LIFE and entry.at_ms >= customer.since
        return ORDERS_ALONE if settled else LIFE_AND_ORDERS
    if type(entry) is VoidEntry:
        return ORDERS_ALONE if _withdraws_order(customers, customer, entry) else EVERYTHING
    return EVERYTHING if _moves(customer, before, entry) else LIFE_ALONE


def _withdraws_order(customers: Customers, customer: Customer, entry: VoidEntry) -> bool:
    """Whether a void withdraws a purchase on which nothing in the customer's life depends."""
    if customers.definition.inactivity_churn_ms is not None or not customer.flags & PLAIN_LIFE:
        return False
    at_ms = next((p.at_ms for p in purchases_of(customer.purchases) if p.digest == entry.target), 0)
    return at_ms > customer.since


def _refusal(customers: Customers, customer: Customer, entry: KeptEntry) -> str | None:
    body = customer.body
    if isinstance(entry, PurchaseEntry | SurveyEntry):
        sealed = body.sealed
        return SEALED if sealed is not None and entry.at_ms <= sealed.horizon_ms else None
    kept = len(body.signups) + len(body.cancellations) + len(body.voids)
    return OVERFLOW if kept >= customers.definition.kept_life_events else None


def _moves(customer: Customer, before: Facts, entry: KeptEntry) -> bool:
    """Whether a signup gives the customer another profile."""
    if type(entry) is not SignupEntry or entry.profile == before.profile:
        return False
    signups = customer.body.signups
    return not signups or bool(customer.body.voids) or by_identity(entry) > max(map(by_identity, signups))


def _insert(customer: Customer, entry: KeptEntry) -> None:
    body: Body = customer.body
    if type(entry) is PurchaseEntry:
        _insert_purchase(customer, entry)
    elif type(entry) is VoidEntry:
        insort(body.voids, entry, key=_at)
    else:
        customer.note(entry.event_id)
        if type(entry) is SignupEntry:
            insort(body.signups, entry, key=by_identity)
        elif type(entry) is CancellationEntry:
            insort(body.cancellations, entry, key=by_identity)
        else:
            insort(body.surveys, entry, key=by_identity)
            customer.kept += 1
    customer.changed = True


def _insert_purchase(customer: Customer, entry: PurchaseEntry) -> None:
    block = customer.purchases
    at = bisect_right(purchases_of(block), _order(entry), key=_order) * PURCHASE_SIZE
    customer.purchases = block[:at] + pack_purchase(entry) + block[at:]
    customer.kept += 1
