"""The laws between KPIs, for any totals that can happen."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.definition.definition import Window
from streams.core.kpi.catalogue.entry import customers_at_start
from streams.core.kpi.catalogue.registry import SAMPLED
from streams.core.kpi.formulas import Calculator
from tests.core.kpi_cases import DEFINITION, Counts, flows_of, gauges_of, values


@st.composite
def lives(draw: st.DrawFn) -> tuple[Counts, Counts]:
    """Flows and gauges that can happen: what left was there."""
    start, new, back = (draw(st.integers(0, 10**6)) for _ in range(3))
    gone = draw(st.integers(0, start + new + back))
    erased = draw(st.integers(0, gone))
    lost = draw(st.integers(0, min(start, gone - erased)))
    flows = flows_of(new=new, reactivated=back, churned=gone - erased, erased=erased, lost=lost)
    return flows, gauges_of(active=start + new + back - gone)


@given(lives(), st.sampled_from(DEFINITION.windows))
def test_the_laws_between_the_kpis_of_customers_hold(life: tuple[Counts, Counts], window: Window) -> None:
    """Identity, complement, and every proportion within its interval."""
    flows, gauges = life
    start = customers_at_start(flows, gauges)
    came, went = flows["new"] + flows["reactivated"], flows["churned"] + flows["erased"]
    assert gauges["active"] == start + came - went
    found = Calculator(DEFINITION).window(flows, gauges, window, window.ms)
    churn, kept = found["churn_ratio"], found["retention_ratio"]
    assert (churn.value is None) == (kept.value is None) == (start == 0)
    if churn.value is not None and kept.value is not None:
        assert churn.value + kept.value == pytest.approx(1)
        assert churn.numerator is not None
        assert kept.numerator == start - churn.numerator
        assert found["growth_ratio"].numerator == gauges["active"] - start
    for kpi, value in found.items():
        if value.low is not None and value.high is not None and value.value is not None:
            assert value.low <= value.value <= value.high, kpi


@given(lives(), st.integers(0, 100))
def test_low_n_is_exactly_what_rests_on_less_than_min_n(life: tuple[Counts, Counts], min_n: int) -> None:
    """For sampled KPIs that have a value, and for no other."""
    flows, gauges = life
    found = values(flows, window="30d", active=gauges["active"], definition=replace(DEFINITION, min_n=min_n))
    for kpi, value in found.items():
        low = kpi in SAMPLED and value.value is not None and value.n < min_n
        assert (value.status == "low_n") == low, kpi
