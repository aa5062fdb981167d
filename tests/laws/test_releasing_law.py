"""Giving up names changes no number: over any history, wherever the pass over the records stands."""

import pytest

from streams.core.definition.definition import DAY_MS
from tests.core.kpi_cases import DEFINITION
from tests.histories import ALL, NOW_MS, Mix, history, seeded
from tests.laws.driver import Driven
from tests.laws.judging import Recounted

RESTLESS = Mix(signup=4, purchase=1, cancellation=3, survey=3, void=1, erase=2)
LATER_MS = NOW_MS + 93 * DAY_MS
"""When the windows have passed all that was erased."""


@pytest.mark.parametrize("seed", range(30))
def test_passes_amid_everything_change_no_number(seed: int) -> None:
    """Events, flushes and restarts come between their steps; in the end only what records name is there."""
    rng = seeded(seed)
    records = history(rng, mix=RESTLESS, events=120, customers=40, features=ALL - {"future"})
    one = Driven(DEFINITION)
    one.state.advance(NOW_MS)
    steps = one.state.sweeping(5)
    for record in records:
        one.take([record])
        if rng.random() < 0.3 and next(steps, True) and rng.random() < 0.5:
            one.flush()
            steps = one.state.sweeping(5)
        if rng.random() < 0.02:
            one.restart()
            steps = one.state.sweeping(5)
    assert Recounted(records, NOW_MS).differences([one]) == []
    one.state.advance(LATER_MS)
    for _ in range(2):
        for _ in one.state.sweeping(5):
            pass
        one.restart()
        assert Recounted(records, LATER_MS).differences([one]) == []
