"""Random histories for the laws: Kafka records in arrival order, full of the cases that break things.

``history`` draws from any ``random.Random``, so a seed makes it reproducible and Hypothesis can drive
and shrink it (``histories``). ``shuffle`` gives another arrival order with the same receipt classes.
Histories stay within kept history while a customer has no more than some 60 records, and purchases
and surveys lie within retention (choose ``start_ms`` accordingly).
"""

import base64
import json
from collections import defaultdict, deque
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.spoiling import Record, kind_of
from tests.story import DAY_MS, HOUR_MS, Story, occurs

NOW_MS = 1_772_366_400_000
"""A full hour, so that every window of the default definition is exact there."""

ALL = frozenset(
    {"ties", "edges", "future", "long_term", "late", "duplicates", "malformed", "voids", "erases"}
    | {"trials", "costs", "profiles", "scheduled", "refunds", "currencies", "surveys"}
)
"""Every feature of a history; leave some out to switch them off."""

GOOD: dict[str, dict[str, Any]] = {
    "signup": {},
    "purchase": {"amount": "10.00", "currency": "USD"},
    "cancellation": {},
    "survey": {"survey": "nps", "score": 10},
    "void": {"voids_event_id": "nothing"},
    "erase": {},
}
"""The least that each kind needs beyond the envelope."""


@dataclass(frozen=True)
class Mix:
    """How often each kind of event comes, relative to the others."""

    signup: float = 2
    purchase: float = 4
    cancellation: float = 1.5
    survey: float = 3
    void: float = 1
    erase: float = 0.3


STEADY = Mix()
CHURNY = Mix(signup=4, purchase=2, cancellation=5, survey=0.5, void=0.5, erase=0.1)
"""Customers who come and go: populates B, C0, reactivations, spikes and their baselines."""


def history(
    rng: Random,
    *,
    customers: int = 6,
    events: int = 60,
    start_ms: int = NOW_MS - 91 * DAY_MS,
    span_ms: int = 91 * DAY_MS + 2 * HOUR_MS,
    now_ms: int = NOW_MS,
    features: frozenset[str] = ALL,
    mix: Mix = STEADY,
) -> list[Record]:
    """Draw a history.

    Args:
        rng: where chance comes from.
        customers: how many there are.
        events: how many are drawn; openings, duplicates, withdrawals and malformed records come on top.
        start_ms: nothing is dated before it, except signups of long-standing customers.
        span_ms: nothing is dated after ``start_ms + span_ms``.
        now_ms: windows that end here see most; some events wait beyond it (``future``).
        features: what occurs, see ``ALL``.
        mix: how often which kind occurs.

    Returns:
        Records as ``kpi replay`` reads them, in arrival order.
    """
    story = Story(rng, start_ms, start_ms + span_ms, now_ms, features)
    names = [f"c{i}" for i in range(customers)]
    for name in names:
        if rng.random() < 0.7:
            story.opening(name)
    odds = {kind: p for kind, p in asdict(mix).items() if occurs(kind, features)}
    for _ in range(events):
        story.add(rng.choices(list(odds), list(odds.values()))[0], rng.choice(names))
    return story.arrivals()


def seeded(seed: int) -> Random:
    """A reproducible source of chance."""
    return Random(seed)  # noqa: S311 - tells stories, keeps no secrets


def record(kind: str, customer: str, ms: int, event_id: str = "", **fields: object) -> Record:
    """A good record, received at ``NOW_MS``; its id is made of kind and time unless given."""
    value = {"event_id": event_id or f"{kind}@{ms}", "customer_id": customer, "occurred_at": ms}
    value |= GOOD[kind] | fields
    return {"topic": f"crm.customer.{kind}.v1", "key": customer, "timestamp": NOW_MS, "value": value}


def histories(
    *,
    max_customers: int = 4,
    max_events: int = 40,
    features: frozenset[str] = ALL,
    mixes: tuple[Mix, ...] = (STEADY, CHURNY),
    now_ms: int = NOW_MS,
) -> st.SearchStrategy[list[Record]]:
    """Histories for Hypothesis, which chooses every draw and can therefore shrink them."""
    return st.builds(
        lambda rng, customers, events, mix: history(
            rng, customers=customers, events=events, now_ms=now_ms, features=features, mix=mix
        ),
        st.randoms(use_true_random=False),
        st.integers(1, max_customers),
        st.integers(0, max_events),
        st.sampled_from(mixes),
    )


def shuffle(rng: Random, records: list[Record]) -> list[Record]:
    """Another arrival order of the same records, in which each keeps its receipt class.

    Anything may change places, but what one customer sent before (after) an erase stays before (after)
    it, and records of one identity keep their order among themselves.
    """
    turns = [_identity(record)[0] for record in records]
    own: dict[str, list[Record]] = defaultdict(list)
    for customer, record in zip(turns, records, strict=True):
        own[customer].append(record)
    waiting = {customer: iter(_own_order(rng, mine)) for customer, mine in own.items()}
    rng.shuffle(turns)
    return [next(waiting[customer]) for customer in turns]


def _own_order(rng: Random, records: list[Record]) -> list[Record]:
    blocks: list[list[Record]] = [[]]
    for record in records:
        if kind_of(record) == "erase":
            blocks += [[record], []]
        else:
            blocks[-1].append(record)
    for block in blocks:
        rng.shuffle(block)
    queues: dict[tuple[str, str], deque[Record]] = defaultdict(deque)
    for record in records:
        queues[_identity(record)].append(record)
    return [queues[_identity(record)].popleft() for block in blocks for record in block]


def _identity(record: Record) -> tuple[str, str]:
    """(customer, source and id), as far as the record has them."""
    value = record.get("value")
    if "value_b64" in record:
        try:
            value = json.loads(base64.b64decode(record["value_b64"]))
        except ValueError:
            value = None
    fields = value if isinstance(value, dict) else {}
    return repr(fields.get("customer_id")), repr((fields.get("source") or "", fields.get("event_id")))
