"""The in-order path for purchases: the newest event of an active customer moves a few counters.

Held to the general path by a law: whatever it handles, it leaves the same record, cells, gauges and timers
(a timer may come early, never late). What it does not recognise it leaves to the general path.
"""

from streams.core import quantities as q
from streams.core.changes import pair_lengths
from streams.core.customer import CALM, ERASED, HAS_VOIDS, PURCHASE, Customer, State
from streams.core.customers import Customers
from streams.core.panes import Cell
from streams.core.risk import LOW, calm_band, calm_due

_SURE_LOW_MS = 144_000_000
"""Silence below which a calm customer's band is low whatever their own gap: 5/3 of a day."""

_PLAIN = CALM | HAS_VOIDS | ERASED


class PurchasePath:
    """The in-order path of one partition."""

    __slots__ = ("_customers", "_kept_events", "_lengths", "_on", "_shortest")

    def __init__(self, customers: Customers) -> None:
        definition = customers.definition
        self._customers = customers
        self._kept_events = definition.kept_events
        self._lengths = pair_lengths(definition)
        self._shortest = self._lengths[0] if self._lengths else 1 << 62
        self._on = definition.inactivity_churn_ms is None

    def fits(self, customer: Customer, at_ms: int) -> bool:
        """Whether a purchase at this time may take this path."""
        return (
            at_ms > customer.engaged
            and customer.state == State.ACTIVE
            and customer.flags & _PLAIN == CALM
            and customer.kept < self._kept_events
            and self._on
        )

    def apply(self, key: bytes, customer: Customer, digest: bytes, at_ms: int, amount: int, base: bool) -> None:  # noqa: FBT001
        """Add a purchase or refund that ``fits``."""
        panes = self._customers.families.orders
        cohort = customer.cohort
        cell = panes.cell(cohort, at_ms)
        engaged = customer.engaged
        if engaged == customer.last and amount >= 0:
            old = panes.cell(cohort, engaged)
        else:
            old = None
            _add(panes.cell(cohort, engaged), q.ENGAGED, -1)
        if cell is not None:
            for vector in (cell, cell[-2], cell[-1]):
                vector[q.ENGAGED] += 1
                if not base:
                    vector[q.LEFT_OUT] += 1
                else:
                    vector[q.REVENUE] += amount
                    vector[q.ORDERS_BASE if amount >= 0 else q.REFUNDS_BASE] += 1
                if amount >= 0:
                    vector[q.ORDERS] += 1
                    vector[q.BUYERS] += 1
        customer.purchases += PURCHASE.pack(digest, at_ms, amount << 1 | base)
        customer.kept += 1
        customer.changed = True
        customer.engaged = at_ms
        if amount >= 0:
            self._order(key, customer, at_ms, cell, old, engaged)

    def _order(
        self, key: bytes, customer: Customer, at_ms: int, cell: Cell | None, old: Cell | None, engaged: int
    ) -> None:
        customers = self._customers
        panes = customers.families.orders
        clock = customers.clock
        cohort = customer.cohort
        last, orders, first = customer.last, customer.orders, customer.first
        if last:
            if old is None and engaged != last:
                _move_buyer(panes.cell(cohort, last), 0)
            else:
                _move_buyer(old, 1)
            if customer.second:
                _add(panes.cell(cohort, customer.second), q.REPEAT, -1)
            gap = at_ms - last
            if gap >= self._shortest:
                earlier = panes.cell(cohort, last)
                for i, length in enumerate(self._lengths):
                    if gap < length:
                        break
                    _add(earlier, q.PAIRS + 2 * i, 1)
                    _add(cell, q.PAIRS + 2 * i + 1, 1)
            band = LOW if clock - last < _SURE_LOW_MS else calm_band(orders, first, last, clock)
            before = calm_due(orders, first, last, clock)
        else:
            first = customer.first = at_ms
            for i in range(len(self._lengths)):
                _add(cell, q.PAIRS + 2 * i + 1, 1)
            band, before = LOW, 0
        customer.second, customer.last, customer.orders = last, at_ms, orders + 1
        after = LOW if clock - at_ms < _SURE_LOW_MS else calm_band(orders + 1, first, at_ms, clock)
        if after != band:
            customers.shift_band(cohort, band, after)
        due = calm_due(orders + 1, first, at_ms, clock)
        if due and (not before or due < before):
            customers.timers.set(due, key)


def _add(cell: Cell | None, quantity: int, amount: int) -> None:
    if cell is not None:
        cell[quantity] += amount
        cell[-2][quantity] += amount
        cell[-1][quantity] += amount


def _move_buyer(cell: Cell | None, engaged: int) -> None:
    """The last order becomes the second-last one, and perhaps was the newest event."""
    if cell is not None:
        for vector in (cell, cell[-2], cell[-1]):
            vector[q.BUYERS] -= 1
            vector[q.REPEAT] += 1
            vector[q.ENGAGED] -= engaged
