"""The definition: what is allowed, which KPIs a window has, and what its hash tells apart."""

from collections.abc import Hashable
from dataclasses import fields, replace
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.customer.identity import DIGEST_SIZE, Identity
from streams.core.definition.definition import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    SIDES,
    Definition,
    DefinitionError,
    Tier,
    duration_text,
    parse_duration,
)
from streams.core.partition.state import PartitionState
from streams.replay.recount import SOURCE_TOPICS, read_lines
from streams.simulate import Business, to_line

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
        ({"kept_for_ms": 0}, "kept_for: 0: allowed is 1 or more"),
        (
            {"kept_for_ms": 93 * DAY_MS},
            "kept_for: 93d: allowed is at most 92d, which panes are kept for",
        ),
        ({"max_profiles": 10**6 + 1}, "max_profiles: 1000001: allowed is 1000000 or less"),
        ({"min_n": 10**15 + 1}, "min_n: 1000000000000001: allowed is 1000000000000000 or less"),
        (
            {"window_names": tuple(f"{n}d" for n in range(1, 66))},
            "windows: 65 of them: allowed are 64 or fewer",
        ),
        (
            {"tiers": (Tier(DAY_MS, 36_501 * DAY_MS),)},
            "tiers: age 36501d: allowed is 36500d or less",
        ),
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
        ({"gross_margin": 1.5}, "gross_margin: 1.5: allowed is a number from 0 to 1"),
        ({"discount_rate": -0.1}, "discount_rate: -0.1: allowed is a number from 0 to 1"),
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


CHANGED: dict[str, Any] = {
    "version": "2",
    "tenant": "acme",
    "window_names": ("1h",),
    "tiers": HOURLY,
    "min_event_time_ms": 0,
    "max_clock_skew_ms": 0,
    "kept_for_ms": DAY_MS,
    "implicit_signup": False,
    "purchase_reactivates": False,
    "inactivity_churn_ms": DAY_MS,
    "recognition": "cancelled_at",
    "formula": "simple",
    "nps_basis": "responses",
    "base_currency": "EUR",
    "gross_margin": 0.4,
    "discount_rate": 0.2,
    "min_n": 1,
    "min_n_by_kpi": (("nps_score", 9),),
    "freshness_limit_ms": 1,
    "silence": (("signup", None), ("purchase", 1), ("cancellation", None), ("survey", 1)),
    "dimensions": ("plan", "industry"),
    "max_values": 1,
    "labels": "allowed",
    "max_values_inside": 20,
    "max_profiles": 1,
    "allow": (("plan", ("pro",)),),
    "alarms": (),
    "holidays": ("2026-12-25",),
    "false_page_every_ms": 365 * DAY_MS,
}
"""Another choice for every field."""


def kept(definition: Definition) -> Hashable:
    """All that a partition writes of a small business: header, changelog, totals, sweep."""
    numbers = count()

    def entropy() -> bytes:
        return next(numbers).to_bytes(DIGEST_SIZE, "big")

    end_ms = 1_776_211_200_000
    state = PartitionState(definition, Identity(b"one"), entropy=entropy)
    lines = map(to_line, Business(1, 60, 20, end_ms).history())
    for kind, record in read_lines(lines, SOURCE_TOPICS, wall_ms=end_ms):
        state.apply(kind, [record])
    state.advance(end_ms)
    steps = state.sweeping(5)
    try:
        while True:
            next(steps)
    except StopIteration as end:
        swept = end.value
    totals = state.totals()
    groups = {group: list(vector) for group, vector in totals.groups.items()}
    return repr((state.drain(), state.header(), sorted(groups.items()), swept))


def test_every_choice_has_a_side() -> None:
    """A new field fails here until somebody has said what it decides."""
    chosen = {field.name for field in fields(Definition) if field.init}
    assert chosen == set(SIDES) == set(CHANGED)


@pytest.mark.parametrize("field", CHANGED)
def test_only_what_is_counted_changes_the_hash_of_the_state(field: str) -> None:
    """Choices of publication change the published hash alone, a name none."""
    others: dict[str, Any] = {"window_names": ("1h",)} if field == "tiers" else {}
    one = replace(Definition(), **others)
    other = replace(one, **{field: CHANGED[field]})
    same = {"counting": (False, False), "publication": (True, False), "name": (True, True)}[SIDES[field]]
    assert (one.counting_hash == other.counting_hash, one.hash == other.hash) == same


@pytest.mark.parametrize("field", [field for field, side in SIDES.items() if side != "counting"])
def test_what_needs_no_recount_changes_nothing_that_is_kept(field: str) -> None:
    """Changelog, totals and sweep of a story are the same bytes: another worker may go on with them."""
    assert kept(Definition()) == kept(replace(Definition(), **{field: CHANGED[field]}))


def test_an_allowed_value_that_is_no_label_by_itself_needs_a_recount() -> None:
    """Workers told it apart from the rest only since; one that has the form of a name they always did."""
    plain = Definition()
    named = replace(plain, allow=(("reason", ("price",)),))
    listed = replace(plain, allow=(("reason", ("price", "lack of all features")),))
    assert named.counting_hash == plain.counting_hash != listed.counting_hash
    assert named.hash != listed.hash
    assert listed.admitted == (("reason", "lack of all features"),)
    strict = replace(named, labels="allowed")
    assert strict.admitted == (("reason", "price"),)
    assert replace(listed, labels="any").admitted == ()
    assert len({one.counting_hash for one in (plain, listed, strict, replace(named, labels="any"))}) == 4
