"""The early-warning set: the active customers with the highest risk score (docs/contract.md, section 10).

Customers are named by their keyed digests and by nothing else;
core/partition/sweep/risk_ranking.py finds them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nlargest
from typing import NamedTuple


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
