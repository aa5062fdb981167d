"""The risk score's bands, in exact integers (docs/contract.md, section 4).

With k orders from ``first`` to ``last`` the own gap is m = max(1 d, (30 d + last - first) / k), the silence
in gaps r = (t - last) / m. The score reaches 1/3 at r = 5/3 and 2/3 at r = 7/3; that of a recent detractor
starts at 1/2 and reaches 2/3 at r = 5/3; a pending cancellation is always high. All of it is compared as
integers: r >= a/3 exactly when 3 k (t - last) >= a * max(k d, 30 d + last - first).
"""

from typing import Final

from streams.core.definition.definition import DAY_MS

LOW: Final = 1
MEDIUM: Final = 2
HIGH: Final = 3

CALM: Final = 1
"""Neither a recent detractor nor about to leave."""
DETRACTOR: Final = 2
"""The latest NPS answer is low and recent."""
PENDING: Final = 3
"""A cancellation is to take effect."""

DETRACTOR_MS: Final = 90 * DAY_MS
"""How long an NPS answer of at most 6 weighs."""

DETRACTOR_SCORE: Final = 6
_PRIOR_MS: Final = 30 * DAY_MS
_TO_MEDIUM: Final = 5
_TO_HIGH: Final = 7
_HALF: Final = 2
_TENTH: Final = 10
"""What is left of the chance to stay: one in so many, for a detractor, for a pending cancellation."""
_STEPS: Final = {CALM: (_TO_MEDIUM, _TO_HIGH), DETRACTOR: (_TO_MEDIUM,)}


def gap_sum(orders: int, first_ms: int, last_ms: int) -> int:
    """The product k * m in ms: the customer's own gap between orders, times their number."""
    return max(orders * DAY_MS, _PRIOR_MS + last_ms - first_ms)


def score_at(
    orders: int, first_ms: int, last_ms: int, t: int, *, detractor: bool, pending: bool
) -> tuple[int, int]:
    """Numerator and denominator of an active customer's score at t, not reduced."""
    stays = whole = 2 * gap_sum(orders, first_ms, last_ms)
    if orders:
        silence = orders * (t - last_ms) - whole // 2
        stays -= min(max(silence, 0), whole)
    whole *= (_HALF if detractor else 1) * (_TENTH if pending else 1)
    return whole - stays, whole


def band_at(standing: int, orders: int, first_ms: int, last_ms: int, t: int) -> int:
    """The band of an active customer whose standing is CALM, DETRACTOR or PENDING."""
    if standing == PENDING:
        return HIGH
    if not orders:
        return LOW if standing == CALM else MEDIUM
    silence = 3 * orders * (t - last_ms)
    gaps = gap_sum(orders, first_ms, last_ms)
    if silence < _TO_MEDIUM * gaps:
        return LOW if standing == CALM else MEDIUM
    return MEDIUM if standing == CALM and silence < _TO_HIGH * gaps else HIGH


def medium_at(orders: int, first_ms: int, last_ms: int) -> int:
    """When the band of a calm customer with orders stops being low, or stopped."""
    gaps = _PRIOR_MS + last_ms - first_ms
    gaps = max(gaps, orders * DAY_MS)
    return last_ms - (-_TO_MEDIUM * gaps // (3 * orders))


def band_due(standing: int, orders: int, first_ms: int, last_ms: int, t: int) -> int:
    """When band_at changes next after t, the standing kept; 0: never."""
    if not orders or standing == PENDING:
        return 0
    gaps = gap_sum(orders, first_ms, last_ms)
    for numerator in _STEPS[standing]:
        at = last_ms - (-numerator * gaps // (3 * orders))
        if at > t:
            return at
    return 0
