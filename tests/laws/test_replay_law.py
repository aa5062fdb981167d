"""Replay is held to the recount, whole documents of it; one pass over several T is one pass each."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.definition.definition import DAY_MS, Definition
from streams.replay.recount import replay
from tests.agreement import disagreements
from tests.histories import NOW_MS, histories, history, record, seeded
from tests.laws.lawful import law
from tests.recount import recount
from tests.spoiling import Record
from tests.support.chance import examples

DEFINITION = Definition()
INSTANTS = (NOW_MS - 40 * DAY_MS + 7, NOW_MS - 1, NOW_MS, NOW_MS + 5, NOW_MS + 20 * DAY_MS)
HEADINGS = {
    "schema": "kpi-snapshot/1",
    "definition_version": "1",
    "definition_hash": DEFINITION.hash,
    "variants": {"churn_ratio": "standard", "nps_score": "latest"},
    "tenant": "default",
}


def lines(records: list[Record]) -> list[bytes]:
    """What ``kpi replay`` reads."""
    return [json.dumps(record).encode() for record in records]


def documents(records: list[Record], *instants: int, definition: Definition = DEFINITION) -> dict[int, bytes]:
    """What ``kpi replay`` makes of it."""
    pass_ = replay(lines(records), definition=definition, as_of=list(instants))
    return {snapshot.t_ms: snapshot.json() for snapshot in pass_}


@settings(law, max_examples=examples(30))
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


def test_with_few_names_dimensions_are_the_recounts() -> None:
    """What is joined into ``other`` adds up; one vote a customer is shown only where it is known."""
    one = replace(DEFINITION, max_values=1)
    none = replace(one, allow=tuple((dimension, ("nobody",)) for dimension in one.all_dimensions))
    known = set()
    for seed, few in enumerate([one, none] * 6):
        records = history(seeded(seed), events=60)
        (text,) = documents(records, NOW_MS, definition=few).values()
        found = json.loads(text)["dimensions"]
        expected = json.loads(json.dumps(recount(records, NOW_MS, few)))["dimensions"]
        assert disagreements(found, expected, whole=True) == []
        joined = expected["touchpoint"].get("other", {})
        known |= {"nps_score.latest" in kpis for kpis in joined.values()}
    assert known == {True, False}


def test_names_taken_long_ago_do_not_keep_out_who_came_later() -> None:
    """Twenty segments of one customer each since 1980, and one of two customers since yesterday."""
    old = [record("signup", f"old{n}", 400_000_000_000, segment=f"s{n:02}") for n in range(20)]
    new = [record("signup", f"new{n}", NOW_MS - DAY_MS, segment="smb") for n in range(2)]
    (text,) = documents([*old, *new], NOW_MS).values()
    segments = json.loads(text)["dimensions"]["segment"]
    assert set(segments) == {"smb", "other", *(f"s{n:02}" for n in range(19))}
    left = [record("erase", f"old{n}", NOW_MS - 93 * DAY_MS) for n in range(20)]
    (text,) = documents([*old, *new, *left], NOW_MS).values()
    assert set(json.loads(text)["dimensions"]["segment"]) == {"smb"}


@law
@given(histories(), st.lists(st.sampled_from(INSTANTS), min_size=2, max_size=4, unique=True))
def test_one_pass_over_several_instants_is_one_pass_each(records: list[Record], instants: list[int]) -> None:
    """Byte for byte."""
    together = documents(records, *instants)
    assert sorted(together) == sorted(instants)
    for t in instants:
        assert documents(records, t) == {t: together[t]}
