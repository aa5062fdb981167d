"""The path of late purchases: into its place among the orders of a customer who was active then and since.

Only what the new neighbours change is changed. Held to the general path by a law.
"""

from typing import Final

from streams.core.customer.entries import Entry, PurchaseEntry
from streams.core.customer.life import ACTIVE
from streams.core.customer.record import ERASED, HAS_SEALED, PLAIN_LIFE, Customer
from streams.core.partition.paths.neighbours import band, chain, count
from streams.core.partition.store.customers import Customers

_ODD: Final = HAS_SEALED | ERASED


class LatePath:
    """The path of late purchases of one partition."""

    __slots__ = ("_customers",)

    def __init__(self, customers: Customers) -> None:
        self._customers = customers

    def take(self, key: bytes, customer: Customer | None, entry: Entry) -> bool:
        """Take a purchase or refund in; False: it is not for this path."""
        if customer is None or type(entry) is not PurchaseEntry:
            return False
        if customer.state != ACTIVE or customer.flags & _ODD or not _since(customer, entry.at_ms):
            return False
        self._apply(key, customer, entry)
        return True

    def _apply(self, key: bytes, customer: Customer, entry: PurchaseEntry) -> None:
        customers = self._customers
        count(customers, customer, entry, 1)
        if entry.amount_minor >= 0:
            old = band(customer, customers.clock)
            chain(customers, customer, entry.at_ms)
            new = band(customer, customers.clock)
            if old != new:
                customers.shift_band(customer.profile, old, new)
            customers.schedule(key, customer, customers.clock)
        customer.add_purchase(entry, customers.identity, customers.room)
        customer.changed = True
        customer.facts = None


def _since(customer: Customer, at_ms: int) -> bool:
    """Whether the customer has been active from before an instant on."""
    return at_ms > customer.since or bool(at_ms == customer.since and customer.flags & PLAIN_LIFE)
