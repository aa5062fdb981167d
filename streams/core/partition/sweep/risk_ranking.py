"""Who of a partition's customers is most at risk: each active one is scored, the highest scores are kept.

A score is an exact rational, divided once.
"""

from heapq import heappush, heapreplace

from streams.core.customer.life import ACTIVE
from streams.core.customer.record import ERASED, STANDING, Customer
from streams.core.customer.risk import DETRACTOR, DETRACTOR_MS, DETRACTOR_SCORE, PENDING, score_at
from streams.core.kpi.early_warning import AtRisk


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


def assess(key: bytes, customer: Customer, t: int) -> AtRisk | None:
    """The score of a customer at t (ms); None unless they are active."""
    if customer.state != ACTIVE or customer.flags & ERASED:
        return None
    standing = customer.flags & STANDING
    detractor = standing == DETRACTOR or (standing == PENDING and _detracts(customer, t))
    above, below = score_at(
        customer.orders, customer.first, customer.last, t, detractor=detractor, pending=standing == PENDING
    )
    return AtRisk(above / below, key)


def _detracts(customer: Customer, t: int) -> bool:
    """Whether the latest NPS answer is low and recent, of one whose standing does not tell."""
    vote = customer.vote(None)
    return vote is not None and vote[3] <= DETRACTOR_SCORE and t - vote[0] < DETRACTOR_MS
