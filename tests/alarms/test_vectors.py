"""The simulation's vectors and the core's form are the same function."""

import numpy as np
import pytest

from streams.core.alarms.evidence import REACH, Direction, Prefix, evidence
from tests.alarms.scenarios import WARM_UP_DAYS, Change, Scenario, counts, ordinary
from tests.alarms.vectors import log10_evidence, tolerances


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("scenario", [Scenario(5), Scenario(100, scatter=0.4), Scenario(20, by_day=True)])
def test_the_same_evidence_on_the_same_counts(scenario: Scenario, direction: Direction) -> None:
    """At a thousand instants, a spike among them, to nine digits."""
    rng = np.random.default_rng(7)
    drawn = counts(scenario, ordinary(scenario, WARM_UP_DAYS + 7, rng), rng, Change(19_000, 4.0, 5.0))
    rho = tolerances(drawn)
    vectors = log10_evidence(drawn, direction)
    prefix, exposures = Prefix(drawn.tolist()), Prefix([1] * len(drawn))
    for end in range(len(drawn), REACH + 288, -11):
        day = (end - 1) // 288
        if not np.isnan(rho[day]):
            found = evidence(prefix, exposures, end, direction, rho[day]).log10
            assert found == pytest.approx(vectors[end - 1], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("direction", ["up", "down"])
def test_what_is_left_out_is_below(direction: Direction) -> None:
    """Looked for above a threshold alone, the same is found there."""
    rng = np.random.default_rng(9)
    drawn = counts(Scenario(20), ordinary(Scenario(20), WARM_UP_DAYS + 7, rng), rng, Change(19_000, 3.0, 9.0))
    whole, above = log10_evidence(drawn, direction), log10_evidence(drawn, direction, least=1.0)
    assert (whole >= 1.0).any()
    assert (above[whole >= 1.0] == whole[whole >= 1.0]).all()
