"""The in-order path for purchases: a purchase later than all others of an active customer moves counters.

Held to the general path by a law: whatever it handles, it leaves the same contribution (a timer may come
early, never late). What it does not recognise it leaves to other paths.
"""

from typing import Final

from streams.core.counting import quantities as q
from streams.core.counting.panes import Cell, Panes, Sums
from streams.core.counting.purchases import FIRST, add_one, count_newest, count_pair, count_purchase
from streams.core.customer.entries import PURCHASE, Entry, PurchaseEntry, last_purchase_ms
from streams.core.customer.life import ACTIVE
from streams.core.customer.record import ERASED, HAS_SEALED, STANDING, Customer
from streams.core.customer.risk import CALM, band_at, band_due, medium_at
from streams.core.partition.store.customers import Customers

_SURE_LOW_MS: Final = 144_000_000
"""Silence below which a calm customer's band is low whatever their own gap: 5/3 of a day."""


class PurchasePath:
    """The in-order path of one partition."""

    __slots__ = ("_customers", "_lengths", "_room", "_shortest")

    def __init__(self, customers: Customers) -> None:
        self._customers = customers
        self._room = customers.room
        self._lengths = customers.lengths
        self._shortest = self._lengths[0] if self._lengths else FIRST

    def take(self, key: bytes, customer: Customer | None, entry: Entry) -> bool:
        """Take a purchase or refund in; False: it is not for this path."""
        if customer is None or type(entry) is not PurchaseEntry or not self.fits(customer, entry.at_ms):
            return False
        self.apply(key, customer, entry.digest, entry.at_ms, entry.amount_minor << 1 | entry.base)
        return True

    def fits(self, customer: Customer, at_ms: int) -> bool:
        """Whether a purchase at this time may take this path, if no void is aimed at it."""
        flags = customer.flags
        return (
            customer.state == ACTIVE
            and not flags & ERASED
            and at_ms >= customer.since
            and at_ms > customer.last
            and (at_ms > customer.engaged or at_ms > last_purchase_ms(customer.purchases))
            and (not flags & HAS_SEALED or at_ms > _horizon_ms(customer))
        )

    def apply(self, key: bytes, customer: Customer, digest: bytes, at_ms: int, money: int) -> None:
        """Add a purchase or refund that ``fits``; ``money``: minor units * 2, + 1 in the base currency."""
        panes = self._customers.families.orders
        profile, engaged = customer.profile, customer.engaged
        newest = at_ms > engaged
        cell = panes.cell(profile, at_ms)
        if cell is not None:
            count_purchase((cell, cell[-2], cell[-1]), money, 1)
            count_newest(cell, 1 if money >= 0 else 0, 1 if newest else 0)
        panes.series.order(profile, at_ms, money, 1)
        customer.purchases += PURCHASE.pack(digest, at_ms, money)
        customer.changed = True
        customer.facts = None
        if money >= 0:
            together = newest and engaged == customer.last
            self._chain(panes, customer, at_ms, cell, together=together)
            self._stand(key, customer, at_ms)
            newest = newest and not together
        if newest and engaged:
            add_one(panes.cell(profile, engaged), q.ENGAGED, -1)
        if at_ms > engaged:
            customer.engaged = at_ms
        if len(customer.purchases) > self._room:
            customer.close_purchases(self._customers.identity, self._room)

    def _chain(
        self, panes: Panes, customer: Customer, at_ms: int, cell: Cell | None, *, together: bool
    ) -> None:
        """The new order is the last one; the last one becomes the second-last (and was the newest event)."""
        last = customer.last
        if not last:
            count_pair(None, cell, FIRST, self._lengths, 1)
            return
        old = panes.cell(customer.profile, last)
        if old is not None:
            vector: Sums
            for vector in (old, old[-2], old[-1]):
                vector[q.BUYERS] -= 1
                vector[q.REPEAT] += 1
                if together:
                    vector[q.ENGAGED] -= 1
        if customer.second:
            add_one(panes.cell(customer.profile, customer.second), q.REPEAT, -1)
        if at_ms - last >= self._shortest:
            count_pair(old, cell, at_ms - last, self._lengths, 1)

    def _stand(self, key: bytes, customer: Customer, at_ms: int) -> None:
        """The risk band and the timer after an order; the header's orders."""
        clock = self._customers.clock
        standing = customer.flags & STANDING
        orders, first, last = customer.orders, customer.first, customer.last
        more, start = orders + 1, first or at_ms
        if standing != CALM or clock - last >= _SURE_LOW_MS:
            band = band_at(standing, orders, first, last, clock)
            after = band_at(standing, more, start, at_ms, clock)
            if after != band:
                self._customers.shift_band(customer.profile, band, after)
        before = medium_at(orders, first, last) if standing == CALM and orders else 0
        if before > clock:  # the next one may have passed already: a timer may come early
            due = medium_at(more, start, at_ms)
        else:
            before = band_due(standing, orders, first, last, clock)
            due = band_due(standing, more, start, at_ms, clock)
        if due and (not before or due < before):
            self._customers.timers.advance(before, due, key)
        customer.first, customer.second, customer.last, customer.orders = start, last, at_ms, more


def _horizon_ms(customer: Customer) -> int:
    sealed = customer.body.sealed
    return 0 if sealed is None else sealed.horizon_ms
