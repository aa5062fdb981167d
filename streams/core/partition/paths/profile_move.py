"""Another profile for an active customer: what they contribute by profile goes there.

The whole has it already, and so have churn reasons and touchpoints: they stay as they are. Held to the
general path by a law.
"""

from streams.core.counting import quantities as q
from streams.core.counting.contributions import transition_changes
from streams.core.counting.event_changes import Lengths, survey_changes
from streams.core.counting.noted_panes import OrderPanes
from streams.core.counting.panes import Cell, Panes
from streams.core.counting.purchases import FIRST, count_purchase
from streams.core.customer.derive import LONG_TERM_MS, cost_of, latest_vote
from streams.core.customer.entries import PURCHASE
from streams.core.customer.life import NEW, Transition
from streams.core.customer.record import PLAIN_LIFE, STANDING, Customer
from streams.core.customer.risk import band_at
from streams.core.partition.store.customers import ACTIVE_AT, BAND_AT, LONG_TERM_AT, Customers


def move(customers: Customers, customer: Customer, profile: int) -> None:
    """Move an active customer of whom nothing is voided, sealed or erased, to another profile."""
    source, families = customer.profile, customers.families
    if customer.flags & PLAIN_LIFE:
        transitions = [Transition(customer.since, NEW)]
        cost_minor = cost_of(customer.body.signups, customer.since)
    else:
        facts = customers.facts(customer)
        transitions, cost_minor = facts.life.transitions, facts.cost_minor
    for transition in transitions:
        changes = transition_changes(transition, cost_minor, 1)
        families.life.move_some(source, profile, transition.at_ms, changes)
        families.calendar.move_some(source, profile, transition.at_ms, changes)
    orders = families.orders
    _move_purchases(orders, source, profile, customer.purchases, customers.lengths)
    newest = (customer.engaged, q.ENGAGED), (customer.last, q.BUYERS), (customer.second, q.REPEAT)
    for at_ms, quantity in newest:
        if at_ms:
            orders.move_some(source, profile, at_ms, [(quantity, 1)])
    _move_surveys(families.surveys, source, profile, customer)
    _move_standing(customers, customer, profile)
    customer.profile = profile


def _move_purchases(panes: OrderPanes, source: int, target: int, block: bytes, lengths: Lengths) -> None:
    before_ms = 0
    old: Cell | None = None
    new: Cell | None = None
    for _, at_ms, money in PURCHASE.iter_unpack(block):
        here, there = panes.cell(source, at_ms), panes.cell(target, at_ms)
        if here is not None and there is not None:
            count_purchase((here, here[-2]), money, -1)
            count_purchase((there, there[-2]), money, 1)
        panes.series.order(source, at_ms, money, -1)
        panes.series.order(target, at_ms, money, 1)
        if money >= 0:
            gap = at_ms - before_ms if before_ms else FIRST
            for i, length in enumerate(lengths):
                if gap < length:
                    break
                _move_one(old, new, q.PAIRS + 2 * i)
                _move_one(here, there, q.PAIRS + 2 * i + 1)
            before_ms, old, new = at_ms, here, there


def _move_one(here: Cell | None, there: Cell | None, quantity: int) -> None:
    if here is not None and there is not None:
        here[quantity] -= 1
        here[-2][quantity] -= 1
        there[quantity] += 1
        there[-2][quantity] += 1


def _move_surveys(panes: Panes, source: int, target: int, customer: Customer) -> None:
    surveys = customer.body.surveys
    for entry in surveys:
        panes.move_some(source, target, entry.at_ms, survey_changes(entry))
    vote = latest_vote(customer, surveys)
    if vote is not None:
        panes.move_some(source, target, vote[0], [(q.LATEST + q.nps_class(vote[1]), 1)])


def _move_standing(customers: Customers, customer: Customer, profile: int) -> None:
    clock = customers.clock
    band = band_at(customer.flags & STANDING, customer.orders, customer.first, customer.last, clock)
    long_term = clock - customer.since >= LONG_TERM_MS
    for group, sign in ((customer.profile, -1), (profile, 1)):
        gauges = customers.gauges_of(group)
        gauges[ACTIVE_AT] += sign
        gauges[LONG_TERM_AT] += sign * long_term
        gauges[BAND_AT[band]] += sign
