"""From facts to cells: what a customer adds to the panes, and how to take it out again.

Every function here is additive with a sign: emitting with -1 what was emitted with +1 leaves no trace.
"""

from typing import Final

from streams.core.counting import quantities as q
from streams.core.counting.event_changes import PROFILE, CellChange, Lengths, survey_changes
from streams.core.counting.noted_panes import OrderPanes
from streams.core.counting.panes import Panes
from streams.core.counting.purchases import emit_purchases
from streams.core.counting.sealed_sums import sealed_changes
from streams.core.customer.derive import Facts
from streams.core.customer.entries import FORM_NPS, SurveyEntry, by_identity
from streams.core.customer.groups import UNKNOWN, Groups
from streams.core.customer.life import CHURNED, INACTIVE, NEW, REACTIVATED, Transition
from streams.core.customer.record import Customer

_QUANTITY: Final = {NEW: q.NEW, REACTIVATED: q.REACTIVATED, CHURNED: q.CHURNED}


def emit_life(panes: Panes, calendar: Panes, facts: Facts, groups: Groups, sign: int) -> None:
    """Transitions: in the profile, by panes and by the hour; and churn in its reason and churn type."""
    for transition in facts.life.transitions:
        changes = transition_changes(transition, facts.cost_minor, sign)
        panes.add(facts.profile, transition.at_ms, changes)
        calendar.add(facts.profile, transition.at_ms, changes)
        if transition.kind == CHURNED:
            for group in causes(transition, groups):
                panes.add(group, transition.at_ms, [(q.CHURNED, sign)], whole=False)
    emit_gone(panes, facts.life.transitions, facts.profile, groups, sign)


def emit_gone(panes: Panes, transitions: list[Transition], profile: int, groups: Groups, sign: int) -> None:
    """The activations and churns of a customer who is gone by churn, there and under the last cause."""
    if not transitions or transitions[-1].kind != CHURNED:
        return
    emit_past(panes, transitions, profile, causes(transitions[-1], groups), sign)


def emit_past(
    panes: Panes, transitions: list[Transition], profile: int, because: tuple[int, int], sign: int
) -> None:
    """Activations and churns as those of a customer who is gone."""
    for transition in transitions:
        step = sign if transition.kind in (NEW, REACTIVATED) else -sign
        panes.add_one(profile, transition.at_ms, q.GONE, step)
        for group in because:
            panes.add_one(group, transition.at_ms, q.GONE, step, whole=False)


def transition_changes(transition: Transition, cost_minor: int | None, sign: int) -> list[CellChange]:
    """What a change of standing counts; ``cost_minor``: of a new customer, where it is known."""
    kind, at_ms = transition.kind, transition.at_ms
    step = sign if kind in (NEW, REACTIVATED) else -sign
    changes: list[CellChange] = [(_QUANTITY.get(kind, q.ERASED), sign), (q.DELTA_MS, step * at_ms)]
    if kind == NEW and cost_minor is not None:
        changes += [(q.COST, sign * cost_minor), (q.WITH_COST, sign)]
    return changes


def causes(transition: Transition, groups: Groups) -> tuple[int, int]:
    """The reason and churn type groups of a churn."""
    if transition.cause is None:
        return groups.value("reason", UNKNOWN), groups.value("churn_type", INACTIVE)
    return transition.cause.reason, transition.cause.churn_type


def emit_orders(panes: OrderPanes, customer: Customer, facts: Facts, lengths: Lengths, sign: int) -> None:
    """Purchases and distinct buyers."""
    profile = facts.profile
    sealed = customer.body.sealed
    before_ms = sealed.last_ms if sealed is not None else 0
    emit_purchases(panes, profile, facts.purchases, lengths, sign, before_ms=before_ms)
    if sealed is not None:
        for end, group, changes in sealed_changes(sealed, q.ORDERS_FAMILY):
            owner, signed = profile if group == PROFILE else group, _signed(changes, sign)
            panes.series.orders(owner, end, signed)
            panes.add(owner, end, signed)
    for at_ms, quantity in ((facts.last, q.BUYERS), (facts.second, q.REPEAT)):
        if at_ms:
            panes.add(profile, at_ms, [(quantity, sign)])


def emit_engaged(panes: Panes, facts: Facts, sign: int) -> None:
    """The customer at the time of the newest event."""
    if facts.engaged:
        panes.add(facts.profile, facts.engaged, [(q.ENGAGED, sign)])


def emit_surveys(
    panes: Panes, customer: Customer, profile: int, surveys: list[SurveyEntry], sign: int
) -> None:
    """Answers that stand, and the latest NPS answer, in the profile and by touchpoint."""
    for entry in surveys:
        changes = _signed(survey_changes(entry), sign)
        panes.add(profile, entry.at_ms, changes)
        panes.add(entry.touchpoint, entry.at_ms, changes, whole=False)
    sealed = customer.body.sealed
    if sealed is not None:
        for end, group, changes in sealed_changes(sealed, q.SURVEYS_FAMILY):
            whole = group == PROFILE
            panes.add(profile if whole else group, end, _signed(changes, sign), whole=whole)
    for touchpoint, (at_ms, score) in latest_votes(customer, surveys).items():
        panes.add(touchpoint, at_ms, [(q.LATEST + q.nps_class(score), sign)], whole=False)
    latest = customer.vote(None)
    if latest is not None:
        panes.add(profile, latest[0], [(q.LATEST + q.nps_class(latest[3]), sign)])


def latest_votes(customer: Customer, surveys: list[SurveyEntry]) -> dict[int, tuple[int, int]]:
    """Touchpoint -> time and score of its latest NPS answer."""
    sealed = customer.body.sealed
    votes = {} if sealed is None else {g: (vote.at_ms, vote.score) for g, vote in sealed.votes.items()}
    nps = [entry for entry in surveys if entry.form == FORM_NPS]
    for entry in sorted(nps, key=by_identity):
        votes[entry.touchpoint] = (entry.at_ms, entry.score)
    return votes


def _signed(changes: list[CellChange], sign: int) -> list[CellChange]:
    return changes if sign > 0 else [(quantity, -amount) for quantity, amount in changes]
