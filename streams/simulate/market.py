"""What the simulated market looks like: who the customers are, what they cost, how fast they leave.

Figures are plausible for a subscription shop and nothing else depends on them. Weights are relative.
"""

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate

from streams.core.definition.definition import DAY_MS, HOUR_MS, MINUTE_MS


class Weighted:
    """Values drawn by weight from one uniform number in [0, 1)."""

    __slots__ = ("_edges", "values")

    def __init__(self, weights: dict[str, float]) -> None:
        self.values = tuple(weights)
        total = sum(weights.values())
        self._edges = [edge / total for edge in accumulate(weights.values())][:-1]

    def share(self, value: str) -> float:
        """The share of one value."""
        edges = [0.0, *self._edges, 1.0]
        at = self.values.index(value)
        return edges[at + 1] - edges[at]

    def pick(self, uniform: float) -> str:
        """The value whose share of [0, 1) holds the number."""
        return self.values[bisect(self._edges, uniform)]


@dataclass(frozen=True, slots=True)
class Spike:
    """A churn spike: customers of one segment leave ``factor`` times as often for a while."""

    segment: str
    at_ms: int
    factor: float
    duration_ms: int


SEGMENTS = Weighted({"smb": 55, "mid-market": 25, "public": 12, "enterprise": 8})
PLANS = Weighted({"basic": 50, "pro": 35, "team": 15})
CHANNELS = Weighted({"organic": 30, "search": 25, "social": 20, "referral": 15, "partner": 10})
REGIONS = Weighted({"emea": 40, "amer": 35, "apac": 18, "latam": 7})
REASONS = Weighted(
    {"price": 35, "missing_feature": 20, "competitor": 18, "no_longer_needed": 17, "support": 10}
)
FOREIGN = Weighted({"EUR": 60, "GBP": 25, "JPY": 15})
TOUCHPOINTS = Weighted({"checkout": 35, "delivery": 30, "support": 20, "onboarding": 10, "complaint": 5})
COMMENTS = Weighted(
    {"": 85, "quick and friendly": 5, "delivery took too long": 5, "caf\\u00e9 order was wrong": 5}
)

COST_MINOR = {"organic": 1_200, "search": 4_800, "social": 3_500, "referral": 2_000, "partner": 9_000}
BASKET_MINOR = {"basic": 2_400, "pro": 6_500, "team": 14_000}
MONTHLY_CHURN = {"smb": 0.06, "mid-market": 0.035, "public": 0.02, "enterprise": 0.012}
MONTH_MS = 30 * DAY_MS

BASE_SHARE = 0.75
"""Share of the customers who were there before the history begins; they are imported first."""
BASE_AGE_MS = 3 * 365 * DAY_MS
"""The oldest imported signup is this old when the history begins."""
ATTRIBUTE_GAP_SHARE = 0.03
"""Share of the signups that lack an attribute (or the cost)."""
FOREIGN_SHARE = 0.08
TRIAL_SHARE = 0.3
TRIAL_MS = 14 * DAY_MS
TRIAL_CONVERTS = 0.6
PLAN_CHANGE_SHARE = 0.03
PLAN_CHANGE_MS = 40 * DAY_MS

MEDIAN_GAP_MS = 3.2 * DAY_MS
SHORTEST_GAP_MS = 0.7 * DAY_MS
LONGEST_GAP_MS = 45 * DAY_MS
REFUND_SHARE = 0.03
REFUND_AFTER_MS = 4 * DAY_MS
VOID_SHARE = 0.003
VOID_AFTER_MS = 20 * MINUTE_MS
REVIEW_SHARE = {"csat5": 0.05, "csat10": 0.02, "ces": 0.02}
AFTER_COMPLAINT = {"csat10": "csat7", "ces": "ces5"}
"""Whoever complained is asked on another scale."""
REVIEW_AFTER_MS = 8 * HOUR_MS
NPS_EVERY_MS = 45 * DAY_MS
NPS_ANSWERS = 0.3

INVOLUNTARY_SHARE = 0.12
SCHEDULED_SHARE = 0.35
SCHEDULED_FOR_MS = 30 * DAY_MS
WITHDRAWN_SHARE = 0.12
REACTIVATED_SHARE = 0.18
REACTIVATED_AFTER_MS = 15 * DAY_MS
REACTIVATED_BY_ORDER = 0.3
ERASE_SHARE = 0.004
"""Requests for erasure as a share of the customers, a month; only people long gone ask."""
ERASE_QUIET_MS = 8 * DAY_MS
"""A person asks to be erased only this long after the last event, so that no late event crosses it."""

LIVE_SIGNUP_SHARE = 0.01
LIVE_ERASE_SHARE = 0.0005
"""Shares of the live traffic; cancellations keep their natural pace, so that a spike is one."""
