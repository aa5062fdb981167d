"""The path of orders, later than everything else, of customers who left, or were never active.

Held to the general path by a law, like the other paths beside it.
"""

from typing import Final

from streams.core.counting import quantities as q
from streams.core.counting.contributions import emit_gone, transition_changes
from streams.core.customer.derive import LONG_TERM_MS, cost_of
from streams.core.customer.entries import Entry, PurchaseEntry
from streams.core.customer.life import ACTIVE, CHURNED, LEFT, NEVER, NEW, Transition
from streams.core.customer.record import ERASED, HAS_SEALED, PLAIN_LIFE, STANDING, Customer
from streams.core.customer.risk import CALM, DETRACTOR, DETRACTOR_MS, DETRACTOR_SCORE, band_at
from streams.core.partition.paths.purchase import PurchasePath
from streams.core.partition.paths.signup_cancellation import in_effect
from streams.core.partition.store.customers import Customers

_ODD: Final = HAS_SEALED | ERASED


class ReturnPath:
    """The path of those who come back, of one partition."""

    __slots__ = ("_by_effect", "_customers", "_from", "_purchases")

    def __init__(self, customers: Customers, purchases: PurchasePath) -> None:
        definition = customers.definition
        self._customers = customers
        self._purchases = purchases
        self._by_effect = definition.recognition == "effective_at"
        on = definition.inactivity_churn_ms is None
        self._from: dict[int, bool] = {
            LEFT: on and definition.purchase_reactivates,
            NEVER: on and definition.implicit_signup,
        }

    def take(self, key: bytes, customer: Customer | None, entry: Entry) -> bool:
        """Take the order in that brings a customer back; False: it is not for this path."""
        if customer is None or type(entry) is not PurchaseEntry or not self._fits(customer, entry):
            return False
        self._apply(key, customer, entry)
        return True

    def _fits(self, customer: Customer, entry: PurchaseEntry) -> bool:
        return (
            self._from.get(customer.state, False)
            and (customer.state == LEFT or customer.history is None)
            and not customer.flags & _ODD
            and not customer.due
            and entry.at_ms > customer.engaged
            and entry.amount_minor >= 0
            and self._customers.clock - entry.at_ms < LONG_TERM_MS
            and self._in_effect(customer, entry.at_ms)
        )

    def _apply(self, key: bytes, customer: Customer, entry: PurchaseEntry) -> None:
        customers, at_ms = self._customers, entry.at_ms
        plain = 0
        if customer.state == NEVER:
            cost_minor = cost_of(customer.body.signups, at_ms)
            changes = transition_changes(Transition(at_ms, NEW), cost_minor, 1)
            plain = 0 if customer.body.cancellations else PLAIN_LIFE
        else:
            self._take_back(customer, at_ms)
            changes = [(q.REACTIVATED, 1), (q.DELTA_MS, at_ms)]
        profile = customer.profile
        customers.families.life.add(profile, at_ms, changes)
        customers.families.calendar.add(profile, at_ms, changes)
        customer.state = ACTIVE
        customer.since = at_ms
        customer.due = at_ms + LONG_TERM_MS
        vote = customer.vote(None)
        low = vote is not None and vote[3] <= DETRACTOR_SCORE and customers.clock - vote[0] < DETRACTOR_MS
        standing = DETRACTOR if low else CALM
        if vote is not None and low:
            customer.due = min(customer.due, vote[0] + DETRACTOR_MS)
        customer.flags = customer.flags & ~(STANDING | PLAIN_LIFE) | standing | plain
        band = band_at(standing, customer.orders, customer.first, customer.last, customers.clock)
        customers.stand(profile, band, 1, long_term=False)
        self._purchases.apply(key, customer, entry.digest, at_ms, entry.amount_minor << 1 | entry.base)
        customers.schedule(key, customer, customers.clock)

    def _take_back(self, customer: Customer, at_ms: int) -> None:
        """The past of one who returns is no more that of one who is gone."""
        customers = self._customers
        if customer.history is None:
            past = self._past(customer)
            emit_gone(customers.families.life, past, customer.profile, customers.groups, -1)
        else:
            line = customers.line(customer)
            line.put(at_ms)
            customers.lifelines.turned[line] = None

    def _in_effect(self, customer: Customer, at_ms: int) -> bool:
        """Whether all that was cancelled is in effect before an instant."""
        if customer.history is not None:
            return at_ms > self._customers.line(customer).reach_ms
        return in_effect(customer, at_ms)

    def _past(self, customer: Customer) -> list[Transition]:
        """The life of somebody who left. Who has cancelled once left by that: nothing needs to be derived."""
        cancellations = customer.body.cancellations
        if len(cancellations) != 1:
            return self._customers.facts(customer).life.transitions
        left = cancellations[0]
        gone_ms = left.effect_ms if self._by_effect else left.at_ms
        return [Transition(customer.since, NEW), Transition(gone_ms, CHURNED, left)]
