"""The definition: what is allowed, which KPIs a window has, and what its hash tells apart."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.definition import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    Definition,
    DefinitionError,
    Tier,
    duration_text,
    parse_duration,
)

HOURLY = (Tier(HOUR_MS, 92 * DAY_MS),)


@pytest.mark.parametrize(
    ("text", "ms"),
    [("200ms", 200), ("10s", 10_000), ("5m", 300_000), ("24h", 86_400_000), ("92d", 92 * DAY_MS)],
)
def test_a_duration_is_a_whole_number_and_a_unit(text: str, ms: int) -> None:
    """Milliseconds to days."""
    assert parse_duration(text) == ms


@pytest.mark.parametrize(
    "text", ["", "5", "m", "0s", "-5m", "1.5h", "5 m", "5M", "\u0665m", "5mm", "1w", "9" * 5000 + "d"]
)
def test_any_other_text_is_no_duration(text: str) -> None:
    """The message names the key and what is allowed."""
    with pytest.raises(DefinitionError, match=r"^tick: .*: allowed is a whole number and ms, s, m, h or d"):
        parse_duration(text, "tick")


@given(st.integers(1, 10**12 - 1))
def test_a_duration_and_its_text_are_the_same(ms: int) -> None:
    """There and back, by the largest unit that fits."""
    assert parse_duration(duration_text(ms)) == ms


def test_a_text_of_a_duration_uses_the_largest_unit() -> None:
    """As people write it."""
    assert [duration_text(ms) for ms in (90 * SECOND_MS, 60 * MINUTE_MS, 7 * DAY_MS, 1)] == [
        "90s",
        "1h",
        "7d",
        "1ms",
    ]


def test_windows_are_shortest_first_with_the_panes_of_their_age() -> None:
    """Whatever the order they are named in."""
    definition = Definition(window_names=("30d", "1m", "15m", "24h"))
    assert [(w.name, w.res_ms) for w in definition.windows] == [
        ("1m", 10 * SECOND_MS),
        ("15m", 10 * SECOND_MS),
        ("24h", 5 * MINUTE_MS),
        ("30d", HOUR_MS),
    ]


@pytest.mark.parametrize(
    ("age", "res"),
    [
        (0, 10_000),
        (2 * HOUR_MS, 10_000),
        (2 * HOUR_MS + 1, 300_000),
        (2 * DAY_MS + 1, HOUR_MS),
        (999 * DAY_MS, HOUR_MS),
    ],
)
def test_panes_become_wider_with_age(age: int, res: int) -> None:
    """Up to and at the age of a tier its own width."""
    assert Definition().res_ms(age) == res


def test_an_edge_is_the_pane_boundary_at_or_before_the_age() -> None:
    """On the boundary it is exact, after it up to a pane early."""
    definition, t = Definition(), 1_772_366_400_000
    assert definition.floor_edge(t, HOUR_MS) == t - HOUR_MS
    assert definition.floor_edge(t + 9_999, HOUR_MS) == t - HOUR_MS
    assert definition.floor_edge(t - 1, HOUR_MS) == t - HOUR_MS - 10_000


def test_default_windows_have_the_kpis_of_the_contract() -> None:
    """Section 4: by length, retention and panes."""
    definition = Definition()
    having = {
        "retention": definition.has_purchase_retention,
        "baseline": definition.has_baseline,
        "seasonal": definition.seasonal_shifts_ms,
        "lifetime": definition.has_lifetime_value,
        "shares": definition.has_revenue_shares,
    }
    names = {kpi: [w.name for w in definition.windows if has(w)] for kpi, has in having.items()}
    assert names == {
        "retention": ["24h", "7d", "30d"],
        "baseline": ["5m", "1h", "24h"],
        "seasonal": ["1h", "24h"],
        "lifetime": ["7d", "30d"],
        "shares": ["24h", "7d", "30d"],
    }


def test_purchase_retention_needs_panes_of_one_width_over_both_windows() -> None:
    """36h and 72h lie in different tiers; 60d twice is longer than anything is kept."""
    definition = Definition(window_names=("36h", "60d"))
    assert [definition.has_purchase_retention(w) for w in definition.windows] == [False, False]


def test_seasonal_churn_compares_the_same_hours_of_other_days() -> None:
    """The hour with the last seven days, the day with the last four weeks."""
    definition = Definition(window_names=("60m", "24h"))
    hour, day = (definition.seasonal_shifts_ms(w) for w in definition.windows)
    assert hour == tuple(DAY_MS * d for d in (1, 2, 3, 4, 5, 6, 7))
    assert day == tuple(DAY_MS * d for d in (7, 14, 21, 28))


def test_seasonal_churn_needs_its_days_kept_in_whole_hours() -> None:
    """A retention of 10 days is enough for the hour only; panes of 2 hours are too wide."""
    short = Definition(window_names=("1h", "24h"), tiers=(Tier(HOUR_MS, 10 * DAY_MS),))
    assert [bool(short.seasonal_shifts_ms(w)) for w in short.windows] == [True, False]
    wide = Definition(window_names=("24h",), tiers=(Tier(2 * HOUR_MS, 92 * DAY_MS),))
    assert not wide.seasonal_shifts_ms(wide.windows[0])


def test_min_n_is_the_kpis_own_its_familys_or_the_general_one() -> None:
    """The nearest wins."""
    definition = Definition(min_n_by_kpi=(("churn_ratio", 50), ("churn_ratio.stripe", 5)))
    names = ("churn_ratio", "churn_ratio.simple", "churn_ratio.stripe", "retention_ratio")
    assert [definition.min_n_of(kpi) for kpi in names] == [50, 50, 5, 30]


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"recognition": "paid_at"}, "recognition: 'paid_at': allowed are effective_at, cancelled_at"),
        ({"formula": "best"}, "formula: 'best': allowed are standard, simple, stripe"),
        ({"nps_basis": "all"}, "nps_basis: 'all': allowed are latest, responses"),
        ({"base_currency": "usd"}, "base_currency: 'usd': allowed is an ISO 4217 code, like USD"),
        ({"version": ""}, "version: '': allowed is any text that is not empty"),
        ({"tenant": ""}, "tenant: '': allowed is any text that is not empty"),
        ({"min_n": -1}, "min_n: -1: allowed is 0 or more"),
        ({"min_n_by_kpi": (("churn_ratio", -1),)}, "min_n_by_kpi.churn_ratio: -1: allowed is 0 or more"),
        ({"inactivity_churn_ms": 0}, "inactivity_churn: 0: allowed is 1 or more"),
        ({"max_values": 1_001}, "max_values_inside: 1000: allowed is 1001 or more"),
        ({"window_names": ()}, "windows: '': allowed are one or more, of different lengths"),
        (
            {"window_names": ("1h", "60m")},
            "windows: '1h, 60m': allowed are one or more, of different lengths",
        ),
        ({"window_names": ("93d",)}, "windows: 93d: allowed is at most 92d, which panes are kept for"),
        ({"window_names": ("15s",)}, "windows: 15s: allowed is a multiple of 10s, its panes"),
        ({"tiers": ()}, "tiers: allowed are one or more, of a width and an age above 0"),
        ({"tiers": (Tier(0, 5),)}, "tiers: allowed are one or more, of a width and an age above 0"),
        (
            {"tiers": (Tier(10_000, HOUR_MS), Tier(15_000, DAY_MS))},
            "tiers: width 15s after 10s: allowed is a multiple of the one before",
        ),
        (
            {"tiers": (Tier(10_000, HOUR_MS), Tier(10_000, DAY_MS))},
            "tiers: width 10s after 10s: allowed is a multiple of the one before",
        ),
        (
            {"tiers": (Tier(10_000, DAY_MS), Tier(60_000, DAY_MS))},
            "tiers: age 1d after 1d: allowed is a greater one than before",
        ),
        ({"allow": (("colour", ("red",)),)}, "allow.colour: unknown dimension: allowed are segment, plan"),
        ({"allow": (("plan", ("a",)), ("plan", ("b",)))}, "allow: a dimension stands there twice"),
        ({"allow": (("plan", ("a", "a")),)}, "allow.plan: 'a': allowed is each value once"),
        ({"allow": (("plan", ("other",)),)}, "allow.plan: 'other': allowed is each value once"),
        ({"allow": (("plan", ("",)),)}, "allow.plan: '': allowed is each value once"),
        (
            {"allow": (("plan", ("a", "b")),), "max_values": 1},
            "allow.plan: 2 values: allowed are max_values = 1",
        ),
    ],
)
def test_a_wrong_choice_is_refused_in_one_line(choices: dict[str, Any], message: str) -> None:
    """With key, value and what is allowed."""
    with pytest.raises(DefinitionError) as refused:
        Definition(**choices)
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def test_the_hash_tells_apart_what_changes_a_number() -> None:
    """One choice of each sort; sixteen hex digits."""
    one = Definition()
    others = [
        Definition(formula="simple"),
        Definition(min_n=31),
        Definition(window_names=("1h",)),
        Definition(tiers=HOURLY, window_names=("1h",)),
        Definition(inactivity_churn_ms=DAY_MS),
        Definition(allow=(("plan", ("pro",)),)),
        Definition(version="2"),
    ]
    hashes = {one.hash, *(other.hash for other in others)}
    assert len(hashes) == len(others) + 1
    assert all(len(h) == 16 and int(h, 16) >= 0 for h in hashes)


def test_the_hash_is_the_same_for_the_same_choices() -> None:
    """A tenant is only a name."""
    assert Definition().hash == Definition().hash == replace(Definition(), tenant="acme").hash
