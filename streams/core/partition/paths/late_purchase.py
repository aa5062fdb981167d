"""The path of late purchases: into its place among the orders of a customer who was active then and since.

Only what the new neighbours change is changed. Held to the general path by a law.
"""

from typing import Final

from streams.core.counting import quantities as q
from streams.core.counting.event_changes import pair_changes
from streams.core.counting.panes import Panes
from streams.core.counting.purchases import count_purchase
from streams.core.customer.entries import Entry, PurchaseEntry
from streams.core.customer.life import ACTIVE
from streams.core.customer.record import ERASED, HAS_SEALED, PLAIN_LIFE, STANDING, Customer
from streams.core.customer.risk import band_at
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
        panes, profile, at_ms = customers.families.orders, customer.profile, entry.at_ms
        cell = panes.cell(profile, at_ms)
        if cell is not None:
            count_purchase((cell, cell[-2], cell[-1]), entry.amount_minor << 1 | entry.base, 1)
        panes.series.order(profile, at_ms, entry.amount_minor << 1 | entry.base, 1)
        if entry.amount_minor >= 0:
            self._chain(customer, at_ms)
            customers.schedule(key, customer, customers.clock)
        customer.add_purchase(entry, customers.identity, customers.room)
        customer.changed = True
        customer.facts = None

    def _chain(self, customer: Customer, at_ms: int) -> None:
        """The pairs with its neighbours replace theirs; the first or the last two orders may have changed."""
        panes, profile, lengths = self._customers.families.orders, customer.profile, self._customers.lengths
        later = customer.order_from(at_ms)
        if later != at_ms:
            earlier = customer.order_before(at_ms)
            pairs = ((-1, earlier, later), (1, at_ms, later), (1, earlier, at_ms))
            for sign, before, after in pairs:
                if after:
                    for at, changes in pair_changes(before, after, lengths):
                        panes.add(profile, at, [(quantity, sign * n) for quantity, n in changes])
        old = band(customer, self._customers.clock)
        last, second = customer.last, customer.second
        if at_ms >= last:
            last, second = at_ms, last
        elif at_ms > second:
            second = at_ms
        count_latest(panes, customer, last, second)
        customer.first = min(at_ms, customer.first or at_ms)
        customer.orders += 1
        new = band(customer, self._customers.clock)
        if old != new:
            self._customers.shift_band(profile, old, new)


def _since(customer: Customer, at_ms: int) -> bool:
    """Whether the customer has been active from before an instant on."""
    return at_ms > customer.since or bool(at_ms == customer.since and customer.flags & PLAIN_LIFE)


def band(customer: Customer, t: int) -> int:
    """The risk band of an active customer at t, by the header."""
    return band_at(customer.flags & STANDING, customer.orders, customer.first, customer.last, t)


def count_latest(panes: Panes, customer: Customer, last: int, second: int) -> None:
    """The last and second-last order are others now, or none (0)."""
    for old, new, quantity in ((customer.last, last, q.BUYERS), (customer.second, second, q.REPEAT)):
        if old != new:
            for at_ms, sign in ((old, -1), (new, 1)):
                if at_ms:
                    panes.add(customer.profile, at_ms, [(quantity, sign)])
    customer.last, customer.second = last, second
