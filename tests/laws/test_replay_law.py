"""Replay is held to the recount, whole documents of it; one pass over several T is one pass each."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.definition import DAY_MS, Definition
from streams.replay import replay
from tests.agreement import disagreements
from tests.histories import NOW_MS, histories
from tests.laws.lawful import law
from tests.recount import recount
from tests.spoiling import Record

DEFINITION = Definition()
INSTANTS = (NOW_MS - 40 * DAY_MS + 7, NOW_MS - 1, NOW_MS, NOW_MS + 5, NOW_MS + 20 * DAY_MS)
HEADINGS = {
    "schema": "kpi-snapshot/1",
    "definition_version": "1",
    "definition_hash": DEFINITION.hash,
    "tenant": "default",
}


def lines(records: list[Record]) -> list[bytes]:
    """What ``kpi replay`` reads."""
    return [json.dumps(record).encode() for record in records]


def documents(records: list[Record], *instants: int) -> dict[int, bytes]:
    """What ``kpi replay`` makes of it."""
    pass_ = replay(lines(records), definition=DEFINITION, as_of=list(instants))
    return {snapshot.t_ms: snapshot.json() for snapshot in pass_}


@settings(law, max_examples=30)
@given(histories(max_events=60), st.lists(st.sampled_from(INSTANTS), min_size=1, max_size=3, unique=True))
def test_documents_are_the_recounts(records: list[Record], instants: list[int]) -> None:
    """Every field of every window, gauge, dimension, bound and account."""
    for t, text in documents(records, *instants).items():
        found: dict[str, Any] = json.loads(text)
        expected = json.loads(json.dumps(recount(records, t)))
        assert {key: found.pop(key) for key in HEADINGS} == HEADINGS
        assert found.pop("dimensions_t") == t
        found.pop("drivers")  # an order of what stands in the dimensions
        assert disagreements(found, expected, whole=True) == []


@law
@given(histories(), st.lists(st.sampled_from(INSTANTS), min_size=2, max_size=4, unique=True))
def test_one_pass_over_several_instants_is_one_pass_each(records: list[Record], instants: list[int]) -> None:
    """Byte for byte."""
    together = documents(records, *instants)
    assert sorted(together) == sorted(instants)
    for t in instants:
        assert documents(records, t) == {t: together[t]}
