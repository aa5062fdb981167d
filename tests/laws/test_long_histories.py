"""Histories far beyond a record's room, and events that come too late, against the recount.

Nothing of a long history's form may show: not where chunks begin, not when they are written. What came too
late is told by the log alone: ``kept_for`` is short here, so much of it does.
"""

from dataclasses import replace

import pytest

from streams.core.customer.record import ROOM
from streams.core.customer.voided import VOIDS
from streams.core.definition.definition import DAY_MS, Definition
from streams.core.partition.store.customers import CHUNK, LOG_KEY_SIZE
from tests.histories import CHURNY, NOW_MS, STEADY, Mix, history, seeded
from tests.laws.driver import CLOCKS, Driven, Way, drive
from tests.laws.judging import Recounted
from tests.support.chance import FIRST, examples

BUYERS = Mix(signup=0.8, purchase=30, cancellation=2, survey=10, void=3, erase=0.1)
HISTORIES = 16
VOIDED = Mix(signup=0.8, purchase=12, cancellation=2, survey=6, void=16, erase=0.3)
RULES = {
    "default": {},
    "quiet customers leave": {"inactivity_churn_ms": 12 * DAY_MS},
    "purchases never activate": {"implicit_signup": False, "purchase_reactivates": False},
}


def is_chunk_of_voids(key: bytes) -> bool:
    """Whether a key of the changelog is that of closed voids."""
    return key[:1] == CHUNK and key[1 + LOG_KEY_SIZE :][:1] == VOIDS


@pytest.mark.hypothesis
@pytest.mark.parametrize("seed", range(FIRST, FIRST + examples(HISTORIES)))
@pytest.mark.parametrize("rules", RULES)
def test_long_histories_are_those_of_the_recount(rules: str, seed: int) -> None:
    """In order, late, too late, withdrawn, erased; restarts included."""
    rng = seeded(seed)
    mix = (BUYERS, STEADY, VOIDED, CHURNY)[seed % 4]
    records = history(rng, mix=mix, events=rng.randint(20, 150), customers=rng.choice((1, 1, 3)))
    kept_for_ms = rng.choice((1, 5, 20, 92)) * DAY_MS
    definition = replace(Definition(), kept_for_ms=kept_for_ms, **RULES[rules])  # type: ignore[arg-type]
    expected = Recounted(records, NOW_MS, definition)
    for clock in rng.sample(CLOCKS, 3):
        way = Way(clock, restart=rng.choice((0, 0.3)), flush=0.2, batch=5, room=rng.choice((64, 200, ROOM)))
        found = expected.differences(drive(records, NOW_MS, way, rng, definition))
        assert not found, "\n".join((f"{rules}, seed {seed}, kept for {kept_for_ms} ms, {way}:", *found[:6]))


def test_voids_are_closed_in_these_histories() -> None:
    """Else the law above would prove little of them."""
    rng = seeded(2)
    records = history(rng, mix=VOIDED, events=100, customers=1)
    one: Driven = drive(records, NOW_MS, Way(room=64, restart=0.2), rng, Definition())[0]
    assert sum(is_chunk_of_voids(key) for key in one.log) > 4


def test_much_of_these_histories_is_closed_and_some_comes_too_late() -> None:
    """Else the law above would prove little."""
    closed = sealed = 0
    definition = replace(Definition(), kept_for_ms=5 * DAY_MS)
    for seed in range(4):
        rng = seeded(seed)
        records = history(rng, mix=BUYERS, events=150, customers=1)
        one: Driven = drive(records, NOW_MS, Way(room=64, restart=0.2), rng, definition)[0]
        closed += sum(key[:1] == b"H" for key in one.log)
        sealed += one.state.accounting_only().accounting.ignored.get("sealed", 0)
    assert closed > 40
    assert sealed > 4
