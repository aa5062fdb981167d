"""Flows by steps of time are those of the recount: five minutes, hours and days, over any history."""

from random import Random

import pytest

from streams.core.definition.definition import DAY_MS, HOUR_MS, MINUTE_MS
from streams.core.kpi.alarm_watch import SeriesPart
from streams.core.kpi.flows import Flows
from streams.core.partition.sweep.steps import finish
from streams.publish.merge.flow_merger import FlowMerger
from tests.histories import CHURNY, NOW_MS, STEADY, history, seeded, shuffle
from tests.laws.driver import KEEPING, Driven, Way, drive
from tests.recount import classify
from tests.recount.counting import life_counts, order_counts
from tests.recount.document import lives_of
from tests.spoiling import Record

RANGES = {5 * MINUTE_MS: 2 * HOUR_MS, HOUR_MS: 2 * DAY_MS, DAY_MS: 80 * DAY_MS}
"""Step -> how far back."""


def world(seed: int) -> tuple[list[Record], list[Driven], Random]:
    """A history in any order of arrival, and the partitions that took it."""
    rng = seeded(seed)
    mix = STEADY if seed % 2 else CHURNY
    span_ms = (85 * DAY_MS, DAY_MS)[seed % 2]
    records = history(rng, mix=mix, events=150, start_ms=NOW_MS - span_ms, span_ms=span_ms)
    way = Way(partitions=rng.choice((1, 3)), restart=0.1, flush=0.3)
    return records, drive(shuffle(rng, records), NOW_MS, way, rng, KEEPING), rng


def told(partitions: list[Driven]) -> Flows:
    """What the partitions tell of all their past."""
    merger = FlowMerger()
    parts = []
    for one in partitions:
        rows = {(group, day): packed for group, day, packed in finish(one.state.telling_series()) if packed}
        parts.append(SeriesPart(one.state.clock, rows))
    merger.offer(parts)
    merger.merge()
    assert merger.found is not None
    return merger.found


@pytest.mark.parametrize("seed", range(4))
def test_steps_are_those_of_the_recount(seed: int) -> None:
    """Every step that is over, whatever came late, was withdrawn or erased; customers at its end."""
    records, partitions, _ = world(seed)
    lives = lives_of(classify(records, KEEPING), NOW_MS, KEEPING)
    flows = told(partitions)
    for step_ms, range_ms in RANGES.items():
        ends, found = flows.steps(step_ms, range_ms)
        expected: dict[str, list[int]] = {name: [] for name in found}
        for end in ends:
            within = (end - step_ms, end)
            counts = life_counts(lives, within) | order_counts(lives, within, KEEPING)
            counts["active"] = sum(life.active_at(end) for life in lives)
            for name, numbers in expected.items():
                numbers.append(counts[name])
        assert found == expected
        assert not ends or ends[-1] == NOW_MS // step_ms * step_ms
