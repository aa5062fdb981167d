"""The path of late purchases: into its place among the orders of a customer who was active then and still is.

Only what the new neighbours change is changed. Held to the general path by a law.
"""

from bisect import bisect_left
from typing import Final

from streams.core.counting import quantities as q
from streams.core.counting.event_changes import pair_changes
from streams.core.counting.purchases import count_purchase
from streams.core.customer.entries import PURCHASE, PURCHASE_SIZE, PurchaseEntry, pack_purchase
from streams.core.customer.record import ERASED, HAS_SEALED, HAS_VOIDS, PLAIN_LIFE, STANDING, Customer
from streams.core.customer.risk import band_at
from streams.core.partition.store.customers import Customers
from streams.core.partition.store.sealing import keep_newest

_ODD: Final = HAS_VOIDS | HAS_SEALED | ERASED


class LatePath:
    """The path of late purchases of one partition."""

    __slots__ = ("_customers", "_on")

    def __init__(self, customers: Customers) -> None:
        self._customers = customers
        self._on = customers.definition.inactivity_churn_ms is None

    def fits(self, customer: Customer, at_ms: int) -> bool:
        """Whether a purchase at this time may take this path."""
        return (
            self._on
            and customer.flags & (PLAIN_LIFE | _ODD) == PLAIN_LIFE
            and at_ms >= customer.since
            and at_ms > self._customers.oldest_ms
        )

    def apply(self, key: bytes, customer: Customer, entry: PurchaseEntry) -> None:
        """Add a purchase or refund that ``fits``."""
        panes, profile, at_ms = self._customers.families.orders, customer.profile, entry.at_ms
        block = customer.purchases
        times = [(at, digest) for digest, at, _ in PURCHASE.iter_unpack(block)]
        place = bisect_left(times, (at_ms, entry.digest)) * PURCHASE_SIZE
        customer.purchases = block[:place] + pack_purchase(entry) + block[place:]
        customer.kept += 1
        customer.changed = True
        customer.facts = None
        cell = panes.cell(profile, at_ms)
        if cell is not None:
            count_purchase((cell, cell[-2], cell[-1]), entry.amount_minor << 1 | entry.base, 1)
        panes.series.order(profile, at_ms, entry.amount_minor << 1 | entry.base, 1)
        if entry.amount_minor >= 0:
            self._chain(customer, at_ms, block)
            self._stand(key, customer)
        keep_newest(self._customers, customer)

    def _chain(self, customer: Customer, at_ms: int, block: bytes) -> None:
        """The pairs with its neighbours replace theirs; the last two orders may have changed."""
        panes, profile, lengths = self._customers.families.orders, customer.profile, self._customers.lengths
        orders = [at for _, at, money in PURCHASE.iter_unpack(block) if money >= 0]
        place = bisect_left(orders, at_ms)
        earlier = orders[place - 1] if place else 0
        later = orders[place] if place < len(orders) else 0
        if later:
            for at, changes in pair_changes(earlier, later, lengths):
                panes.add(profile, at, [(quantity, -n) for quantity, n in changes])
            for at, changes in pair_changes(at_ms, later, lengths):
                panes.add(profile, at, changes)
        for at, changes in pair_changes(earlier, at_ms, lengths):
            panes.add(profile, at, changes)
        orders.insert(place, at_ms)
        last, second = orders[-1], orders[-2] if orders[1:] else 0
        for old, new, quantity in ((customer.last, last, q.BUYERS), (customer.second, second, q.REPEAT)):
            if old != new:
                if old:
                    panes.add(profile, old, [(quantity, -1)])
                panes.add(profile, new, [(quantity, 1)])

        before = self._band(customer)
        customer.first, customer.last, customer.second = orders[0], last, second
        customer.orders += 1
        after = self._band(customer)
        if before != after:
            self._customers.shift_band(profile, before, after)

    def _band(self, customer: Customer) -> int:
        standing = customer.flags & STANDING
        return band_at(standing, customer.orders, customer.first, customer.last, self._customers.clock)

    def _stand(self, key: bytes, customer: Customer) -> None:
        self._customers.schedule(key, customer, self._customers.clock)
