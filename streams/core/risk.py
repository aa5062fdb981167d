"""The risk score's bands, in exact integers (docs/contract.md, section 4).

With k orders from ``first`` to ``last`` the own gap is m = max(1 d, (30 d + last - first) / k), the silence
in gaps r = (t - last) / m. The score reaches 1/3 at r = 5/3 and 2/3 at r = 7/3; a recent detractor starts at
1/2 and reaches 2/3 at r = 5/3; a pending cancellation is always high. All of it is compared as integers: exactly when 3k(t - last) >= a * max(k d, 30 d + last - first).
"""

from streams.core.definition import DAY_MS

LOW = 1
MEDIUM = 2
HIGH = 3

DETRACTOR_MS = 90 * DAY_MS
"""How long an NPS answer of at most 6 weighs."""

DETRACTOR_SCORE = 6
_PRIOR_MS = 30 * DAY_MS
_TO_MEDIUM = 5
_TO_HIGH = 7


def gap_sum(orders: int, first_ms: int, last_ms: int) -> int:
    """The product k * m in ms: the customer's own gap between orders, times their number."""
    return max(orders * DAY_MS, _PRIOR_MS + last_ms - first_ms)


def calm_band(orders: int, first_ms: int, last_ms: int, t: int) -> int:
    """The band of an active customer who is neither a recent detractor nor about to leave."""
    if not orders:
        return LOW
    silence = 3 * orders * (t - last_ms)
    gaps = gap_sum(orders, first_ms, last_ms)
    if silence < _TO_MEDIUM * gaps:
        return LOW
    return MEDIUM if silence < _TO_HIGH * gaps else HIGH


def calm_due(orders: int, first_ms: int, last_ms: int, t: int) -> int:
    """When calm_band changes next after t; 0: never."""
    if not orders:
        return 0
    gaps = gap_sum(orders, first_ms, last_ms)
    for numerator in (_TO_MEDIUM, _TO_HIGH):
        at = last_ms - (-numerator * gaps // (3 * orders))
        if at > t:
            return at
    return 0


def detractor_band(orders: int, first_ms: int, last_ms: int, t: int) -> int:
    """The band of an active customer whose latest NPS answer is low and recent."""
    return MEDIUM if calm_band(orders, first_ms, last_ms, t) == LOW else HIGH


def detractor_due(orders: int, first_ms: int, last_ms: int, t: int) -> int:
    """When detractor_band changes next after t; 0: never."""
    return calm_due(orders, first_ms, last_ms, t) if calm_band(orders, first_ms, last_ms, t) == LOW else 0
