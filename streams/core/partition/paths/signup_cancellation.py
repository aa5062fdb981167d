"""The in-order path for signups and cancellations of active customers without closed chunks.

They come later than all that is known of the customer.
A signup of somebody active changes at most the profile; a cancellation that takes effect at once ends life.
Held to the general path by a law, like the other paths beside it.
"""

from typing import Final

from streams.core.counting import quantities as q
from streams.core.counting.contributions import causes, emit_past, transition_changes
from streams.core.customer.derive import LONG_TERM_MS
from streams.core.customer.entries import CancellationEntry, Entry, SignupEntry
from streams.core.customer.life import ACTIVE, CHURNED, LEFT, NEW, Transition
from streams.core.customer.record import ERASED, HAS_SEALED, PLAIN_LIFE, STANDING, Customer
from streams.core.customer.risk import PENDING, band_at
from streams.core.partition.store.customers import Customers

_ODD: Final = HAS_SEALED | ERASED


def in_effect(customer: Customer, at_ms: int) -> bool:
    """Whether all cancellations of a customer without closed chunks are in effect before an instant."""
    for known in customer.body.cancellations:  # noqa: SIM110 - without a generator: a path of many
        if known.effect_ms >= at_ms:
            return False
    return True


class LifePath:
    """The path of signups and cancellations of one partition."""

    __slots__ = ("_by_effect", "_customers", "_on")

    def __init__(self, customers: Customers) -> None:
        definition = customers.definition
        self._customers = customers
        self._by_effect = definition.recognition == "effective_at"
        self._on = definition.inactivity_churn_ms is None

    def take(self, key: bytes, customer: Customer | None, entry: Entry) -> bool:
        """Take a signup or cancellation in; False: it is not for this path."""
        if type(entry) is CancellationEntry:
            return self._lost(key, customer, entry) or self._cancellation(customer, entry)
        return customer is not None and type(entry) is SignupEntry and self._signup(key, customer, entry)

    def live_on(self, key: bytes, customer: Customer, t: int) -> bool:  # noqa: ARG002 - protocol
        """The only cancellation there is takes effect up to t; False: it is not for this path."""
        if not self._by_effect or not self._on or customer.history is not None or customer.flags & _ODD:
            return False
        if customer.state != ACTIVE or customer.flags & STANDING != PENDING:
            return False
        cancellations = customer.body.cancellations
        if len(cancellations) != 1 or cancellations[0].effect_ms > t:
            return False
        leave = Transition(cancellations[0].effect_ms, CHURNED, cancellations[0])
        self._leave(customer, leave, [Transition(customer.since, NEW)])
        customer.changed = True
        customer.facts = None
        return True

    def _signup(self, key: bytes, customer: Customer, entry: SignupEntry) -> bool:
        if not self._fits(customer, entry.at_ms):
            return False
        self._customers.move(key, customer, entry.profile)
        customer.add_signup(entry, self._customers.identity, self._customers.room)
        self._engage(customer, entry.at_ms)
        return True

    def _lost(self, key: bytes, customer: Customer | None, entry: CancellationEntry) -> bool:
        """A cancellation of somebody who is not active ends nothing."""
        effect_ms = entry.effect_ms if self._by_effect else entry.at_ms
        if effect_ms > self._customers.clock or not self._on:
            return False
        if customer is None:
            customer = Customer()
            self._customers.put(key, customer)
        elif (
            customer.state == ACTIVE
            or customer.history is not None
            or customer.due
            or customer.flags & _ODD
            or entry.at_ms <= customer.engaged
            or not in_effect(customer, entry.at_ms)
        ):
            return False
        self._customers.not_active += 1
        customer.add_cancellation(entry, self._customers.identity, self._customers.room)
        self._engage(customer, entry.at_ms)
        return True

    def _cancellation(self, customer: Customer | None, entry: CancellationEntry) -> bool:
        if customer is None:
            return False
        effect_ms = entry.effect_ms if self._by_effect else entry.at_ms
        if effect_ms > self._customers.clock or effect_ms <= customer.engaged:
            return False
        if not self._fits(customer, entry.at_ms):
            return False
        if customer.flags & PLAIN_LIFE:
            before = [Transition(customer.since, NEW)]
        else:
            before = self._customers.facts(customer).life.transitions
        self._leave(customer, Transition(effect_ms, CHURNED, entry), before)
        customer.add_cancellation(entry, self._customers.identity, self._customers.room)
        self._engage(customer, entry.at_ms)
        return True

    def _fits(self, customer: Customer, at_ms: int) -> bool:
        """Whether a signup or cancellation at this time comes after everything, and finds nothing pending."""
        return (
            self._on
            and customer.history is None
            and customer.state == ACTIVE
            and not customer.flags & _ODD
            and customer.flags & STANDING != PENDING
            and at_ms > customer.engaged
        )

    def _leave(self, customer: Customer, leave: Transition, before: list[Transition]) -> None:
        """Out of the active ones, for one cause, after other transitions."""
        customers, profile = self._customers, customer.profile
        panes = customers.families
        changes = transition_changes(leave, None, 1)
        because = causes(leave, customers.groups)
        panes.calendar.add(profile, leave.at_ms, changes)
        panes.life.add(profile, leave.at_ms, [*changes, (q.GONE, -1)])
        for group in because:
            panes.life.add(group, leave.at_ms, [(q.CHURNED, 1), (q.GONE, -1)], whole=False)
        emit_past(panes.life, before, profile, because, 1)
        standing, clock = customer.flags & STANDING, customers.clock
        band = band_at(standing, customer.orders, customer.first, customer.last, clock)
        customers.stand(profile, band, -1, long_term=clock - customer.since >= LONG_TERM_MS)
        customer.state = LEFT
        customer.flags &= ~(STANDING | PLAIN_LIFE)
        customer.due = 0

    def _engage(self, customer: Customer, at_ms: int) -> None:
        """The event is the newest one."""
        panes, profile = self._customers.families.orders, customer.profile
        if customer.engaged:
            panes.add(profile, customer.engaged, [(q.ENGAGED, -1)])
        panes.add(profile, at_ms, [(q.ENGAGED, 1)])
        customer.engaged = at_ms
        customer.changed = True
        customer.facts = None
