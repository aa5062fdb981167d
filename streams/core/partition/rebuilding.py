"""Panes, gauges and timers from the records, as of the clock: what recovery does once they are read back."""

from streams.core.customer.entries import Fact, digest_of, purchases_of
from streams.core.customer.record import HAS_VOIDS, Customer, unpack
from streams.core.partition.paths.general import take_out
from streams.core.partition.plain import emit_plain, is_plain
from streams.core.partition.store.customers import Customers


def rebuild(customers: Customers) -> None:
    """Add what every record at rest contributes, and set its timer."""
    clock = customers.clock
    for key in customers.cold:
        customer = customers.read(key)
        assert customer is not None  # noqa: S101 - it is there
        if is_plain(customer) and not 0 < customer.due <= clock:
            emit_plain(customers, customer)
        else:
            facts = customers.facts(customer)
            customers.emit(customer, facts, 1)
            customers.recovered(customer, facts)
        customers.schedule(key, customer, clock)


def renew(customers: Customers) -> dict[bytes, Customer]:
    """Set apart what voids withdrew in records of the first version; those records, to be written."""
    renewed = {}
    for key, packed in customers.cold.items():
        customer = unpack(packed)
        if not customer.flags & HAS_VOIDS:
            continue
        body = customer.body
        facts: list[Fact] = [*body.signups, *body.cancellations, *body.surveys]
        facts += purchases_of(customer.purchases)
        for entry in facts:
            digest = digest_of(entry, customers.identity)
            if customer.is_aimed_at(entry, digest):
                take_out(customer, entry)
                customer.withdraw(entry, digest)
        customers.cold[key] = customer.pack()
        customer.changed = True
        renewed[key] = customer
    return renewed
