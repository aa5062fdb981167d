"""What changed customers have paid: what a replay needs to keep revenue shares up to date between snapshots.

Live operation never comes here: it sweeps over all customers now and then, and it drains its records into the
changelog. A replay has no changelog, so that draining tells who changed since the snapshot before.
"""

from collections.abc import Iterator
from typing import NamedTuple

from streams.core.counting import quantities as q
from streams.core.counting.sealed_sums import sealed_changes
from streams.core.customer.entries import PURCHASE
from streams.core.customer.record import Customer
from streams.core.partition.store.customers import Customers


class Spent(NamedTuple):
    """What one customer has paid, as far as it is kept."""

    profile: int
    last_ms: int
    """Time of the last order; 0: there was none."""
    purchases: bytes
    """Blocks of customer.PURCHASE; sealed sums are among them, dated at the end of their pane."""


def changed_since(customers: Customers) -> Iterator[tuple[bytes, Spent | None]]:
    """Every record that changed since the last call, by key; None: it is gone."""
    for key, customer in customers.hot.items():
        if customer.changed:
            yield key, Spent(customer.profile, customer.last, _purchases(customer))
    for key in customers.gone:
        yield key, None
    for _ in customers.drain():
        pass


def _purchases(customer: Customer) -> bytes:
    block = customer.bought
    sealed = customer.body.sealed
    if sealed is None:
        return bytes(block)
    sums = [
        PURCHASE.pack(b"", end, amount << 1 | 1)
        for end, _, changes in sealed_changes(sealed, q.ORDERS_FAMILY)
        for quantity, amount in changes
        if quantity == q.REVENUE
    ]
    return b"".join((block, *sums))
