"""What a customer of a plain life contributes: one who is active since the first and only activation.

Header and purchases say all that counts, so nothing is derived. Held to the general path by a law.
"""

from typing import Final

from streams.core.counting import quantities as q
from streams.core.counting.contributions import emit_surveys, transition_changes
from streams.core.counting.purchases import emit_purchases
from streams.core.customer.derive import LONG_TERM_MS, cost_of
from streams.core.customer.life import NEW, Transition
from streams.core.customer.record import ERASED, HAS_SEALED, HAS_VOIDS, PLAIN_LIFE, STANDING, Customer
from streams.core.customer.risk import band_at
from streams.core.partition.store.customers import Customers

_MARKS: Final = PLAIN_LIFE | HAS_VOIDS | HAS_SEALED | ERASED


def is_plain(customer: Customer) -> bool:
    """Whether ``emit_plain`` knows all about a customer."""
    return customer.flags & _MARKS == PLAIN_LIFE


def emit_plain(customers: Customers, customer: Customer) -> None:
    """Add everything that a plain customer contributes as of the clock."""
    families, profile, since, clock = customers.families, customer.profile, customer.since, customers.clock
    changes = transition_changes(Transition(since, NEW), cost_of(customer.signups, since), 1)
    families.life.add(profile, since, changes)
    families.calendar.add(profile, since, changes)
    _emit_orders(customers, customer)
    answered = customer.answered
    if answered:
        emit_surveys(families.surveys, customer, profile, answered, 1)
    band = band_at(customer.flags & STANDING, customer.orders, customer.first, customer.last, clock)
    customers.stand(profile, band, 1, long_term=clock - since >= LONG_TERM_MS)


def _emit_orders(customers: Customers, customer: Customer) -> None:
    panes, profile, lengths = customers.families.orders, customer.profile, customers.lengths
    emit_purchases(panes, profile, customer.bought, lengths, 1)
    newest = (customer.engaged, q.ENGAGED), (customer.last, q.BUYERS), (customer.second, q.REPEAT)
    for at_ms, quantity in newest:
        if at_ms:
            panes.add(profile, at_ms, [(quantity, 1)])
