"""The KPIs by dimension value: names of their own, what is listed, what each dimension has."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from streams.core.breakdown import Breakdown, bounds_at, build_breakdown, named_values
from streams.core.definition import DIMENSIONS, Definition
from streams.core.kpi_value import Sweep
from streams.core.totals import OVERALL, Group, Totals, Vector
from tests.core.kpi_cases import DEFINITION, flows_of, vector_of

T = 1_772_366_400_000


def broken_down(groups: dict[Group, Vector], definition: Definition = DEFINITION, **seen: int) -> Breakdown:
    """The breakdown at T; segments were seen at the times given, all other values at 0."""
    first_seen = {group: seen.get(group[1], 0) for group in groups if group != OVERALL}
    return build_breakdown(Totals(T, groups, first_seen=first_seen), definition)


def test_bounds_are_whole_panes() -> None:
    """The end is t; the start is floored to the pane of the window's age."""
    assert bounds_at(DEFINITION, T + 12_345) == {
        "5m": (T - 300_000 + 10_000, T + 12_345),
        "1h": (T - 3_600_000 + 10_000, T + 12_345),
        "24h": (T - 86_400_000, T + 12_345),
        "7d": (T - 7 * 86_400_000, T + 12_345),
        "30d": (T - 30 * 86_400_000, T + 12_345),
    }


def test_the_first_seen_values_keep_their_names() -> None:
    """Three seen, two names: the two that came first in event time, at a tie by the text."""
    definition = replace(DEFINITION, max_values=2)
    seen = {("segment", "late"): 9, ("segment", "b"): 5, ("segment", "a"): 5, ("segment", "c"): 5}
    assert named_values(seen, definition, T)["segment"] == {"a", "b"}


def test_allowed_values_take_the_first_places_seen_or_not() -> None:
    """One place is left for what was seen."""
    definition = replace(DEFINITION, max_values=2, allow=(("plan", ("gold",)),))
    seen = {("plan", "basic"): 1, ("plan", "pro"): 2}
    assert named_values(seen, definition, T)["plan"] == {"gold", "basic"}
    assert named_values({("plan", "gold"): 3, **seen}, definition, T)["plan"] == {"gold", "basic"}


def test_what_is_seen_after_t_takes_no_name_yet() -> None:
    """As of t the later value is not known."""
    assert named_values({("region", "eu"): T + 1, ("region", "us"): T}, DEFINITION, T)["region"] == {"us"}


def test_unknown_and_other_take_no_place() -> None:
    """The literal values join those that every dimension has."""
    definition = replace(DEFINITION, max_values=1)
    seen = {("reason", "unknown"): 1, ("reason", "other"): 2, ("reason", "price"): 3}
    assert named_values(seen, definition, T)["reason"] == {"price"}


@given(
    st.dictionaries(st.tuples(st.sampled_from(DIMENSIONS), st.text(max_size=2)), st.integers(0, 9)),
    st.randoms(),
)
def test_names_do_not_depend_on_the_order_of_arrival(seen: dict[Group, int], order: Random) -> None:
    """Any order of the same minima gives the same names."""
    shuffled = list(seen.items())
    order.shuffle(shuffled)
    definition = replace(DEFINITION, max_values=2)
    assert named_values(dict(shuffled), definition, 5) == named_values(seen, definition, 5)


def test_values_without_a_name_add_up_under_other() -> None:
    """2 + 3 customers, and one of the literal value."""
    definition = replace(DEFINITION, max_values=1)
    groups: dict[Group, Vector] = {
        ("segment", name): vector_of(DEFINITION, active=n, low=n)
        for name, n in (("smb", 7), ("ent", 2), ("gov", 3), ("other", 1), ("unknown", 4))
    }
    found = broken_down(groups, definition, smb=1, ent=2, gov=3).values["segment"]
    active = {value: kpis["now"]["active_customers"].value for value, kpis in found.items()}
    assert active == {"other": 6, "smb": 7, "unknown": 4}


def test_a_value_whose_totals_are_all_0_is_not_listed() -> None:
    """It keeps its name for the day it comes back; every dimension is there, even if empty."""
    found = broken_down(
        {("segment", "smb"): vector_of(DEFINITION), ("plan", "pro"): vector_of(DEFINITION, active=1)}
    )
    assert {dimension: list(listed) for dimension, listed in found.values.items()} == {
        **{dimension: [] for dimension in DIMENSIONS},
        "plan": ["pro"],
    }


def test_customer_dimensions_have_every_kpi_in_windows_and_now() -> None:
    """As the whole has."""
    found = broken_down({("channel", "web"): vector_of(DEFINITION, active=1)}).values["channel"]["web"]
    assert list(found) == ["5m", "1h", "24h", "7d", "30d", "now"]
    assert {"churn_ratio", "revenue", "lifetime_value", "nps_score"} <= set(found["30d"])


def test_reasons_have_their_churns_among_the_customers_of_the_whole() -> None:
    """One of ten customers left for the price; no gauge belongs to a reason."""
    lost = {"30d": flows_of(churned=1, lost=1)}
    groups: dict[Group, Vector] = {
        OVERALL: vector_of(DEFINITION, lost, active=9),
        ("reason", "price"): vector_of(DEFINITION, lost),
        ("churn_type", "voluntary"): vector_of(DEFINITION, lost),
    }
    found = broken_down(groups).values
    assert list(found["reason"]["price"]) == ["5m", "1h", "24h", "7d", "30d"]
    assert list(found["reason"]["price"]["30d"]) == ["churned_customers", "lost_customers", "churn_ratio"]
    assert found["reason"]["price"]["30d"]["churn_ratio"].value == 0.1
    assert found["churn_type"]["voluntary"]["30d"] == found["reason"]["price"]["30d"]


def test_touchpoints_have_their_answers() -> None:
    """And nothing of customers or money."""
    answered = {"24h": flows_of(latest_p=1, nps_p=1)}
    found = broken_down({("touchpoint", "support"): vector_of(DEFINITION, answered)}).values["touchpoint"]
    assert {kpi.partition(".")[0] for kpi in found["support"]["24h"]} == {
        "nps_score",
        "csat_ratio",
        "csat_mean",
        "ces_mean",
    }
    assert found["support"]["24h"]["nps_score"].value == 100


def test_a_sweep_reaches_the_group_and_window_it_was_made_for() -> None:
    """No other window has the share."""
    totals = Totals(T, {("plan", "pro"): vector_of(DEFINITION, active=1)}, first_seen={("plan", "pro"): 0})
    sweeps = {(("plan", "pro"), "24h"): Sweep(T - 1, 1, 100, 0, 0)}
    found = build_breakdown(totals, DEFINITION, sweeps).values["plan"]["pro"]
    assert found["24h"]["top20_revenue_ratio"].value == 1
    assert "top20_revenue_ratio" not in found["7d"]
    assert "top20_revenue_ratio" not in found["30d"]


def test_rows_are_in_the_order_of_the_document() -> None:
    """Dimensions as the contract lists them, values by their text."""
    some = vector_of(DEFINITION, active=1)
    groups: dict[Group, Vector] = {("region", "b"): some, ("region", "a"): some, ("segment", "z"): some}
    rows = [(dimension, value) for dimension, value, _ in broken_down(groups).rows()]
    assert rows == [("segment", "z"), ("region", "a"), ("region", "b")]
