"""Differences between definitions, as a definition file writes their values."""

import pytest

from streams.core.definition.alarms import Alarm
from streams.core.definition.definition import DAY_MS, HOUR_MS, MINUTE_MS, Definition, Tier
from streams.definitions.diff import differences

DEFAULT_ALARMS = (
    "churn_spike: churned_customers up in every dimension and reason, "
    "acquisition_drop: new_customers down in every dimension, "
    "order_drop: orders down in every dimension, "
    "refund_spike: refunds up in every dimension, "
    "detractor_rise: detractors up in every dimension, "
    "malformed_rise: malformed_records up in the whole"
)


@pytest.mark.parametrize(
    ("changed", "difference"),
    [
        (Definition(formula="simple"), ("formula", "standard", "simple")),
        (Definition(inactivity_churn_ms=DAY_MS), ("inactivity_churn", "off", "1d")),
        (Definition(max_clock_skew_ms=0), ("max_clock_skew", "5m", "0")),
        (Definition(implicit_signup=False), ("implicit_signup", "true", "false")),
        (Definition(window_names=("1h", "7d")), ("windows", "5m, 1h, 24h, 7d, 30d", "1h, 7d")),
        (
            Definition(dimensions=("industry", "store")),
            ("dimensions", "segment, plan, channel, region", "industry, store"),
        ),
        (Definition(dimensions=()), ("dimensions", "segment, plan, channel, region", "none")),
        (Definition(min_n_by_kpi=(("nps_score", 9),)), ("min_n_by_kpi", "none", "nps_score = 9")),
        (
            Definition(silence=(("signup", None), *Definition().silence[1:])),
            (
                "silence",
                "signup = 1d, purchase = 1d, cancellation = 7d, survey = 7d",
                "signup = off, purchase = 1d, cancellation = 7d, survey = 7d",
            ),
        ),
        (Definition(allow=(("plan", ("a", "b")),)), ("allow", "none", "plan = a, b")),
        (
            Definition(
                alarms=(
                    Alarm("a", "orders", "down"),
                    Alarm("b", "refunds", "up", ()),
                    Alarm("c", "orders", "up", ("plan", "region")),
                )
            ),
            (
                "alarm",
                DEFAULT_ALARMS,
                "a: orders down in every dimension, b: refunds up in the whole, c: orders up in plan, region",
            ),
        ),
        (Definition(holidays=("2026-12-25",)), ("holidays", "none", "2026-12-25")),
        (Definition(false_page_every_ms=DAY_MS), ("false_page_every", "3650d", "1d")),
        (
            Definition(min_event_time_ms=86_400_000),
            ("min_event_time", "1980-01-01T00:00:00Z", "1970-01-02T00:00:00Z"),
        ),
        (
            Definition(
                tiers=(Tier(MINUTE_MS, 3 * HOUR_MS), Tier(HOUR_MS, 92 * DAY_MS)), window_names=("1h",)
            ),
            ("tiers", "10s up to 2h, 5m up to 2d, 1h up to 92d", "1m up to 3h, 1h up to 92d"),
        ),
    ],
)
def test_a_choice_is_told_as_a_file_writes_it(changed: Definition, difference: tuple[str, str, str]) -> None:
    """Key, before, after."""
    assert difference in differences(Definition(), changed)


def test_a_definition_does_not_differ_from_itself() -> None:
    """However often it is made."""
    assert differences(Definition(), Definition()) == []
