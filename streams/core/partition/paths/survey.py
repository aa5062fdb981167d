"""The in-order path for surveys: an answer later than all others of a customer.

Held to the general path by a law, like the other paths; ``due`` may be earlier than derived, never later.
"""

from typing import Final

from streams.core.counting import quantities as q
from streams.core.counting.event_changes import survey_changes
from streams.core.customer.entries import FORM_NPS, SurveyEntry
from streams.core.customer.record import ACTIVE, ERASED, HAS_SEALED, HAS_VOIDS, STANDING, Customer
from streams.core.customer.risk import CALM, DETRACTOR, DETRACTOR_MS, DETRACTOR_SCORE, PENDING, band_at
from streams.core.partition.store.customers import Customers

_ODD: Final = HAS_VOIDS | HAS_SEALED | ERASED


class SurveyPath:
    """The in-order path for the answers of one partition."""

    __slots__ = ("_customers", "_kept_events")

    def __init__(self, customers: Customers) -> None:
        self._customers = customers
        self._kept_events = customers.definition.kept_events

    def fits(self, customer: Customer, at_ms: int) -> bool:
        """Whether an answer at this time may take this path."""
        if customer.flags & _ODD or customer.kept >= self._kept_events:
            return False
        surveys = customer.body.surveys
        return not surveys or at_ms > surveys[-1].at_ms

    def apply(self, key: bytes, customer: Customer, entry: SurveyEntry) -> None:
        """Add an answer that ``fits``."""
        panes, profile, at_ms = self._customers.families.surveys, customer.profile, entry.at_ms
        surveys = customer.body.surveys
        changes = survey_changes(entry)
        if entry.form == FORM_NPS:
            vote = q.LATEST + q.nps_class(entry.score)
            changes.append((vote, 1))
            here = _latest(surveys, entry.touchpoint)
            if here is not None:
                old = [(q.LATEST + q.nps_class(here.score), -1)]
                panes.add(entry.touchpoint, here.at_ms, old, whole=False)
            last = _latest(surveys, None)
            if last is not None:
                panes.add(profile, last.at_ms, [(q.LATEST + q.nps_class(last.score), -1)])
            if customer.state == ACTIVE:
                self._stand(key, customer, entry)
        panes.add(profile, at_ms, changes)
        panes.add(entry.touchpoint, at_ms, changes, whole=False)
        surveys.append(entry)
        customer.note(entry.event_id)
        customer.kept += 1
        customer.changed = True
        customer.facts = None
        if at_ms > customer.engaged:
            orders = self._customers.families.orders
            orders.add(profile, customer.engaged, [(q.ENGAGED, -1)])
            orders.add(profile, at_ms, [(q.ENGAGED, 1)])
            customer.engaged = at_ms

    def _stand(self, key: bytes, customer: Customer, entry: SurveyEntry) -> None:
        """The standing and risk band after a vote."""
        clock = self._customers.clock
        old = customer.flags & STANDING
        expiry = entry.at_ms + DETRACTOR_MS
        low = entry.score <= DETRACTOR_SCORE and clock < expiry
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


def _latest(surveys: list[SurveyEntry], touchpoint: int | None) -> SurveyEntry | None:
    """The newest NPS answer, of one touchpoint or of all; the surveys are in order of time."""
    for entry in reversed(surveys):
        if entry.form == FORM_NPS and touchpoint in (None, entry.touchpoint):
            return entry
    return None
