"""The general path: any entry, in any order, into a customer's record.

The record's contribution is taken out, the entry goes to its place, and the contribution is derived anew.
"""

from typing import Final

from streams.core.customer.blocks import bought_as
from streams.core.customer.derive import Facts
from streams.core.customer.entries import (
    Fact,
    KeptEntry,
    PurchaseEntry,
    SignupEntry,
    SurveyEntry,
    VoidEntry,
    by_identity,
    digest_of,
    reaches,
)
from streams.core.customer.identity import Identity
from streams.core.customer.record import PLAIN_LIFE, Customer
from streams.core.partition.store.customers import EVERYTHING, LIFE_ALONE, Customers, Touched

SURVEYS_ALONE: Final = Touched(life=False, orders=False)
ORDERS_ALONE: Final = Touched(life=False, surveys=False)
LIFE_AND_ORDERS: Final = Touched(surveys=False)
NOTHING: Final = Touched(life=False, orders=False, surveys=False)


def apply_entry(customers: Customers, key: bytes, entry: KeptEntry) -> None:
    """Apply an entry dated at or before the clock.

    Args:
        customers: the partition's.
        key: the customer's digest.
        entry: any entry but an erase, and not one that a void here is aimed at.
    """
    customer = customers.get(key)
    if customer is None:
        customer = Customer()
        _insert(customers, customer, entry, [])
        customers.put(key, customer)
        customers.enter(key, customer)
        return
    targets = targets_of(customer, entry, customers.identity) if type(entry) is VoidEntry else []
    before = customers.facts(customer)
    touched = _touched(customers, customer, before, targets[0] if targets else entry)
    if targets[1:] or (targets and type(targets[0]) is SignupEntry):
        touched = EVERYTHING
    customers.emit(customer, before, -1, touched)
    _insert(customers, customer, entry, targets)
    customers.enter(key, customer, touched)


def targets_of(customer: Customer, void: VoidEntry, identity: Identity) -> list[Fact]:
    """What a void withdraws of what stands: one event, or more if its id was forgotten between."""
    body, target = customer.body, void.target
    found: list[Fact] = [*body.signups, *body.cancellations, *body.surveys]
    found = [entry for entry in found if digest_of(entry, identity) == target]
    found += bought_as(customer.purchases, target)
    if customer.history is not None:
        found += customer.history.purchases.known_as(target)
        found += customer.history.answers.known_as(target)
        found += customer.history.signups.known_as(target)
        found += customer.history.cancellations.known_as(target)
    return [entry for entry in found if reaches(void, entry)]


def _touched(customers: Customers, customer: Customer, before: Facts, entry: KeptEntry) -> Touched:
    """The families that an entry may change when it comes, or when it is withdrawn."""
    if type(entry) is SurveyEntry:
        return SURVEYS_ALONE
    if type(entry) is PurchaseEntry:
        quiet = customers.definition.inactivity_churn_ms is None
        settled = quiet and customer.flags & PLAIN_LIFE and entry.at_ms > customer.since
        return ORDERS_ALONE if settled else LIFE_AND_ORDERS
    if type(entry) is VoidEntry:
        return NOTHING
    return EVERYTHING if _moves(customer, before, entry) else LIFE_ALONE


def _moves(customer: Customer, before: Facts, entry: KeptEntry) -> bool:
    """Whether a signup gives the customer another profile."""
    if type(entry) is not SignupEntry:
        return False
    signups = customer.body.signups
    return not signups or (entry.profile != before.profile and by_identity(entry) > by_identity(signups[-1]))


def _insert(customers: Customers, customer: Customer, entry: KeptEntry, targets: list[Fact]) -> None:
    identity, room = customers.identity, customers.room
    if type(entry) is PurchaseEntry:
        customer.add_purchase(entry, identity, room)
    elif type(entry) is SurveyEntry:
        customer.add_answer(entry, identity, room)
    elif type(entry) is VoidEntry:
        for target in targets:
            take_out(customer, target)
            customer.withdraw(target, entry.target)
        customer.add_void(entry)
        customer.close_voids(identity, room)
    elif type(entry) is SignupEntry:
        customer.add_signup(entry, identity, room)
    else:
        customer.add_cancellation(entry, identity, room)
    customer.changed = True


def take_out(customer: Customer, entry: Fact) -> None:
    """Take an event out of what stands."""
    if type(entry) is PurchaseEntry:
        customer.take_purchase(entry)
    elif type(entry) is SurveyEntry:
        customer.take_answer(entry)
    elif type(entry) is SignupEntry:
        customer.take_signup(entry)
    else:
        customer.take_cancellation(entry)
