"""Another profile for an active customer: what they contribute by profile goes there.

The whole has it already, and so have churn reasons and touchpoints: they stay as they are. Held to the
general path by a law.
"""

from streams.core.alarms.day import SLOT_MS
from streams.core.counting import quantities as q
from streams.core.counting.contributions import transition_changes
from streams.core.counting.event_changes import Lengths, survey_changes
from streams.core.counting.long_lives import move_life
from streams.core.counting.panes import Cell, Panes
from streams.core.counting.purchases import FIRST
from streams.core.counting.slot_series import SlotSeries
from streams.core.customer.derive import LONG_TERM_MS, cost_of
from streams.core.customer.entries import PURCHASE
from streams.core.customer.life import ACTIVE, CHURNED, NEW, Transition
from streams.core.customer.record import PLAIN_LIFE, STANDING, STAYS, Customer
from streams.core.customer.risk import band_at
from streams.core.partition.store.customers import ACTIVE_AT, BAND_AT, LONG_TERM_AT, Customers


def settle(customers: Customers, customer: Customer) -> None:
    """Count a customer who has moved in the profile of the record, however often that was.

    It is one of whom nothing is sums or erased, and who has been active.
    """
    history, profile, families = customer.history, customer.moves_to, customers.families
    customer.moves_to = STAYS
    line = None if history is None else history.line
    if line is None:
        _move_life(customers, customer, profile)
    else:
        move_life(families.life, families.calendar, line, profile)
        customers.lifelines.turned[line] = None
    _move_flows(customers, customer, profile)
    if customer.state == ACTIVE:
        _move_standing(customers, customer, profile)
    customer.profile = profile


def _move_life(customers: Customers, customer: Customer, profile: int) -> None:
    source, families = customer.profile, customers.families
    if customer.flags & PLAIN_LIFE:
        transitions = [Transition(customer.since, NEW)]
    else:
        transitions = customers.facts(customer).life.transitions
    cost_minor = cost_of(customer.signups, transitions[0].at_ms)
    gone = transitions[-1].kind == CHURNED
    for transition in transitions:
        at_ms, changes = transition.at_ms, transition_changes(transition, cost_minor, 1)
        families.calendar.move_some(source, profile, at_ms, changes)
        if gone:
            changes.append((q.GONE, -1 if transition.kind == CHURNED else 1))
        families.life.move_some(source, profile, at_ms, changes)


def _move_flows(customers: Customers, customer: Customer, profile: int) -> None:
    """Move what a customer has bought and answered, and their newest event."""
    source, families = customer.profile, customers.families
    orders = families.orders
    before_ms, block = customer.bought_after(orders.edges[-1])
    _move_purchases(orders, source, profile, before_ms, block, customers.lengths)
    _move_series(orders.series, source, profile, block)
    newest = (customer.engaged, q.ENGAGED), (customer.last, q.BUYERS), (customer.second, q.REPEAT)
    for at_ms, quantity in newest:
        if at_ms:
            orders.move_some(source, profile, at_ms, [(quantity, 1)])
    _move_surveys(families.surveys, source, profile, customer)


def _move_purchases(  # noqa: PLR0917 - one caller
    panes: Panes, source: int, target: int, before_ms: int, block: bytes, lengths: Lengths
) -> None:
    """Pane by pane: of purchases in the same one, a cell takes the sum."""
    here, there = panes.cell(source, before_ms), panes.cell(target, before_ms)
    old, new, end = here, there, before_ms
    orders = base = refunds = revenue = left_out = 0
    for _, at_ms, money in PURCHASE.iter_unpack(block):
        if at_ms > end:
            _move_sums(here, there, orders, base, refunds, revenue, left_out)
            orders = base = refunds = revenue = left_out = 0
            here, there, end = panes.cell(source, at_ms), panes.cell(target, at_ms), panes.end_of(at_ms)
        if money & 1:
            revenue += money >> 1
        else:
            left_out += 1
        if money < 0:
            refunds += money & 1
            continue
        orders += 1
        base += money & 1
        gap = at_ms - before_ms if before_ms else FIRST
        for i, length in enumerate(lengths):
            if gap < length:
                break
            _move_one(old, new, q.PAIRS + 2 * i)
            _move_one(here, there, q.PAIRS + 2 * i + 1)
        before_ms, old, new = at_ms, here, there
    _move_sums(here, there, orders, base, refunds, revenue, left_out)


def _move_sums(  # noqa: PLR0917 - one caller
    here: Cell | None, there: Cell | None, orders: int, base: int, refunds: int, revenue: int, left_out: int
) -> None:
    if here is None or there is None:
        return
    for vectors, sign in (((here, here[-2]), -1), ((there, there[-2]), 1)):
        for vector in vectors:
            vector[q.ORDERS] += sign * orders
            vector[q.ORDERS_BASE] += sign * base
            vector[q.REFUNDS_BASE] += sign * refunds
            vector[q.REVENUE] += sign * revenue
            vector[q.LEFT_OUT] += sign * left_out


def _move_series(series: SlotSeries, source: int, target: int, block: bytes) -> None:
    """The same for alarms, slot by slot."""
    end = orders = refunds = 0
    for _, at_ms, money in PURCHASE.iter_unpack(block):
        if at_ms > end:
            _move_slot(series, source, target, end, orders, refunds)
            end, orders, refunds = at_ms + -at_ms % SLOT_MS, 0, 0
        if money >= 0:
            orders += 1
        else:
            refunds += money & 1
    _move_slot(series, source, target, end, orders, refunds)


def _move_slot(  # noqa: PLR0917 - one caller
    series: SlotSeries, source: int, target: int, end: int, orders: int, refunds: int
) -> None:
    series.orders(source, end, [(q.ORDERS, -orders), (q.REFUNDS_BASE, -refunds)])
    series.orders(target, end, [(q.ORDERS, orders), (q.REFUNDS_BASE, refunds)])


def _move_one(here: Cell | None, there: Cell | None, quantity: int) -> None:
    if here is not None and there is not None:
        here[quantity] -= 1
        here[-2][quantity] -= 1
        there[quantity] += 1
        there[-2][quantity] += 1


def _move_surveys(panes: Panes, source: int, target: int, customer: Customer) -> None:
    counts: dict[int, int] = {}
    end = 0
    for entry in customer.answered:
        at_ms = entry.at_ms
        if at_ms > end:
            _move_counts(panes, source, target, end, counts)
            end = min(panes.end_of(at_ms), at_ms + -at_ms % SLOT_MS)
        for quantity, amount in survey_changes(entry):
            counts[quantity] = counts.get(quantity, 0) + amount
    _move_counts(panes, source, target, end, counts)
    vote = customer.vote(None)
    if vote is not None:
        panes.move_some(source, target, vote[0], [(q.LATEST + q.nps_class(vote[3]), 1)])


def _move_counts(panes: Panes, source: int, target: int, end: int, counts: dict[int, int]) -> None:
    """The answers of one pane and slot."""
    if counts:
        panes.move_some(source, target, end, list(counts.items()))
        counts.clear()


def _move_standing(customers: Customers, customer: Customer, profile: int) -> None:
    clock = customers.clock
    band = band_at(customer.flags & STANDING, customer.orders, customer.first, customer.last, clock)
    long_term = clock - customer.since >= LONG_TERM_MS
    for group, sign in ((customer.profile, -1), (profile, 1)):
        gauges = customers.gauges_of(group)
        gauges[ACTIVE_AT] += sign
        gauges[LONG_TERM_AT] += sign * long_term
        gauges[BAND_AT[band]] += sign
