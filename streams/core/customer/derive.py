"""The general path: a record and t in, everything the customer contributes out. A pure function.

``derive`` reads a record that holds only events dated at or before t; what it finds changes with t alone only
at ``due``. ``counting/contributions.py`` turns the result into cells.
"""

from bisect import insort
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from streams.core.customer.entries import (
    FORM_NPS,
    PURCHASE,
    Body,
    CancellationEntry,
    SignupEntry,
    SurveyEntry,
    last_purchase_ms,
    pack_purchase,
    purchases_of,
)
from streams.core.customer.groups import NOBODY
from streams.core.customer.identity import Identity
from streams.core.customer.life import ERASED as ERASED_TRANSITION
from streams.core.customer.life import NEW, Life, LifeEvents, Transition, live
from streams.core.customer.record import (
    ACTIVE,
    ERASED,
    HAS_SEALED,
    HAS_VOIDS,
    PLAIN_LIFE,
    STANDING,
    Customer,
)
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

by_identity = attrgetter("at_ms", "event_id", "source")
"""The order of one customer's signups, cancellations and surveys."""


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
    """The purchases block without what is voided."""
    surveys: list[SurveyEntry]
    times: list[int]
    """Times of kept orders, oldest first."""
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
    kept = _Kept(customer, body, identity)
    erased = body.erased_ms
    until = erased or t
    times = [at_ms for _, at_ms, amount in PURCHASE.iter_unpack(kept.purchases) if amount >= 0]
    activators = times
    if body.activity:
        activators = times.copy()
        for at in body.activity:
            insort(activators, at)
    life = live(LifeEvents(kept.signups, kept.cancellations, activators), until, definition)
    if erased:
        _end(life, erased, definition)
    sealed = body.sealed
    chain = ([x for x in (sealed.second_ms, sealed.last_ms) if x] if sealed else []) + times
    facts = Facts(
        t=t,
        profile=kept.latest.profile if kept.latest else NOBODY,
        life=life,
        cost_minor=cost_of(kept.signups, life.transitions[0].at_ms) if _begins(life) else None,
        purchases=kept.purchases,
        surveys=kept.surveys,
        times=times,
        orders=len(times) + (sealed.orders if sealed else 0),
        first=(sealed.first_ms if sealed and sealed.first_ms else 0) or (times[0] if times else 0),
        last=chain[-1] if chain else 0,
        second=chain[-2] if len(chain) > 1 else 0,
        engaged=kept.engaged,
        void_pending=kept.void_pending,
        erased_ms=erased,
        due=life.due,
    )
    if life.state == ACTIVE and not erased:
        _stand(facts, customer, t)
    facts.flags |= _flags(body, facts)
    return facts


class _Kept:
    """The kept events that no void withdraws."""

    __slots__ = ("cancellations", "engaged", "latest", "purchases", "signups", "surveys", "void_pending")

    def __init__(self, customer: Customer, body: Body, identity: Identity) -> None:
        self.signups = body.signups
        self.cancellations = body.cancellations
        self.surveys = body.surveys
        self.purchases = customer.purchases
        self.void_pending = 0
        if body.voids:
            self._withdraw(body, identity)
        self.latest: SignupEntry | None = max(self.signups, key=by_identity, default=None)
        lists = (self.signups, self.cancellations, self.surveys)
        newest = [entries[-1].at_ms for entries in lists if entries]
        if self.purchases:
            newest.append(last_purchase_ms(self.purchases))
        if body.sealed is not None:
            newest.append(body.sealed.engaged_ms)
        self.engaged = max(newest, default=0)

    def _withdraw(self, body: Body, identity: Identity) -> None:
        targets = {void.target for void in body.voids if void.target}
        found: set[bytes] = set()

        def stays(entry: SignupEntry | CancellationEntry | SurveyEntry) -> bool:
            digest = identity.event(entry.source, entry.event_id)
            if digest in targets:
                found.add(digest)
                return False
            return True

        self.signups = [e for e in body.signups if stays(e)]
        self.cancellations = [e for e in body.cancellations if stays(e)]
        self.surveys = [e for e in body.surveys if stays(e)]
        bought = purchases_of(self.purchases)
        self.purchases = b"".join(pack_purchase(p) for p in bought if p.digest not in targets)
        found.update(p.digest for p in bought if p.digest in targets)
        self.void_pending = sum(1 for void in body.voids if void.target and void.target not in found)


def _end(life: Life, erased_ms: int, definition: Definition) -> None:
    """An erase ends a person: an active one leaves without churn; nothing is pending but to be forgotten."""
    if life.state == ACTIVE:
        life.transitions.append(Transition(erased_ms, ERASED_TRANSITION))
    life.pending = False
    life.due = erased_ms + definition.reach_ms


def _begins(life: Life) -> bool:
    return bool(life.transitions) and life.transitions[0].kind == NEW


def cost_of(signups: list[SignupEntry], start_ms: int) -> int | None:
    """Acquisition cost of a customer who became new at an instant; None where it is not known."""
    known = [s for s in signups if s.cost_minor is not None and s.at_ms <= start_ms]
    return max(known, key=by_identity).cost_minor if known else None


def latest_vote(customer: Customer, surveys: list[SurveyEntry]) -> tuple[int, int] | None:
    """Time and score of the latest NPS answer among those that stand; None without one."""
    votes = [s for s in surveys if s.form == FORM_NPS]
    if votes:
        latest = max(votes, key=by_identity)
        return latest.at_ms, latest.score
    sealed = customer.body.sealed
    if sealed is not None and sealed.votes:
        vote = next(reversed(sealed.votes.values()))
        return vote.at_ms, vote.score
    return None


def _stand(facts: Facts, customer: Customer, t: int) -> None:
    """Risk band and long term of an active customer, and when they change."""
    life = facts.life
    dues = [life.due] if life.due else []
    long_at = life.since + LONG_TERM_MS
    facts.long_term = t >= long_at
    if not facts.long_term:
        dues.append(long_at)
    vote = latest_vote(customer, facts.surveys)
    detractor = vote is not None and vote[1] <= DETRACTOR_SCORE and t - vote[0] < DETRACTOR_MS
    if vote is not None and detractor:
        dues.append(vote[0] + DETRACTOR_MS)
    standing = PENDING if life.pending else DETRACTOR if detractor else CALM
    facts.flags |= standing
    facts.band = band_at(standing, facts.orders, facts.first, facts.last, t)
    facts.due = min(dues, default=0)


def _flags(body: Body, facts: Facts) -> int:
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
        | (HAS_VOIDS if body.voids else 0)
        | (HAS_SEALED if body.sealed is not None else 0)
        | (ERASED if facts.erased_ms else 0)
    )


def stand_due(customer: Customer, t: int) -> int:
    """When a customer changes by itself next after t; 0: never."""
    due = customer.due
    standing = customer.flags & STANDING
    if standing and customer.state == ACTIVE:
        banded = band_due(standing, customer.orders, customer.first, customer.last, t)
        if banded and (not due or banded < due):
            return banded
    return due
