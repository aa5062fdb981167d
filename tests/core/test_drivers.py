"""Where churn comes from: values ranked by churns beyond the expected."""

import pytest

from streams.core.definition.definition import Definition
from streams.core.kpi.drivers import CAUSES, MOST, Driver, rank_drivers
from streams.core.totals import OVERALL, Group, Vector
from tests.core.kpi_cases import flows_of, vector_of

HOUR = Definition(window_names=("1h", "30d"))


def churn(observed: int, base: int, exposure: int = 10, base_exposure: int = 240) -> Vector:
    """A value's totals: churns in the hour and in the 24 hours before it."""
    row = flows_of(churned=observed, base_churned=base, exposure_ms=exposure, base_exposure_ms=base_exposure)
    return vector_of(HOUR, {"1h": row})


def ranked(parts: dict[Group, Vector]) -> dict[str, list[Driver]]:
    """The drivers of these values, dimensions without any left out."""
    found = rank_drivers({OVERALL: churn(20, 48), **parts}, HOUR)
    assert tuple(found) == (*HOUR.dimensions, *CAUSES)
    return {dimension: drivers for dimension, drivers in found.items() if drivers}


def test_the_greatest_excess_comes_first() -> None:
    """5 churns where 1 was expected, before 3 where 0.5 were; the rest of both is in the parts."""
    parts = {("segment", "mid"): churn(3, 12), ("segment", "smb"): churn(5, 24)}
    assert ranked(parts) == {"segment": [Driver("smb", "1h", 5, 1.0, 4.0), Driver("mid", "1h", 3, 0.5, 2.5)]}


def test_a_value_with_no_more_churns_than_expected_is_no_driver() -> None:
    """One as expected, one below."""
    assert ranked({("plan", "pro"): churn(1, 24), ("plan", "free"): churn(0, 24)}) == {}


def test_a_value_without_exposure_before_is_not_ranked() -> None:
    """What it was to expect cannot be told."""
    assert ranked({("region", "emea"): churn(9, 0, base_exposure=0)}) == {}


@pytest.mark.parametrize("dimension", ["reason", "churn_type"])
def test_a_cause_is_measured_by_the_exposure_of_the_whole(dimension: str) -> None:
    """It has no customers of its own."""
    cause = churn(4, 48, exposure=0, base_exposure=0)
    assert ranked({(dimension, "price"): cause}) == {dimension: [Driver("price", "1h", 4, 2.0, 2.0)]}


def test_ties_go_by_the_text_and_five_are_listed() -> None:
    """Of seven equal ones."""
    parts = {("channel", name): churn(2, 0) for name in "gfedcba"}
    assert [driver.value for driver in ranked(parts)["channel"]] == ["a", "b", "c", "d", "e"]
    assert MOST == 5


def test_a_touchpoint_is_no_driver() -> None:
    """Nobody churns there."""
    assert ranked({("touchpoint", "app"): churn(9, 0)}) == {}


def test_nothing_ever_happened() -> None:
    """No totals, no drivers."""
    assert set(map(len, rank_drivers({}, HOUR).values())) == {0}
    assert set(map(len, rank_drivers({OVERALL: []}, HOUR).values())) == {0}
