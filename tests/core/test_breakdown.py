"""The KPIs by dimension value: names of their own, what is listed, what each dimension has."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from streams.core.definition.definition import Definition
from streams.core.kpi.breakdown import Breakdown, bounds_at, build_breakdown, named_values
from streams.core.kpi.values.value import Sweep
from streams.core.totals import OVERALL, Group, Totals, Vector
from tests.core.kpi_cases import DEFINITION, flows_of, vector_of

T = 1_772_366_400_000


def broken_down(groups: dict[Group, Vector], definition: Definition = DEFINITION) -> Breakdown:
    """The breakdown at T."""
    return build_breakdown(Totals(T, groups), definition)


def active(dimension: str, **customers: int) -> dict[Group, Vector]:
    """Values of a dimension with so many active customers each."""
    return {(dimension, value): vector_of(DEFINITION, active=n) for value, n in customers.items()}


def test_bounds_are_whole_panes() -> None:
    """The end is t; the start is floored to the pane of the window's age."""
    assert bounds_at(DEFINITION, T + 12_345) == {
        "5m": (T - 300_000 + 10_000, T + 12_345),
        "1h": (T - 3_600_000 + 10_000, T + 12_345),
        "24h": (T - 86_400_000, T + 12_345),
        "7d": (T - 7 * 86_400_000, T + 12_345),
        "30d": (T - 30 * 86_400_000, T + 12_345),
    }


def test_the_greatest_values_have_the_names() -> None:
    """Four values, two names: at a tie by the text. Whoever was there first does not matter."""
    definition = replace(DEFINITION, max_values=2)
    assert named_values(active("segment", old=1, b=5, a=5, c=5), definition)["segment"] == {"a", "b"}


def test_customers_who_left_in_the_longest_window_still_count() -> None:
    """A plan that everybody leaves is not hidden by that."""
    groups = active("plan", small=3, tiny=2)
    groups["plan", "left"] = vector_of(DEFINITION, {"30d": flows_of(churned=9, lost=9)})
    assert named_values(groups, replace(DEFINITION, max_values=2))["plan"] == {"left", "small"}


def test_touchpoints_are_ranked_by_answers_of_any_survey() -> None:
    """In the longest window."""
    groups: dict[Group, Vector] = {
        ("touchpoint", name): vector_of(DEFINITION, {"30d": flows_of(**answers)})
        for name, answers in (
            ("chat", {"nps_p": 1, "nps_d": 1, "latest_p": 9}),
            ("call", {"csat5_n": 2, "csat10_n": 1}),
            ("mail", {"ces_n": 1, "nps_passive": 3}),
        )
    }
    assert named_values(groups, replace(DEFINITION, max_values=2))["touchpoint"] == {"mail", "call"}


def test_a_value_that_holds_nothing_any_more_gives_its_name_back() -> None:
    """Twenty of them take no place from the one that has customers."""
    empty: dict[Group, Vector] = {("segment", f"a{i}"): vector_of(DEFINITION) for i in range(20)}
    assert named_values({**empty, **active("segment", smb=1)}, DEFINITION)["segment"] == {"smb"}


def test_allowed_values_take_the_first_places_seen_or_not() -> None:
    """One place is left for what was seen."""
    definition = replace(DEFINITION, max_values=2, allow=(("plan", ("gold",)),))
    groups = active("plan", basic=2, pro=1)
    assert named_values(groups, definition)["plan"] == {"gold", "basic"}
    assert named_values(active("plan", gold=3) | groups, definition)["plan"] == {"gold", "basic"}


def test_unknown_and_other_take_no_place() -> None:
    """The literal values join those that every dimension has."""
    definition = replace(DEFINITION, max_values=1)
    groups = active("region", unknown=9, other=8, emea=1)
    assert named_values(groups, definition)["region"] == {"emea"}


def test_what_no_event_carries_has_its_name_and_takes_no_place() -> None:
    """The churn type inactive."""
    churned = {"30d": flows_of(churned=9)}
    groups: dict[Group, Vector] = {("churn_type", "inactive"): vector_of(DEFINITION, churned)}
    groups["churn_type", "voluntary"] = vector_of(DEFINITION, {"30d": flows_of(churned=1)})
    found = named_values(groups, replace(DEFINITION, max_values=1))["churn_type"]
    assert found == {"inactive", "voluntary"}


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(Definition().all_dimensions), st.text(max_size=2)),
        st.integers(0, 3).map(lambda n: vector_of(DEFINITION, active=n)),
    ),
    st.randoms(),
)
def test_names_do_not_depend_on_the_order_of_groups(groups: dict[Group, Vector], order: Random) -> None:
    """Nor on how they were added up."""
    shuffled = list(groups.items())
    order.shuffle(shuffled)
    definition = replace(DEFINITION, max_values=2)
    assert named_values(dict(shuffled), definition) == named_values(groups, definition)


def test_values_without_a_name_add_up_under_other() -> None:
    """2 + 3 customers, and one of the literal value."""
    definition = replace(DEFINITION, max_values=1)
    groups: dict[Group, Vector] = {
        ("segment", name): vector_of(DEFINITION, active=n, low=n)
        for name, n in (("smb", 7), ("ent", 2), ("gov", 3), ("other", 1), ("unknown", 4))
    }
    found = broken_down(groups, definition).values["segment"]
    counted = {value: kpis["now"]["active_customers"].value for value, kpis in found.items()}
    assert counted == {"other": 6, "smb": 7, "unknown": 4}


def test_a_value_whose_totals_are_all_0_is_not_listed() -> None:
    """Every dimension is there, even if empty."""
    found = broken_down(
        {("segment", "smb"): vector_of(DEFINITION), ("plan", "pro"): vector_of(DEFINITION, active=1)}
    )
    assert {dimension: list(listed) for dimension, listed in found.values.items()} == {
        **{dimension: [] for dimension in Definition().all_dimensions},
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
    totals = Totals(T, {("plan", "pro"): vector_of(DEFINITION, active=1)})
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


def touchpoints(**votes: int) -> dict[str, dict[str, float]]:
    """The n of every NPS of the touchpoints in 30 d; one of them has a name, that of most answers."""
    definition = replace(DEFINITION, max_values=1)
    groups: dict[Group, Vector] = {OVERALL: vector_of(definition)}
    for value, n in votes.items():
        groups["touchpoint", value] = vector_of(definition, {"30d": {"latest_p": n, "nps_p": n}})
    shown = broken_down(groups, definition).values["touchpoint"]
    return {
        value: {kpi: v.n for kpi, v in periods["30d"].items() if kpi.startswith("nps")}
        for value, periods in shown.items()
    }


def test_votes_of_several_touchpoints_joined_into_other_have_no_latest() -> None:
    """A customer may have one in each: only the responses are known; a name keeps its own."""
    shown = touchpoints(first=2, late1=1, late2=1)
    assert shown["first"] == {"nps_score": 2, "nps_score.latest": 2, "nps_score.responses": 2}
    assert shown["other"] == {"nps_score.responses": 2}


def test_votes_of_one_touchpoint_joined_into_other_are_one_a_customer() -> None:
    """Whichever it is; those without a vote do not matter."""
    known = {"nps_score": 1, "nps_score.latest": 1, "nps_score.responses": 1}
    assert touchpoints(first=2, late1=1, late2=0)["other"] == known
    assert touchpoints(first=1, other=1)["other"] == known
