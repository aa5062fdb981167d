"""What a record keeps: the newest purchases and surveys; older ones are sealed (docs/contract.md, section 2).

Sealing changes the form of a record, never what it contributes.
"""

from bisect import insort

from streams.core.counting.sealed_sums import seal_purchase, seal_survey, sealed_of
from streams.core.customer.entries import PURCHASE_SIZE, Body, PurchaseEntry, VoidEntry, purchases_of
from streams.core.customer.life import NEW, REACTIVATED
from streams.core.customer.record import HAS_SEALED, PLAIN_LIFE, Customer
from streams.core.partition.store.customers import Customers


def keep_newest(customers: Customers, customer: Customer) -> None:
    """Seal what is beyond the newest kept ones."""
    while customer.kept > customers.definition.kept_events:
        seal_oldest(customers, customer)


def seal_by_age(customers: Customers, customer: Customer) -> None:
    """Before an event older than retention is judged: seal what is as old."""
    while customer.kept and _oldest_ms(customer) <= customers.oldest_ms:
        seal_oldest(customers, customer)


def _oldest_ms(customer: Customer) -> int:
    times = [entry.at_ms for entry in purchases_of(customer.purchases[:PURCHASE_SIZE])]
    times += [entry.at_ms for entry in customer.body.surveys[:1]]
    return min(times)


def seal_oldest(customers: Customers, customer: Customer) -> None:
    """Seal the oldest kept purchase or survey; what the record contributes stays the same."""
    body = customer.body
    surveys = body.surveys
    first = purchases_of(customer.purchases[:PURCHASE_SIZE])
    panes = customers.families.orders
    sealed = sealed_of(customer)
    if first and (not surveys or first[0].at_ms <= surveys[0].at_ms):
        bought = first[0]
        sealed.horizon_ms = bought.at_ms
        if not _settled(body, bought.digest):
            _keep_activity(customers, customer, bought)
            seal_purchase(sealed, bought, panes, customers.lengths)
        customer.purchases = customer.purchases[PURCHASE_SIZE:]
    else:
        oldest = surveys.pop(0)
        sealed.horizon_ms = oldest.at_ms
        if not _settled(body, customers.identity.event(oldest.source, oldest.event_id)):
            seal_survey(sealed, oldest, panes)
    customer.kept -= 1
    customer.flags |= HAS_SEALED
    customer.changed = True
    customer.facts = None


def _settled(body: Body, digest: bytes) -> bool:
    """Whether a void had withdrawn the event; its target is then settled for good."""
    found = False
    for at, void in enumerate(body.voids):
        if void.target == digest:
            body.voids[at] = VoidEntry(void.at_ms, void.digest, b"")
            found = True
    return found


def _keep_activity(customers: Customers, customer: Customer, entry: PurchaseEntry) -> None:
    """A sealed order at whose time an activation stands goes on activating; it goes on being activity too.

    Activity matters where quiet customers leave: of what lies between two orders no further apart than that,
    nothing needs to stay.
    """
    quiet_ms = customers.definition.inactivity_churn_ms
    if customer.flags & PLAIN_LIFE:
        activations = [customer.since]
    else:
        transitions = customers.facts(customer).life.transitions
        activations = [x.at_ms for x in transitions if x.kind in (NEW, REACTIVATED)]
    if entry.amount_minor < 0 or (quiet_ms is None and entry.at_ms not in activations):
        return
    kept = customer.body.activity
    insort(kept, entry.at_ms)
    if quiet_ms is not None and kept[:-2] and kept[-1] - kept[-3] <= quiet_ms and kept[-2] not in activations:
        del kept[-2]
