"""The path of voids that change little: most of them.

They have no target so far, or withdraw an answer, a purchase on which no life depends, or anything of a long
life. Only what the target's neighbours change is changed. Held to the general path by a law.
"""

from typing import Final

from streams.core.customer.derive import withdrawn_before
from streams.core.customer.entries import Entry, Fact, PurchaseEntry, SurveyEntry, VoidEntry
from streams.core.customer.life import ACTIVE
from streams.core.customer.record import ERASED, HAS_SEALED, Customer
from streams.core.partition.paths.general import targets_of
from streams.core.partition.paths.living import LivingPath, is_long
from streams.core.partition.paths.long_orders import LongOrdersPath
from streams.core.partition.paths.neighbours import band, count, engage, unchain
from streams.core.partition.paths.survey import SurveyPath
from streams.core.partition.store.customers import Customers

_ODD: Final = HAS_SEALED | ERASED


class VoidPath:
    """The path of voids of one partition."""

    __slots__ = ("_answers", "_customers", "_living", "_on", "_orders")

    def __init__(
        self, customers: Customers, living: LivingPath, orders: LongOrdersPath, answers: SurveyPath
    ) -> None:
        self._customers = customers
        self._living = living
        self._orders = orders
        self._answers = answers
        self._on = customers.definition.inactivity_churn_ms is None

    def take(self, key: bytes, customer: Customer | None, entry: Entry) -> bool:
        """Take a void in; False: it is not for this path."""
        if customer is None or type(entry) is not VoidEntry:
            return False
        targets = targets_of(customer, entry, self._customers.identity)
        if not targets:
            self._customers.void_pending += not withdrawn_before(customer, entry, self._customers.identity)
        elif not is_long(customer) and (targets[1:] or not self._fits(customer, targets[0])):
            return False
        for target in targets:
            self.take_out(key, customer, target)
            customer.withdraw(target, entry.target)
        customer.add_void(entry)
        customer.close_voids(self._customers.identity, self._customers.room)
        customer.changed = True
        customer.facts = None
        return True

    def take_out(self, key: bytes, customer: Customer, target: Fact) -> None:
        """Take out an event that stands, of a long life or one that ``fits``."""
        if type(target) is SurveyEntry:
            self._answers.take_out(key, customer, target)
        elif type(target) is not PurchaseEntry:
            self._living.take_out(key, customer, target)
        elif self._fits(customer, target):
            self._take_purchase(key, customer, target)
        else:
            self._orders.take_out(key, customer, target)

    def _fits(self, customer: Customer, target: Fact) -> bool:
        """Whether no life depends on an event."""
        quiet = self._on and customer.state == ACTIVE and target.at_ms > customer.since
        alone = type(target) is SurveyEntry or (quiet and type(target) is PurchaseEntry)
        return alone and not customer.flags & _ODD

    def _take_purchase(self, key: bytes, customer: Customer, target: PurchaseEntry) -> None:
        customers = self._customers
        customer.take_purchase(target)
        count(customers, customer, target, -1)
        if target.amount_minor >= 0:
            before = band(customer, customers.clock)
            unchain(customers, customer, target.at_ms)
            after = band(customer, customers.clock)
            if before != after:
                customers.shift_band(customer.profile, before, after)
            customers.schedule(key, customer, customers.clock)
        engage(customers, customer)
        customer.changed = True
        customer.facts = None
