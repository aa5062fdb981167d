"""The general path: a record and t in, everything the customer contributes out. A pure function.

``derive`` reads a record that holds only events dated at or before t; what it finds changes with t alone only
at ``due``. ``counting/contributions.py`` turns the result into cells.
"""

from bisect import insort
from dataclasses import dataclass
from typing import Final

from streams.core.customer.answers import ClosedVote
from streams.core.customer.entries import (
    PURCHASE,
    Fact,
    SignupEntry,
    SurveyEntry,
    VoidEntry,
    by_identity,
    digest_of,
    reaches,
)
from streams.core.customer.groups import NOBODY
from streams.core.customer.identity import Identity
from streams.core.customer.life import ACTIVE, ERASURE, NEW, Life, LifeEvents, Transition, live
from streams.core.customer.record import ERASED, HAS_SEALED, HAS_VOIDS, HEADER, PLAIN_LIFE, STANDING, Customer
from streams.core.customer.risk import (
    CALM,
    DETRACTOR,
    DETRACTOR_MS,
    DETRACTOR_SCORE,
    PENDING,
    band_at,
    band_due,
)
from streams.core.definition.definition import DAY_MS, Definition

LONG_TERM_MS: Final = 365 * DAY_MS


@dataclass(slots=True)
class Facts:
    """What is true of a customer as of t. Times in ms, 0 for none."""

    t: int
    """As of when."""
    profile: int
    life: Life
    cost_minor: int | None
    """Acquisition cost of the new customer, where there is one and it is known."""
    purchases: bytes
    """All that stand, as a block."""
    surveys: list[SurveyEntry]
    times: list[int]
    """Times of orders that are no sums, oldest first."""
    orders: int
    first: int
    last: int
    second: int
    engaged: int
    void_pending: int
    erased_ms: int
    band: int = 0
    """Risk band of an active customer, else 0."""
    long_term: bool = False
    due: int = 0
    flags: int = 0


def derive(customer: Customer, t: int, definition: Definition, identity: Identity) -> Facts:
    """Everything about a customer as of t (ms)."""
    body = customer.body
    bought = customer.bought
    erased = body.erased_ms
    until = erased or t
    times = [at_ms for _, at_ms, amount in PURCHASE.iter_unpack(bought) if amount >= 0]
    activators = times
    if body.activity:
        activators = times.copy()
        for at in body.activity:
            insort(activators, at)
    signups = customer.signups
    life = live(LifeEvents(signups, customer.cancellations, activators), until, definition)
    if erased:
        _end(life, erased, definition)
    sealed = body.sealed
    chain = ([x for x in (sealed.second_ms, sealed.last_ms) if x] if sealed else []) + times
    facts = Facts(
        t=t,
        profile=body.signups[-1].profile if body.signups else NOBODY,
        life=life,
        cost_minor=cost_of(signups, life.transitions[0].at_ms) if _begins(life) else None,
        purchases=bought,
        surveys=customer.answered,
        times=times,
        orders=len(times) + (sealed.orders if sealed else 0),
        first=(sealed.first_ms if sealed and sealed.first_ms else 0) or (times[0] if times else 0),
        last=chain[-1] if chain else 0,
        second=chain[-2] if len(chain) > 1 else 0,
        engaged=customer.newest_ms(),
        void_pending=void_pending(customer, identity) if customer.has_voids else 0,
        erased_ms=erased,
        due=life.due,
    )
    if life.state == ACTIVE and not erased:
        _stand(facts, customer, t)
    facts.flags |= _flags(customer, facts)
    return facts


def withdrawn_before(customer: Customer, void: VoidEntry, identity: Identity) -> bool:
    """Whether another void has withdrawn what a void is aimed at."""
    return customer.is_apart(void.target, identity) and any(
        reaches(void, entry) for entry in customer.voided_as(void.target, identity)[1]
    )


def void_pending(customer: Customer, identity: Identity) -> int:
    """How many voids have no target so far."""
    voids, entries = customer.voided()
    withdrawn: dict[bytes, list[Fact]] = {}
    for entry in entries:
        withdrawn.setdefault(digest_of(entry, identity), []).append(entry)
    return sum(
        bool(void.target) and not any(reaches(void, entry) for entry in withdrawn.get(void.target, ()))
        for void in voids
    )


def void_pending_at(customer: Customer, digest: bytes, identity: Identity) -> int:
    """How many of those that are aimed at an id have no target so far."""
    voids, withdrawn = customer.voided_as(digest, identity)
    return sum(
        void.target == digest and not any(reaches(void, entry) for entry in withdrawn) for void in voids
    )


def _end(life: Life, erased_ms: int, definition: Definition) -> None:
    """An erase ends a person: an active one leaves without churn; nothing is pending but to be forgotten."""
    if life.state == ACTIVE:
        life.transitions.append(Transition(erased_ms, ERASURE))
    life.pending = False
    life.due = erased_ms + definition.reach_ms


def _begins(life: Life) -> bool:
    return bool(life.transitions) and life.transitions[0].kind == NEW


def cost_of(signups: list[SignupEntry], start_ms: int) -> int | None:
    """Acquisition cost of a customer who became new at an instant; None where it is not known."""
    known = [s for s in signups if s.cost_minor is not None and s.at_ms <= start_ms]
    return max(known, key=by_identity).cost_minor if known else None


def _stand(facts: Facts, customer: Customer, t: int) -> None:
    """Risk band and long term of an active customer, and when they change."""
    life = facts.life
    standing, facts.due, facts.long_term = standing_at(
        customer.vote(None), life.since, t, life.due, pending=life.pending
    )
    facts.flags |= standing
    facts.band = band_at(standing, facts.orders, facts.first, facts.last, t)


def standing_at(
    vote: ClosedVote | None, since: int, t: int, due: int, *, pending: bool
) -> tuple[int, int, bool]:
    """Standing of an active customer at t, its next change (0: never), and whether it is long term.

    Args:
        vote: the latest NPS answer.
        since: time of the current activation.
        t: as of when.
        due: when life changes next; 0: never.
        pending: whether a cancellation is to take effect.
    """
    long_at = since + LONG_TERM_MS
    long_term = t >= long_at
    if not long_term:
        due = min(due, long_at) if due else long_at
    detractor = vote is not None and vote[3] <= DETRACTOR_SCORE and t - vote[0] < DETRACTOR_MS
    if vote is not None and detractor:
        due = min(due, vote[0] + DETRACTOR_MS) if due else vote[0] + DETRACTOR_MS
    return PENDING if pending else DETRACTOR if detractor else CALM, due, long_term


def _flags(customer: Customer, facts: Facts) -> int:
    life = facts.life
    plain = (
        len(life.transitions) == 1
        and life.state == ACTIVE
        and not life.pending
        and not life.not_active
        and not facts.erased_ms
    )
    return (
        (PLAIN_LIFE if plain else 0)
        | (HAS_VOIDS if customer.has_voids else 0)
        | (HAS_SEALED if customer.body.sealed is not None else 0)
        | (ERASED if facts.erased_ms else 0)
    )


def stand_due(customer: Customer, t: int) -> int:
    """When a customer changes by itself next after t; 0: never."""
    standing = customer.flags & STANDING
    if not standing or customer.state != ACTIVE:
        return customer.due
    return _banded(customer.due, band_due(standing, customer.orders, customer.first, customer.last, t))


def stand_due_at_rest(packed: bytes, t: int) -> int:
    """The same of a packed record."""
    due, _, first, last, _, _, _, orders, _, _, state, flags = HEADER.unpack_from(packed)
    if not flags & STANDING or state != ACTIVE:
        return int(due)
    return _banded(due, band_due(flags & STANDING, orders, first, last, t))


def _banded(due: int, banded: int) -> int:
    return banded if banded and (not due or banded < due) else due
