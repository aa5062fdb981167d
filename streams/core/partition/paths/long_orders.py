"""The path of purchases of customers with closed chunks on which life may depend, and of their voids.

Who left comes back by an order that is not the newest event, or comes back by none; who is quiet for too long
leaves. Life is derived on from the order (living.py), and the rest changes with its neighbours alone. Held to
the general path by a law, like the other paths beside it.
"""

from streams.core.customer.entries import Entry, PurchaseEntry
from streams.core.customer.record import Customer
from streams.core.partition.paths.living import LivingPath, is_long
from streams.core.partition.paths.neighbours import chain, count, unchain
from streams.core.partition.store.customers import Customers


class LongOrdersPath:
    """The path of purchases of long lives of one partition."""

    __slots__ = ("_customers", "_living")

    def __init__(self, customers: Customers, living: LivingPath) -> None:
        self._customers = customers
        self._living = living

    def take(self, key: bytes, customer: Customer | None, entry: Entry) -> bool:
        """Take a purchase or refund in; False: it is not for this path."""
        if customer is None or type(entry) is not PurchaseEntry or not is_long(customer):
            return False
        customers, living = self._customers, self._living
        line = living.begin(customer)
        count(customers, customer, entry, 1)
        if entry.amount_minor >= 0:
            chain(customers, customer, entry.at_ms)
        customer.add_purchase(entry, customers.identity, customers.room)
        if entry.amount_minor >= 0:
            living.around(customer, line, entry.at_ms, 0)
        living.end(key, customer, line, customers.clock)
        return True

    def take_out(self, key: bytes, customer: Customer, target: PurchaseEntry) -> None:
        """Take out a purchase or refund that stands."""
        customers, living = self._customers, self._living
        line = living.begin(customer)
        customer.take_purchase(target)
        count(customers, customer, target, -1)
        if target.amount_minor >= 0:
            unchain(customers, customer, target.at_ms)
            living.around(customer, line, target.at_ms, 0)
        living.end(key, customer, line, customers.clock)
