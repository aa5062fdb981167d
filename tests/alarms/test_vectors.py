"""The simulation's vectors and the core's form are the same function."""

import math

import numpy as np
import pytest

from streams.core.alarms.evidence import REACH, Direction, Prefix, evidence
from streams.core.alarms.judging import Judge, Series
from tests.alarms.scenarios import SLOTS_A_DAY, WARM_UP_DAYS, Change, Drawn, Scenario, draw, ordinary
from tests.alarms.tolerances import tolerances
from tests.alarms.vectors import log10_evidence

SCENARIOS: list[tuple[Scenario, Direction]] = [
    (scenario, direction)
    for direction in ("up", "down")
    for scenario in (Scenario(5), Scenario(100, scatter=0.4), Scenario(20, by_day=True), Scenario(3, burst=5))
] + [(Scenario(5, share=0.2), "share"), (Scenario(20, scatter=0.2, share=0.2), "share")]


def drawn(scenario: Scenario, change: Change) -> Drawn:
    """Ten weeks, with a change in the last one."""
    rng = np.random.default_rng(7)
    return draw(scenario, ordinary(scenario, WARM_UP_DAYS + 7, rng), rng, change)


@pytest.mark.parametrize(("scenario", "direction"), SCENARIOS)
def test_the_same_evidence_on_the_same_counts(scenario: Scenario, direction: Direction) -> None:
    """At hundreds of instants, a change among them, to nine digits."""
    factor = 0.1 if direction == "down" else 4.0
    series = drawn(scenario, Change(19_000, factor, 5.0))
    rho = tolerances(series, direction)
    vectors = log10_evidence(series, direction, rho)
    counts = Prefix(series.counts.tolist())
    exposures = Prefix([1] * len(series.counts) if series.answers is None else series.answers.tolist())
    for end in range(len(series.counts), REACH + SLOTS_A_DAY, -37):
        day = (end - 1) // SLOTS_A_DAY
        if not np.isnan(rho[day]):
            found = evidence(counts, exposures, end, direction, rho[day]).log10
            assert found == pytest.approx(vectors[end - 1], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("scenario", "direction"), SCENARIOS)
def test_the_same_tolerance_on_the_same_counts(scenario: Scenario, direction: Direction) -> None:
    """To nine digits, as a judge has it at the end of a day."""
    series = drawn(scenario, Change(0, 1.0, 0.0))
    rho = tolerances(series, direction, holidays=[40, 53, 60])
    days = series.counts.reshape(-1, SLOTS_A_DAY).sum(axis=1).tolist()
    answers = [] if series.answers is None else series.answers.reshape(-1, SLOTS_A_DAY).sum(axis=1).tolist()
    for day in (40, 54, 60, 61, 67, 69):
        end = (day + 1) * SLOTS_A_DAY
        counts, exposures = Prefix(series.counts[:end].tolist()), Prefix([1] * end)
        past = Series(0, counts, exposures, days[:day], answers[:day])
        judged = Judge(direction, math.inf, holidays=[40, 53, 60]).judge(past)
        assert judged.tolerance == pytest.approx(rho[day], rel=1e-9)


@pytest.mark.parametrize(("scenario", "direction"), SCENARIOS)
def test_what_is_left_out_is_below(scenario: Scenario, direction: Direction) -> None:
    """Looked for above a threshold alone, the same is found there."""
    series = drawn(scenario, Change(19_000, 0.0 if direction == "down" else 4.5, 24.0))
    rho = tolerances(series, direction)
    whole, above = (log10_evidence(series, direction, rho, least) for least in (-np.inf, 1.0))
    assert (whole >= 1.0).any()
    assert (above[whole >= 1.0] == whole[whole >= 1.0]).all()
