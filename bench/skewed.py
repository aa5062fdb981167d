"""The skewed mix: work that nobody tuned for. Some customers have one event, some thousands.

1,000,000 events a day. Customers are drawn with Zipf weights, kinds by chance, whatever the state
is: they leave, come back and change profile all the time. 1 % of the events come twice, at most 2,000 events
apart, of customers with at most seven so far (Kafka Streams' side remembers eight ids of a customer).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np

from streams.core.definition.definition import DAY_MS
from streams.simulate import SimRecord, bodies, topic_of

A_DAY = 1_000_000
_DRAWN = 100_000
_REPEATED = 0.01
_WITHIN = 2_000
_FEW = 7
_PLANS = ("free", "pro", "team")
_SEGMENTS = ("consumer", "smb", "enterprise")
_TOUCHPOINTS = ("checkout", "support", "app")
_REASONS = ("price", "quality", "moved", "competitor")


@dataclass(frozen=True, slots=True)
class Mix:
    """What is varied.

    Attributes:
        skew: of customer i of `customers`, the weight is (i + 1) to the power of minus this.
        purchases, surveys, signups: shares of the kinds; the rest are cancellations.
    """

    name: str
    seed: int = 1
    customers: int = 200_000
    skew: float = 0.8
    purchases: float = 0.70
    surveys: float = 0.15
    signups: float = 0.10


SKEWED = Mix("skewed mix")
OTHERS = (
    Mix("another seed", seed=2),
    Mix("even customers", skew=0.0),
    Mix("few customers have most", customers=50_000, skew=1.1),
    Mix("surveys and churn", purchases=0.30, surveys=0.40, signups=0.15),
)


def skewed_mix(n: int, *, end_ms: int, mix: Mix = SKEWED) -> Iterator[SimRecord]:
    """``n`` records in order of time, the last one at ``end_ms``; the timestamp is the event's own."""
    rng = Random(mix.seed)  # noqa: S311 - a simulation, not a secret
    seen: dict[int, int] = {}
    waiting: list[tuple[int, SimRecord]] = []
    begin_ms, span_ms = end_ms - n * DAY_MS // A_DAY, n * DAY_MS // A_DAY
    for i, number in enumerate(_customers(n, mix)):
        at = begin_ms + (i + 1) * span_ms // n
        if waiting and waiting[0][0] <= i:
            yield waiting.pop(0)[1]._replace(timestamp_ms=at)
            continue
        record = _event(rng, mix, i, f"z{number:06d}", at)
        seen[number] = seen.get(number, 0) + 1
        if seen[number] <= _FEW and rng.random() < _REPEATED:
            waiting.append((i + 1 + rng.randrange(_WITHIN), record))
            waiting.sort(key=lambda one: one[0])
        yield record


def _customers(n: int, mix: Mix) -> Iterator[int]:
    """Customers by chance, some at a time."""
    chance = np.random.default_rng(mix.seed)
    weights = np.cumsum((np.arange(mix.customers) + 1.0) ** -mix.skew)
    for first in range(0, n, _DRAWN):
        size = min(_DRAWN, n - first)
        yield from np.searchsorted(weights, chance.random(size) * weights[-1]).tolist()


def _event(rng: Random, mix: Mix, i: int, name: str, at: int) -> SimRecord:
    chance = rng.random()
    if chance < mix.purchases:
        kind, body = "purchase", bodies.purchase(f"e{i}", name, at, 500 + rng.randrange(9_500), "USD")
    elif chance < mix.purchases + mix.surveys:
        kind, score = "survey", rng.randrange(11)
        touchpoint = rng.choice(_TOUCHPOINTS)
        body = bodies.survey(f"e{i}", name, at, kind="nps", score=score, scale=10, touchpoint=touchpoint)
    elif chance < mix.purchases + mix.surveys + mix.signups:
        kind, attributes = "signup", {"plan": rng.choice(_PLANS), "segment": rng.choice(_SEGMENTS)}
        body = bodies.signup(f"e{i}", name, at, attributes, None, trial=False)
    else:
        kind, reason = "cancellation", rng.choice(_REASONS)
        body = bodies.cancellation(
            f"e{i}", name, at, effective_at=None, reason=reason, churn_type="voluntary"
        )
    return SimRecord(topic_of(kind), name.encode(), body.encode(), at)
