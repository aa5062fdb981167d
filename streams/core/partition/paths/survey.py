"""The path for surveys: an answer into its place, whatever came before or after it.

By itself an answer counts at its time; only the latest votes depend on others. Held to the general path by a
law, like the other paths; ``due`` may be earlier than derived, never later.
"""

from streams.core.counting import quantities as q
from streams.core.counting.event_changes import CellChange, survey_changes
from streams.core.counting.panes import Panes
from streams.core.customer.answers import ClosedVote, vote_of
from streams.core.customer.derive import standing_at
from streams.core.customer.entries import FORM_NPS, Entry, SurveyEntry
from streams.core.customer.life import ACTIVE
from streams.core.customer.record import PLAIN_LIFE, STANDING, Customer
from streams.core.customer.risk import CALM, DETRACTOR, DETRACTOR_MS, DETRACTOR_SCORE, PENDING, band_at
from streams.core.partition.paths.neighbours import engage
from streams.core.partition.store.customers import Customers


class SurveyPath:
    """The path for the answers of one partition."""

    __slots__ = ("_customers", "_on")

    def __init__(self, customers: Customers) -> None:
        self._customers = customers
        self._on = customers.definition.inactivity_churn_ms is None

    def take(self, key: bytes, customer: Customer | None, entry: Entry) -> bool:
        """Take an answer in: there is no other path for it."""
        assert type(entry) is SurveyEntry  # noqa: S101 - there is no other kind of answer
        if customer is None:
            customer = Customer()
            self._customers.put(key, customer)
        customers, profile, at_ms = self._customers, customer.profile, entry.at_ms
        panes = customers.families.surveys
        changes = here = survey_changes(entry)
        if entry.form == FORM_NPS:
            vote = vote_of(entry)
            former = customer.vote(entry.touchpoint)
            here = changes + _replace(panes, entry.touchpoint, former, vote, whole=False)
            latest = _replace(panes, profile, customer.vote(None), vote, whole=True)
            if latest and customer.state == ACTIVE:
                self._stand(key, customer, vote)
            changes = changes + latest
        panes.add(profile, at_ms, changes)
        panes.add(entry.touchpoint, at_ms, here, whole=False)
        customer.add_answer(entry, customers.identity, customers.room)
        customer.changed = True
        customer.facts = None
        if at_ms > customer.engaged:
            orders = customers.families.orders
            if customer.engaged:
                orders.add(profile, customer.engaged, [(q.ENGAGED, -1)])
            orders.add(profile, at_ms, [(q.ENGAGED, 1)])
            customer.engaged = at_ms
        return True

    def take_out(self, key: bytes, customer: Customer, answer: SurveyEntry) -> None:
        """Take out an answer that stands; the votes before it count again."""
        customers, profile, at_ms, touchpoint = (
            self._customers,
            customer.profile,
            answer.at_ms,
            answer.touchpoint,
        )
        panes = customers.families.surveys
        here, latest = customer.vote(touchpoint), customer.vote(None)
        customer.take_answer(answer)
        changes = [(quantity, -n) for quantity, n in survey_changes(answer)]
        panes.add(profile, at_ms, changes)
        panes.add(touchpoint, at_ms, changes, whole=False)
        if answer.form == FORM_NPS:
            _swap(panes, touchpoint, here, customer.vote(touchpoint), whole=False)
            now = customer.vote(None)
            _swap(panes, profile, latest, now, whole=True)
            if now != latest and customer.state == ACTIVE:
                if customer.flags & PLAIN_LIFE and self._on:
                    customer.due = standing_at(now, customer.since, customers.clock, 0, pending=False)[1]
                self._stand(key, customer, now)
        engage(customers, customer)
        customer.changed = True
        customer.facts = None

    def _stand(self, key: bytes, customer: Customer, vote: ClosedVote | None) -> None:
        """The standing and risk band after a vote."""
        clock = self._customers.clock
        old = customer.flags & STANDING
        low = False
        if vote is not None:
            expiry = vote[0] + DETRACTOR_MS
            low = vote[3] <= DETRACTOR_SCORE and clock < expiry
            if low:
                customer.due = min(customer.due or expiry, expiry)
        new = PENDING if old == PENDING else DETRACTOR if low else CALM
        if new != old:
            orders = customer.orders, customer.first, customer.last
            before, after = band_at(old, *orders, clock), band_at(new, *orders, clock)
            customer.flags = customer.flags & ~STANDING | new
            if before != after:
                self._customers.shift_band(customer.profile, before, after)
        self._customers.schedule(key, customer, clock)


def _swap(panes: Panes, group: int, old: ClosedVote | None, new: ClosedVote | None, *, whole: bool) -> None:
    """Another vote is the latest one of a group."""
    if old != new:
        for vote, sign in ((old, -1), (new, 1)):
            if vote is not None:
                panes.add(group, vote[0], [(q.LATEST + q.nps_class(vote[3]), sign)], whole=whole)


def _replace(
    panes: Panes, group: int, old: ClosedVote | None, new: ClosedVote, *, whole: bool
) -> list[CellChange]:
    """Take out the latest vote of a group if a newer one comes, and say what that one counts."""
    if old is not None:
        if old > new:
            return []
        panes.add(group, old[0], [(q.LATEST + q.nps_class(old[3]), -1)], whole=whole)
    return [(q.LATEST + q.nps_class(new[3]), 1)]
