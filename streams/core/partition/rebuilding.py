"""Panes, gauges and timers from the records, as of the clock: what recovery does once they are read back."""

from streams.core.customer.record import unpack
from streams.core.partition.plain import emit_plain, is_plain
from streams.core.partition.store.customers import Customers


def rebuild(customers: Customers) -> None:
    """Add what every record at rest contributes, and set its timer."""
    clock = customers.clock
    for key, packed in customers.cold.items():
        customer = unpack(packed)
        if is_plain(customer) and not 0 < customer.due <= clock:
            emit_plain(customers, customer)
        else:
            customers.emit(customer, customers.facts(customer), 1)
        customers.schedule(key, customer, clock)
