"""The same laws under other definitions: other windows and panes, other rules of life."""

from dataclasses import replace

import pytest

from streams.core.definition.definition import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Definition, Tier
from tests.histories import CHURNY, NOW_MS, STEADY, history, seeded, shuffle
from tests.laws.driver import CLOCKS, Way, drive
from tests.laws.judging import Recounted

HISTORIES = 4
PLAIN = Definition()
DEFINITIONS = {
    "quiet customers leave": replace(PLAIN, inactivity_churn_ms=10 * DAY_MS),
    "quiet customers leave soon": replace(PLAIN, inactivity_churn_ms=HOUR_MS, purchase_reactivates=False),
    "cancelled at once": replace(PLAIN, recognition="cancelled_at"),
    "purchases never activate": replace(PLAIN, implicit_signup=False, purchase_reactivates=False),
    "purchases never begin": replace(PLAIN, implicit_signup=False),
    "purchases never bring back": replace(PLAIN, purchase_reactivates=False),
    "other formulas": replace(
        PLAIN,
        formula="stripe",
        nps_basis="responses",
        base_currency="EUR",
        gross_margin=0.4,
        discount_rate=1.0,
    ),
    "money that keeps": replace(PLAIN, discount_rate=0.0),
    "short windows": replace(PLAIN, window_names=("1m", "15m")),
    "odd windows": replace(PLAIN, window_names=("36h", "3d", "46d", "90d", "92d")),
    "one kind of pane": replace(
        PLAIN, tiers=(Tier(HOUR_MS, 40 * DAY_MS),), window_names=("1h", "24h", "20d", "40d")
    ),
    "fine panes for long": replace(
        PLAIN,
        tiers=(Tier(MINUTE_MS, DAY_MS), Tier(10 * MINUTE_MS, 14 * DAY_MS), Tier(2 * HOUR_MS, 62 * DAY_MS)),
        window_names=("1h", "24h", "7d", "30d"),
    ),
    "hardly any panes": replace(
        PLAIN,
        tiers=(Tier(SECOND_MS, MINUTE_MS), Tier(30 * SECOND_MS, 2 * HOUR_MS)),
        window_names=("30s", "1m", "1h", "2h"),
    ),
}


@pytest.mark.parametrize("seed", range(HISTORIES))
@pytest.mark.parametrize("name", DEFINITIONS)
def test_totals_are_those_of_the_recount_under(name: str, seed: int) -> None:
    """Another definition changes what is counted, never that it is counted right."""
    definition = DEFINITIONS[name]
    definition = replace(definition, kept_for_ms=definition.retention_ms)
    rng = seeded(seed)
    t = NOW_MS + rng.choice((0, 1, 7 * HOUR_MS + 17))
    span_ms = min(91 * DAY_MS, definition.retention_ms - 7 * MINUTE_MS)
    ahead_ms = 2 * HOUR_MS if definition.retention_ms > 91 * DAY_MS else 0
    records = history(
        rng,
        mix=STEADY if seed % 2 else CHURNY,
        events=rng.randint(20, 120),
        start_ms=t - span_ms,
        span_ms=span_ms + ahead_ms,
        now_ms=t,
    )
    expected = Recounted(records, t, definition)
    for clock in CLOCKS:
        way = Way(clock=clock, restart=rng.choice((0, 0.2)), partitions=rng.choice((1, 2)), batch=5)
        found = expected.differences(drive(shuffle(rng, records), t, way, rng, definition))
        assert not found, "\n".join((f"{name}, seed {seed}, {way}:", *found[:6]))
