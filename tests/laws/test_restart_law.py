"""Serialise, restore, continue = continue: in every number, and in every byte written afterwards."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.customer.record import ROOM
from streams.core.definition.definition import DAY_MS, HOUR_MS, Definition
from tests.histories import NOW_MS, histories
from tests.laws.driver import Driven
from tests.laws.judging import same
from tests.laws.lawful import law
from tests.spoiling import Record
from tests.support.chance import examples

DEFINITIONS = (
    Definition(),
    replace(Definition(), kept_for_ms=9 * DAY_MS),
    replace(Definition(), inactivity_churn_ms=5 * DAY_MS),
)


def chapters(records: list[Record], rng: Random) -> Iterator[list[Record]]:
    """The records in pieces."""
    at = 0
    while at < len(records):
        size = rng.randint(1, 15)
        yield records[at : at + size]
        at += size


@settings(law, max_examples=examples(80))
@given(
    histories(), st.randoms(use_true_random=False), st.sampled_from(DEFINITIONS), st.sampled_from((ROOM, 96))
)
def test_a_restart_changes_nothing(
    records: list[Record], rng: Random, definition: Definition, room: int
) -> None:
    """Two run side by side, one of them is killed after every flush; both write the same ever after."""
    steady, killed = Driven(definition, room), Driven(definition, room)
    t = NOW_MS - 40 * DAY_MS
    for chapter in chapters(records, rng):
        t = min(t + rng.choice((0, HOUR_MS, 5 * DAY_MS)), NOW_MS)
        for one in (steady, killed):
            one.state.advance(t)
            one.take(chapter)
        assert steady.flush() == killed.flush()
        killed.restart()
        assert not killed.state.dirty
        assert steady.state.header() == killed.state.header()
        assert same(steady.state.totals(), killed.state.totals())
    for one in (steady, killed):
        one.state.advance(NOW_MS + 400 * DAY_MS)
    assert steady.flush() == killed.flush()
    assert same(steady.state.totals(), killed.state.totals())
