"""The early-warning set: the active customers with the highest risk score (docs/contract.md, section 10).

A score is an exact rational, divided once. Customers are named by their keyed digests and by nothing else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappush, heapreplace, nlargest
from typing import NamedTuple

from streams.core.customer.derive import latest_vote
from streams.core.customer.record import ACTIVE, ERASED, STANDING, Customer
from streams.core.customer.risk import DETRACTOR, DETRACTOR_MS, DETRACTOR_SCORE, PENDING, score_at
from streams.core.partition.store.customers import Customers


class AtRisk(NamedTuple):
    """A customer and how likely it seems that they leave; the greater one is more at risk."""

    score: float
    """0 to 1."""
    customer: bytes
    """The keyed digest of the id."""


@dataclass(frozen=True, slots=True)
class EarlyWarning:
    """The customers most at risk at one instant, the highest score first."""

    t_ms: int
    customers: tuple[AtRisk, ...]


def most(customers: Iterable[AtRisk], limit: int) -> tuple[AtRisk, ...]:
    """The most at risk of them, the highest score first; ties by digest."""
    return tuple(nlargest(limit, customers))


class Ranking:
    """Keeps the most at risk of many."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._heap: list[AtRisk] = []

    def add(self, one: AtRisk) -> None:
        """Take a customer in, if they are among the most at risk."""
        if len(self._heap) < self._limit:
            heappush(self._heap, one)
        elif self._heap and one > self._heap[0]:
            heapreplace(self._heap, one)

    @property
    def customers(self) -> list[AtRisk]:
        """Who is kept, in no order."""
        return list(self._heap)


def assess(customers: Customers, key: bytes, customer: Customer, t: int) -> AtRisk | None:
    """The score of a customer at t (ms); None unless they are active."""
    if customer.state != ACTIVE or customer.flags & ERASED:
        return None
    standing = customer.flags & STANDING
    detractor = standing == DETRACTOR or (standing == PENDING and _detracts(customers, customer, t))
    above, below = score_at(
        customer.orders, customer.first, customer.last, t, detractor=detractor, pending=standing == PENDING
    )
    return AtRisk(above / below, key)


def _detracts(customers: Customers, customer: Customer, t: int) -> bool:
    """Whether the latest NPS answer is low and recent, of one whose standing does not tell."""
    vote = latest_vote(customer, customers.facts(customer).surveys)
    return vote is not None and vote[1] <= DETRACTOR_SCORE and t - vote[0] < DETRACTOR_MS
