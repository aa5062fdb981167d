"""The path of voids that change little: most of them.

They have no target so far, or withdraw a purchase on which no life depends, or an event of a long life.

Only what the purchase's neighbours change is changed. Held to the general path by a law.
"""

from typing import Final

from streams.core.counting import quantities as q
from streams.core.counting.event_changes import pair_changes
from streams.core.counting.purchases import count_purchase
from streams.core.customer.derive import withdrawn_before
from streams.core.customer.entries import CancellationEntry, Entry, PurchaseEntry, SignupEntry, VoidEntry
from streams.core.customer.life import ACTIVE
from streams.core.customer.record import ERASED, HAS_SEALED, Customer
from streams.core.partition.paths.general import targets_of
from streams.core.partition.paths.late_purchase import band, count_latest
from streams.core.partition.paths.living import LivingPath, is_long
from streams.core.partition.store.customers import Customers

_ODD: Final = HAS_SEALED | ERASED


class VoidPath:
    """The path of voids of one partition."""

    __slots__ = ("_customers", "_living", "_on")

    def __init__(self, customers: Customers, living: LivingPath) -> None:
        self._customers = customers
        self._living = living
        self._on = customers.definition.inactivity_churn_ms is None

    def take(self, key: bytes, customer: Customer | None, entry: Entry) -> bool:
        """Take a void in; False: it is not for this path."""
        if customer is None or type(entry) is not VoidEntry:
            return False
        targets = targets_of(customer, entry, self._customers.identity)
        if not targets:
            self._customers.void_pending += not withdrawn_before(customer, entry, self._customers.identity)
        else:
            target = targets[0]
            if targets[1:]:
                return False
            if is_long(customer) and type(target) in {SignupEntry, CancellationEntry}:
                self._living.withdraw(key, customer, target, entry.target)
            elif type(target) is PurchaseEntry and self._fits(customer, target.at_ms):
                self._withdraw(key, customer, target)
            else:
                return False
        customer.add_void(entry)
        customer.changed = True
        customer.facts = None
        return True

    def _fits(self, customer: Customer, at_ms: int) -> bool:
        """Whether nothing depends on a purchase at this time but what orders count."""
        return self._on and customer.state == ACTIVE and not customer.flags & _ODD and at_ms > customer.since

    def _withdraw(self, key: bytes, customer: Customer, target: PurchaseEntry) -> None:
        panes, profile, at_ms = self._customers.families.orders, customer.profile, target.at_ms
        customer.take_purchase(target)
        customer.withdraw(target, target.digest)
        cell = panes.cell(profile, at_ms)
        if cell is not None:
            count_purchase((cell, cell[-2], cell[-1]), target.amount_minor << 1 | target.base, -1)
        panes.series.order(profile, at_ms, target.amount_minor << 1 | target.base, -1)
        if target.amount_minor >= 0:
            self._unchain(customer, at_ms)
            self._customers.schedule(key, customer, self._customers.clock)
        if at_ms == customer.engaged:
            newest = customer.newest_ms()
            if newest != at_ms:
                panes.add(profile, at_ms, [(q.ENGAGED, -1)])
                panes.add(profile, newest, [(q.ENGAGED, 1)])
                customer.engaged = newest

    def _unchain(self, customer: Customer, at_ms: int) -> None:
        """The pair of its neighbours replaces its own; the first or the last two orders may have changed."""
        panes, profile, lengths = self._customers.families.orders, customer.profile, self._customers.lengths
        later = customer.order_from(at_ms)
        if later != at_ms:
            earlier = customer.order_before(at_ms)
            pairs = ((-1, earlier, at_ms), (-1, at_ms, later), (1, earlier, later))
            for sign, before, after in pairs:
                if after:
                    for at, changes in pair_changes(before, after, lengths):
                        panes.add(profile, at, [(quantity, sign * n) for quantity, n in changes])
        before_band = band(customer, self._customers.clock)
        count_latest(panes, customer, *customer.latest_orders())
        customer.orders -= 1
        if at_ms == customer.first:
            customer.first = customer.order_from(0)
        after_band = band(customer, self._customers.clock)
        if before_band != after_band:
            self._customers.shift_band(profile, before_band, after_band)
