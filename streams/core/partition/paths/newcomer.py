"""The path of newcomers: the first event of a customer, where it is a signup or an order.

Held to the general path by a law, like the other paths beside it.
"""

from streams.core.counting import quantities as q
from streams.core.customer.derive import LONG_TERM_MS
from streams.core.customer.entries import Entry, PurchaseEntry, SignupEntry
from streams.core.customer.groups import NOBODY
from streams.core.customer.life import ACTIVE
from streams.core.customer.record import PLAIN_LIFE, Customer
from streams.core.customer.risk import CALM, LOW
from streams.core.partition.paths.purchase import PurchasePath
from streams.core.partition.store.customers import Customers


class NewcomerPath:
    """The path of newcomers of one partition."""

    __slots__ = ("_customers", "_implicit", "_on", "_purchases")

    def __init__(self, customers: Customers, purchases: PurchasePath) -> None:
        definition = customers.definition
        self._customers = customers
        self._purchases = purchases
        self._implicit = definition.implicit_signup
        self._on = definition.inactivity_churn_ms is None

    def _fits(self, at_ms: int) -> bool:
        return self._on and self._customers.clock - at_ms < LONG_TERM_MS

    def take(self, key: bytes, customer: Customer | None, entry: Entry) -> bool:
        """Take a first event in; False: it is not for this path."""
        if customer is not None:
            return False
        if type(entry) is SignupEntry:
            return self._signup(key, entry)
        return type(entry) is PurchaseEntry and self._purchase(key, entry)

    def _signup(self, key: bytes, entry: SignupEntry) -> bool:
        if entry.trial or not self._fits(entry.at_ms):
            return False
        customer = self._begin(key, entry.at_ms, entry.profile, entry.cost_minor)
        customer.add_signup(entry, self._customers.identity, self._customers.room)
        customer.engaged = entry.at_ms
        self._customers.families.orders.add(entry.profile, entry.at_ms, [(q.ENGAGED, 1)])
        return True

    def _purchase(self, key: bytes, entry: PurchaseEntry) -> bool:
        if entry.amount_minor < 0 or not self._implicit or not self._fits(entry.at_ms):
            return False
        customer = self._begin(key, entry.at_ms, NOBODY, None)
        self._purchases.apply(key, customer, entry.digest, entry.at_ms, entry.amount_minor << 1 | entry.base)
        return True

    def _begin(self, key: bytes, at_ms: int, profile: int, cost_minor: int | None) -> Customer:
        customers = self._customers
        customer = Customer()
        customer.state = ACTIVE
        customer.since = at_ms
        customer.profile = profile
        customer.due = at_ms + LONG_TERM_MS
        customer.flags = CALM | PLAIN_LIFE
        changes = [(q.NEW, 1), (q.DELTA_MS, at_ms)]
        if cost_minor is not None:
            changes += [(q.COST, cost_minor), (q.WITH_COST, 1)]
        customers.families.life.add(profile, at_ms, changes)
        customers.families.calendar.add(profile, at_ms, changes)
        customers.stand(profile, LOW, 1, long_term=False)
        customers.put(key, customer)
        customers.timers.set(customer.due, key)
        return customer
