"""Explaining a KPI from a snapshot document: formula, numbers, shares, drivers, and what is refused."""

from typing import Any

import pytest

from streams.core.decoding.timestamps import TimestampReader
from streams.core.definition.definition import Definition, Formula, NpsBasis
from streams.core.kpi.catalogue.registry import CATALOGUE
from streams.explain import example
from streams.explain.explanation import ExplainError, Explanation, Place, explain
from streams.replay.recount import replay

T = TimestampReader().read(example.AS_OF)
DEFAULT = Definition()


def document(definition: Definition = DEFAULT) -> Any:  # noqa: ANN401 - JSON
    """The snapshot of the guide's example."""
    (snapshot,) = replay(example.lines(), definition=definition, as_of=[T])
    return snapshot.document()


def explained(kpi: str, place: Place, definition: Definition = DEFAULT) -> Explanation:
    """A KPI of the example, explained."""
    return explain(document(definition), kpi, place, definition)


DISCOUNTED = (
    "gross_margin * revenue / (((A + B) / 2) * (C₀ / B + days / 365 * ln(1 + discount_rate))) - "
    "acquisition_cost"
)


@pytest.mark.parametrize(
    ("kpi", "window", "formula", "filled"),
    [
        ("churn_ratio", "30d", "C₀ / B", "2 / 6"),
        ("churn_ratio.stripe", "30d", "C / (B + N)", "3 / (6 + 2)"),
        ("growth_ratio", "30d", "(N + R - C - E) / B", "(2 + 2 - 3 - 0) / 6"),
        ("quick_ratio", "30d", "(N + R) / C", "(2 + 2) / 3"),
        ("stickiness_ratio", "30d", "engaged in 24 h / engaged", "1 / 9"),
        ("active_customers", "30d", "B + N + R - C - E", "6 + 2 + 2 - 3 - 0"),
        ("nps_score", "30d", "100 * (P - D) / votes", "100 * (2 - 1) / 4"),
        ("average_order_value", "30d", "revenue / orders in the base currency", "225.00 / 5"),
        ("acquisition_cost", "30d", "Σ cost / N", "80.00 / 2"),
        ("revenue_per_customer", "30d", "revenue / ((A + B) / 2)", "225.00 / ((7 + 6) / 2)"),
        (
            "lifetime_value.discounted",
            "30d",
            DISCOUNTED,
            "1.0 * 225.00 / (((7 + 6) / 2) * (2 / 6 + 30.00 / 365 * ln(1 + 0.1))) - 40.00",
        ),
        ("abc.b", "30d", "revenue of these / revenue of all", "95.00 / 225.00"),
        (
            "churn_spike_p",
            "24h",
            "P(X >= C) where C_b·E_W/E_b are expected",
            "P(X >= 1) where 0.05 are expected",
        ),
    ],
)
def test_the_formula_is_filled_in(kpi: str, window: str, formula: str, filled: str) -> None:
    """Names first, then the numbers of the example, which stand in the guide too."""
    found = explained(kpi, Place(window))
    assert (found.formula, found.filled) == (formula, filled)


def test_every_published_kpi_can_be_explained() -> None:
    """Everywhere it is published, without a quantity that is not known."""
    told = document()
    published = {(kpi, window) for window, values in told["windows"].items() for kpi in values}
    published |= {(kpi, "30d") for kpi in told["now"]}
    for kpi, window in published:
        found = explain(told, kpi, Place(window), DEFAULT)
        known = found.value["value"] is not None
        assert ("-" not in found.filled.replace(" - ", "")) or not known, (kpi, window, found.filled)
    assert {kpi for kpi, _ in published} == set(CATALOGUE) - {"churn_ratio.standard"}


def test_the_headline_has_the_formula_of_the_definition() -> None:
    """And the standard one is there beside it."""
    simple = Definition(formula="simple")
    assert explained("churn_ratio", Place("30d"), simple).filled == "3 / 6"
    assert explained("churn_ratio.standard", Place("30d"), simple).filled == "2 / 6"


def test_the_values_that_contribute_most_come_first() -> None:
    """Of the two lost: ida of smb, ben of enterprise; both for the price."""
    shares = explained("churn_ratio", Place("30d")).shares
    assert [(share.value, share.part) for share in shares["segment"]] == [("enterprise", 1), ("smb", 1)]
    assert [(share.value, share.part) for share in shares["reason"]] == [("price", 2)]
    assert "touchpoint" not in shares


def test_churn_beyond_the_expected_is_named() -> None:
    """Ben, an enterprise, left within the day; before him none of those ever did."""
    drivers = explained("churn_ratio", Place("24h")).drivers
    assert [(d["value"], d["observed"], d["expected"]) for d in drivers["segment"]] == [
        ("enterprise", 1, 0.0)
    ]
    assert set(drivers) >= {"segment", "reason", "churn_type"}
    assert explained("revenue", Place("24h")).drivers == {}


def test_one_segment_is_explained_beside_the_whole() -> None:
    """smb: gus left and came back, ida is lost; ada, cleo, gus and ida were there at the start."""
    found = explained("churn_ratio", Place("30d", "segment", "smb"))
    assert found.filled == "1 / 4"
    assert found.whole is not None
    assert found.whole["denominator"] == 6
    assert found.life == "B 4 + N 1 + R 1 - C 2 - E 0 = A 4, C₀ 1"
    assert found.shares == {}


def test_a_reason_is_measured_by_the_customers_of_the_whole() -> None:
    """It has no customers of its own, so that there is no life to tell."""
    found = explained("churn_ratio", Place("30d", "reason", "price"))
    assert (found.filled, found.life) == ("2 / 6", None)


def test_dimensions_are_those_of_the_definition() -> None:
    """Explained, taken apart and refused by their names."""
    definition = Definition(dimensions=("channel",))
    found = explained("churn_ratio", Place("30d"), definition)
    assert list(found.shares) == ["channel", "reason", "churn_type"]
    of_value = explained("churn_ratio", Place("30d", "channel", "unknown"), definition)
    assert of_value.formula == "C₀ / B"
    with pytest.raises(ExplainError, match="segment is no dimension; there are channel, reason, churn_type,"):
        explained("churn_ratio", Place("30d", "segment", "smb"), definition)


@pytest.mark.parametrize(
    ("kpi", "place", "told"),
    [
        ("churn", Place("24h"), "churn is no KPI; there are active_customers"),
        ("churn_ratio", Place("2h"), "there is no window 2h; there are 5m, 1h, 24h, 7d, 30d"),
        ("lifetime_value", Place("24h"), "not published for 24h; there it has 7d, 30d"),
        ("churn_ratio", Place("24h", "team", "x"), "team is no dimension; there are segment"),
        ("churn_ratio", Place("24h", "segment", "x"), "published are enterprise, mid, smb"),
        (
            "revenue",
            Place("24h", "reason", "price"),
            "not published for 24h, reason price; there it has no values",
        ),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(kpi: str, place: Place, told: str) -> None:
    """One line that helps."""
    with pytest.raises(ExplainError) as refused:
        explained(kpi, place)
    assert told in str(refused.value)


def test_during_the_first_catch_up_there_is_nothing_to_explain() -> None:
    """The document has no values yet."""
    with pytest.raises(ExplainError, match="catches up"):
        explain({"windows": {}}, "churn_ratio", Place("24h"), DEFAULT)


@pytest.mark.parametrize("formula", ["standard", "simple", "stripe"])
def test_a_headline_is_told_in_the_words_of_its_formula(formula: Formula) -> None:
    """Title and meaning are those of the variant that it is."""
    found = explained("churn_ratio", Place("30d"), Definition(formula=formula))
    variant = CATALOGUE[f"churn_ratio.{formula}"]
    assert (found.title, found.meaning) == (variant.title, variant.meaning)


@pytest.mark.parametrize("basis", ["latest", "responses"])
def test_the_score_is_told_in_the_words_of_its_basis(basis: NpsBasis) -> None:
    """One vote a customer, or every answer."""
    found = explained("nps_score", Place("30d"), Definition(nps_basis=basis))
    variant = CATALOGUE[f"nps_score.{basis}"]
    assert (found.title, found.meaning) == (variant.title, variant.meaning)


def test_a_reason_is_told_whose_churns_and_whose_customers() -> None:
    """By any formula it has no customers of its own."""
    found = explained("churn_ratio", Place("30d", "reason", "price"), Definition(formula="simple"))
    assert found.formula == "those of this cause / customers of the whole"
