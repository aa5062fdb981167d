"""The laws under other dimensions: none, one, two and eight of them, whatever they are called."""

import json
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.definition.definition import Definition
from streams.core.kpi.breakdown import build_breakdown
from tests.agreement import disagreements
from tests.histories import CHURNY, NOW_MS, histories, history, seeded
from tests.laws.driver import KEEPING, Way, drive, totals_of
from tests.laws.judging import Recounted
from tests.laws.lawful import law
from tests.laws.test_replay_law import documents
from tests.recount import classify, recount
from tests.recount.drivers import drivers
from tests.spoiling import Record
from tests.support.chance import examples

ATTRIBUTES = ("segment", "plan", "channel", "region")
EIGHT = ("industry", "store", "age_band", "from", "brand", "segment", "tier", "attribute_0")
SETS = ((), ("industry",), ("industry", "store"), EIGHT)
CHANCE = st.randoms(use_true_random=False)


def renamed(records: list[Record], dimensions: tuple[str, ...]) -> list[Record]:
    """The same history, its signups with these attributes; what is malformed stays as it is."""
    return [_renamed(record, dimensions) for record in records]


def _renamed(record: Record, dimensions: tuple[str, ...]) -> Record:
    value = record.get("value")
    if not isinstance(value, dict) or not value.keys() & set(ATTRIBUTES):
        return record
    said = [value.get(name) for name in ATTRIBUTES]
    own = {name: said[(at + at // 4) % 4] for at, name in enumerate(dimensions)}
    rest = {name: field for name, field in value.items() if name not in ATTRIBUTES}
    return {**record, "value": {**rest, "plan": "not of this definition", **own}}


@settings(law, max_examples=examples(40))
@given(histories(), CHANCE, st.sampled_from(SETS), st.sampled_from((1, 2)))
def test_totals_equal_the_recount(
    records: list[Record], rng: Random, dimensions: tuple[str, ...], partitions: int
) -> None:
    """Every number of every group, through restarts; profiles that differ in a new dimension alone, too."""
    definition = replace(KEEPING, dimensions=dimensions)
    mine = renamed(records, dimensions)
    driven = drive(mine, NOW_MS, Way(restart=0.2, partitions=partitions), rng, definition)
    assert Recounted(mine, NOW_MS, definition).differences(driven) == []


@pytest.mark.parametrize("dimensions", SETS, ids=len)
def test_documents_are_the_recounts(dimensions: tuple[str, ...]) -> None:
    """Values, revenue shares and names by dimension; with all names, and with one for each."""
    for seed, most in enumerate((20, 1) * 2):
        definition = replace(Definition(dimensions=dimensions), max_values=most)
        records = renamed(history(seeded(seed), events=60), dimensions)
        (text,) = documents(records, NOW_MS, definition=definition).values()
        found = json.loads(text)["dimensions"]
        assert list(found) == list(definition.all_dimensions)
        expected = json.loads(json.dumps(recount(records, NOW_MS, definition)))["dimensions"]
        assert disagreements(found, expected, whole=True) == []
        assert all(found[dimension] for dimension in dimensions)


def by_rank(listed: list[Any]) -> dict[str, Any]:
    """Drivers by their place."""
    return {str(place): driver for place, driver in enumerate(listed)}


@pytest.mark.parametrize("dimensions", SETS, ids=len)
def test_drivers_are_the_recounts(dimensions: tuple[str, ...]) -> None:
    """Where churn comes from, by each dimension that there is."""
    definition = Definition(dimensions=dimensions)
    told = 0
    for seed in range(4):
        records = renamed(history(seeded(seed), mix=CHURNY, events=120), dimensions)
        totals = totals_of(drive(records, NOW_MS, Way(), seeded(seed), definition))
        (text,) = documents(records, NOW_MS, definition=definition).values()
        found = json.loads(text)["drivers"]
        expected = json.loads(json.dumps(drivers(classify(records, definition), NOW_MS, definition)))
        assert list(found) == list(expected) == [*dimensions, "reason", "churn_type"]
        for dimension, listed in expected.items():
            assert disagreements(by_rank(found[dimension]), by_rank(listed), whole=True) == []
        assert list(build_breakdown(totals, definition).drivers) == list(found)
        told += sum(map(len, found.values()))
    assert told
