"""The mix the benchmarks run on: fixed shares of kinds, lateness and repeats, and nothing else.

80 % purchases in order, 10 % surveys, 10 % signups and cancellations; 1 % of all late, 1 % repeated.
"""

from collections.abc import Iterator
from random import Random

from streams.core.definition.definition import DAY_MS, HOUR_MS
from streams.simulate import bodies, market
from streams.simulate.records import SimRecord, topic_of

_PURCHASES = 0.8
_SURVEYS = 0.9
_SIGNUPS = 0.96
_NEWCOMERS = 0.7
_LATE = 0.01
_REPEATED = 0.01
_LATE_BY_MS = DAY_MS
_ATTRIBUTES = (market.PLANS, market.SEGMENTS, market.CHANNELS, market.REGIONS)
_NAMES = ("plan", "segment", "channel", "region")


def bench_mix(
    n: int,
    *,
    seed: int = 1,
    customers: int = 20_000,
    end_ms: int = 1_776_211_200_000,
    span_ms: int = 24 * HOUR_MS,
    purchases_only: bool = False,
) -> Iterator[SimRecord]:
    """``n`` records evenly over ``span_ms`` up to ``end_ms``; ``timestamp_ms`` is the arrival.

    ``purchases_only``: every record is a purchase in order, none late, none repeated.
    """
    rng = Random(seed)  # noqa: S311 - a simulation, not a secret
    random = rng.random
    names = [f"b{i:07d}" for i in range(customers)]
    last = SimRecord(topic_of("purchase"), None, b"", 0)
    for i in range(n):
        arrival = end_ms - span_ms + (i + 1) * span_ms // n
        if not purchases_only and i and random() < _REPEATED:
            yield last._replace(timestamp_ms=arrival)
            continue
        at = arrival
        if not purchases_only and random() < _LATE:
            at -= int(random() * _LATE_BY_MS)
        chance = 0.0 if purchases_only else random()
        newcomer = _SURVEYS <= chance < _SIGNUPS and random() < _NEWCOMERS
        if newcomer:
            names.append(f"b{len(names):07d}")
        name = names[-1] if newcomer else names[int(random() * len(names))]
        kind, body = _event(rng, chance, i, name, at)
        last = SimRecord(topic_of(kind), name.encode(), body.encode(), arrival)
        yield last


def _event(rng: Random, chance: float, i: int, name: str, at: int) -> tuple[str, str]:
    event_id = f"m{i:x}"
    if chance < _PURCHASES:
        return "purchase", bodies.purchase(event_id, name, at, 500 + int(rng.random() * 20_000), "USD")
    if chance < _SURVEYS:
        score = int(rng.random() * 11)
        place = market.TOUCHPOINTS.pick(rng.random())
        return "survey", bodies.survey(
            event_id, name, at, kind="nps", score=score, scale=10, touchpoint=place
        )
    if chance < _SIGNUPS:
        attributes = {key: by.pick(rng.random()) for key, by in zip(_NAMES, _ATTRIBUTES, strict=True)}
        return "signup", bodies.signup(event_id, name, at, attributes, 2_500, trial=False)
    reason = market.REASONS.pick(rng.random())
    return "cancellation", bodies.cancellation(
        event_id, name, at, effective_at=None, reason=reason, churn_type="voluntary"
    )
