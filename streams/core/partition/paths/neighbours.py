"""What a customer's orders and newest event count beside themselves, as one comes or goes between others.

Only what the neighbours change is changed.
"""

from streams.core.counting import quantities as q
from streams.core.counting.event_changes import pair_changes
from streams.core.counting.panes import Panes
from streams.core.counting.purchases import count_purchase
from streams.core.customer.entries import PurchaseEntry
from streams.core.customer.record import STANDING, Customer
from streams.core.customer.risk import band_at
from streams.core.partition.store.customers import Customers


def count(customers: Customers, customer: Customer, entry: PurchaseEntry, sign: int) -> None:
    """A purchase or refund by itself, or take it out."""
    panes, money = customers.families.orders, entry.amount_minor << 1 | entry.base
    cell = panes.cell(customer.profile, entry.at_ms)
    if cell is not None:
        count_purchase((cell, cell[-2], cell[-1]), money, sign)
    panes.series.order(customer.profile, entry.at_ms, money, sign)


def chain(customers: Customers, customer: Customer, at_ms: int) -> None:
    """An order that is to stand there: pairs with its neighbours replace theirs."""
    later = customer.order_from(at_ms)
    if later != at_ms:
        earlier = customer.order_before(at_ms)
        _pairs(customers, customer, ((-1, earlier, later), (1, at_ms, later), (1, earlier, at_ms)))
    last, second = customer.last, customer.second
    if at_ms >= last:
        last, second = at_ms, last
    elif at_ms > second:
        second = at_ms
    _count_latest(customers.families.orders, customer, last, second)
    customer.first = min(at_ms, customer.first or at_ms)
    customer.orders += 1


def unchain(customers: Customers, customer: Customer, at_ms: int) -> None:
    """An order that stood there: the pair of its neighbours replaces its own."""
    later = customer.order_from(at_ms)
    if later != at_ms:
        earlier = customer.order_before(at_ms)
        _pairs(customers, customer, ((-1, earlier, at_ms), (-1, at_ms, later), (1, earlier, later)))
    _count_latest(customers.families.orders, customer, *customer.latest_orders())
    customer.orders -= 1
    if at_ms == customer.first:
        customer.first = customer.order_from(0)


def _pairs(customers: Customers, customer: Customer, pairs: tuple[tuple[int, int, int], ...]) -> None:
    panes, profile, lengths = customers.families.orders, customer.profile, customers.lengths
    for sign, before, after in pairs:
        if after:
            for at, changes in pair_changes(before, after, lengths):
                panes.add(profile, at, [(quantity, sign * n) for quantity, n in changes])


def _count_latest(panes: Panes, customer: Customer, last: int, second: int) -> None:
    """The last and second-last order are others now, or none (0)."""
    for old, new, quantity in ((customer.last, last, q.BUYERS), (customer.second, second, q.REPEAT)):
        if old != new:
            for at_ms, sign in ((old, -1), (new, 1)):
                if at_ms:
                    panes.add(customer.profile, at_ms, [(quantity, sign)])
    customer.last, customer.second = last, second


def engage(customers: Customers, customer: Customer) -> None:
    """The newest event may be another one."""
    newest_ms, panes = customer.newest_ms(), customers.families.orders
    if newest_ms != customer.engaged:
        for at_ms, sign in ((customer.engaged, -1), (newest_ms, 1)):
            if at_ms:
                panes.add(customer.profile, at_ms, [(q.ENGAGED, sign)])
        customer.engaged = newest_ms


def band(customer: Customer, t: int) -> int:
    """The risk band of an active customer at t, by the header."""
    return band_at(customer.flags & STANDING, customer.orders, customer.first, customer.last, t)
