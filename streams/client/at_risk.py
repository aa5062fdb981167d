"""The early-warning set as read from Redis: who seems most likely to leave.

Rules: customers are keyed hashes; only who has the deployment secret can tell which hash is whose. The set is
swept from all customers every few minutes, so its time is its own.

Pure: no I/O, no clock; both readers share this file.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RiskyCustomer:
    """A customer at risk."""

    customer: str
    """Keyed hash of the id, as ``kpi hash ID`` prints it."""
    score: float
    """0 to 1: how likely it seems that they leave."""


@dataclass(frozen=True, slots=True)
class AtRisk:
    """The early-warning set: the active customers with the highest risk score."""

    t_ms: int
    """As of when (ms since the epoch): at most some minutes ago."""
    age_s: float
    customers: tuple[RiskyCustomer, ...]
    """The highest score first."""


def read_at_risk(t: str | None, members: Iterable[tuple[str, float]], *, now_ms: int) -> AtRisk | None:
    """Make the set of its time and its members, the highest score first; None where it is not published."""
    if not t:
        return None
    at = int(t)
    return AtRisk(at, (now_ms - at) / 1000, tuple(RiskyCustomer(name, score) for name, score in members))


def last_of(limit: int) -> int:
    """The index of the last member to ask for.

    Raises:
        ValueError: the limit is below 1.
    """
    if limit < 1:
        raise ValueError(f"limit: {limit} must be 1 or more")
    return limit - 1
