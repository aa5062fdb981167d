"""The in-order path for purchases: a purchase later than all others of an active customer moves counters.

Held to the general path by a law: whatever it handles, it leaves the same record, cells, gauges and timers
(a timer may come early, never late). What it does not recognise it leaves to the general path.
"""

from streams.core import quantities as q
from streams.core.customer import ERASED, HAS_VOIDS, PURCHASE, STANDING, Customer, State, last_purchase_ms
from streams.core.customers import Customers
from streams.core.panes import Cell
from streams.core.risk import CALM, LOW, band_at, band_due

_SURE_LOW_MS = 144_000_000
"""Silence below which a calm customer's band is low whatever their own gap: 5/3 of a day."""

_ODD = HAS_VOIDS | ERASED


class PurchasePath:
    """The in-order path of one partition."""

    __slots__ = ("_customers", "_kept_events", "_lengths", "_on", "_shortest")

    def __init__(self, customers: Customers) -> None:
        definition = customers.definition
        self._customers = customers
        self._kept_events = definition.kept_events
        self._lengths = customers.lengths
        self._shortest = self._lengths[0] if self._lengths else 1 << 62
        self._on = definition.inactivity_churn_ms is None

    def fits(self, customer: Customer, at_ms: int) -> bool:
        """Whether a purchase at this time may take this path."""
        return (
            customer.state == State.ACTIVE
            and customer.kept < self._kept_events
            and not customer.flags & _ODD
            and at_ms >= customer.since
            and at_ms > customer.last
            and (at_ms > customer.engaged or at_ms > last_purchase_ms(customer.purchases))
            and self._on
        )

    def apply(self, key: bytes, customer: Customer, digest: bytes, at_ms: int, money: int) -> None:
        """Add a purchase or refund that ``fits``; ``money``: minor units * 2, + 1 in the base currency."""
        panes = self._customers.families.orders
        cohort = customer.cohort
        cell = panes.cell(cohort, at_ms)
        engaged = customer.engaged
        newest = at_ms > engaged
        if cell is not None:
            base = money & 1
            for vector in (cell, cell[-2], cell[-1]):
                if newest:
                    vector[q.ENGAGED] += 1
                if money >= 0:
                    vector[q.ORDERS] += 1
                    vector[q.BUYERS] += 1
                    vector[q.ORDERS_BASE] += base
                else:
                    vector[q.REFUNDS_BASE] += base
                if base:
                    vector[q.REVENUE] += money >> 1
                else:
                    vector[q.LEFT_OUT] += 1
        customer.purchases += PURCHASE.pack(digest, at_ms, money)
        customer.kept += 1
        customer.changed = True
        customer.facts = None
        if newest:
            customer.engaged = at_ms
        last = customer.last
        if money < 0:
            if newest:
                _add(panes.cell(cohort, engaged), q.ENGAGED, -1)
            return
        if last:
            old = panes.cell(cohort, last)
            together = newest and engaged == last
            if old is not None:
                for vector in (old, old[-2], old[-1]):
                    vector[q.BUYERS] -= 1
                    vector[q.REPEAT] += 1
                    if together:
                        vector[q.ENGAGED] -= 1
            if customer.second:
                _add(panes.cell(cohort, customer.second), q.REPEAT, -1)
            if at_ms - last >= self._shortest:
                self._pair(old, cell, at_ms - last)
            if newest and not together:
                _add(panes.cell(cohort, engaged), q.ENGAGED, -1)
        else:
            self._pair(None, cell, 1 << 62)
            if newest:
                _add(panes.cell(cohort, engaged), q.ENGAGED, -1)
        self._stand(key, customer, at_ms)

    def _pair(self, earlier: Cell | None, later: Cell | None, gap: int) -> None:
        """Two consecutive orders that lie at least one window apart."""
        for i, length in enumerate(self._lengths):
            if gap < length:
                break
            _add(earlier, q.PAIRS + 2 * i, 1)
            _add(later, q.PAIRS + 2 * i + 1, 1)

    def _stand(self, key: bytes, customer: Customer, at_ms: int) -> None:
        """The risk band and the timer after an order."""
        clock = self._customers.clock
        standing = customer.flags & STANDING
        orders, first, last = customer.orders, customer.first, customer.last
        more = orders + 1
        start = first if orders else at_ms
        if standing == CALM and clock - last < _SURE_LOW_MS:
            band = after = LOW
        else:
            band = band_at(standing, orders, first, last, clock)
            after = band_at(standing, more, start, at_ms, clock)
        if after != band:
            self._customers.shift_band(customer.cohort, band, after)
        before = band_due(standing, orders, first, last, clock)
        due = band_due(standing, more, start, at_ms, clock)
        if due and (not before or due < before):
            self._customers.timers.set(due, key)
        customer.first, customer.second, customer.last, customer.orders = start, last, at_ms, more


def _add(cell: Cell | None, quantity: int, amount: int) -> None:
    if cell is not None:
        cell[quantity] += amount
        cell[-2][quantity] += amount
        cell[-1][quantity] += amount
