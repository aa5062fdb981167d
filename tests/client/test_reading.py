"""From fields to a reading: exactly one state, by status and age."""

from collections.abc import Mapping
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.client import (
    AbsentError,
    LowSampleError,
    NotFreshError,
    Place,
    Reading,
    RecoveringError,
    SilentError,
    StaleError,
    State,
    UndefinedError,
)
from streams.client.reading import place_of, read, read_all, sorted_places
from streams.redis_contract.layout import Keys

T = 1_776_211_200_000
PLACE = Place("24h")
FIELDS: dict[str, str | None] = {
    "nps_score": "40.0",
    "nps_score:numerator": "14",
    "nps_score:denominator": "35",
    "nps_score:n": "35",
    "nps_score:low": "12.5",
    "nps_score:high": "61.75",
    "nps_score:status": "ok",
    "nps_score:promoters": "20",
    "nps_score:passives": "9",
    "nps_score:detractors": "6",
    "nps_score:variant": "latest",
    "t": str(T),
    "computed_at": str(T + 300),
    "start": str(T - 86_400_000),
    "end": str(T),
    "definition_version": "1",
}


def reading(
    status: str = "ok",
    *,
    age_ms: int = 1_000,
    complete: bool = True,
    other: Mapping[str, str] = MappingProxyType({}),
) -> Reading:
    """A reading of the fields, with another status, at an age."""
    fields = {**FIELDS, "nps_score:status": status, **other}
    return read("nps_score", PLACE, fields, complete=complete, now_ms=T + age_ms, max_age_ms=10_000)


def test_a_fresh_reading_has_all_its_parts() -> None:
    """Numbers as they were written, times in ms, age in seconds."""
    assert reading() == Reading(
        kpi="nps_score",
        place=PLACE,
        state=State.FRESH,
        value=40.0,
        numerator=14,
        denominator=35,
        n=35,
        low=12.5,
        high=61.75,
        status="ok",
        t_ms=T,
        age_s=1.0,
        start=T - 86_400_000,
        end=T,
        definition_version="1",
        variant="latest",
        parts={"promoters": 20, "passives": 9, "detractors": 6},
    )


@pytest.mark.parametrize(
    ("status", "age_ms", "state"),
    [
        ("ok", 0, State.FRESH),
        ("ok", 10_000, State.FRESH),
        ("ok", 10_001, State.STALE),
        ("ok", -60_000, State.FRESH),
        ("low_n", 1_000, State.LOW_N),
        ("low_n", 10_001, State.STALE),
        ("silent", 1_000, State.SILENT),
        ("silent", 10_001, State.STALE),
        ("undefined", 1_000, State.UNDEFINED),
        ("undefined", 10_001, State.STALE),
        ("stale", 0, State.STALE),
        ("recovering", 0, State.RECOVERING),
        ("recovering", 10_001, State.RECOVERING),
    ],
)
def test_the_state_follows_from_status_and_age(status: str, age_ms: int, state: State) -> None:
    """Recovering > stale > undefined > silent > low_n > fresh."""
    assert reading(status, age_ms=age_ms).state is state


@given(
    st.sampled_from(["ok", "low_n", "silent", "undefined", "stale", "recovering"]),
    st.integers(-10_000, 60_000),
    st.booleans(),
)
def test_a_value_is_shown_only_while_it_stands(status: str, age_ms: int, complete: bool) -> None:  # noqa: FBT001
    """A number that is stale, undefined or recovering is never handed out, whatever stands in Redis."""
    found = reading(status, age_ms=age_ms, complete=complete)
    if found.state in (State.FRESH, State.LOW_N, State.SILENT):
        assert (found.value, found.low, found.high) == (40.0, 12.5, 61.75)
    else:
        assert (found.value, found.low, found.high) == (None, None, None)
    assert found.n == 35


@pytest.mark.parametrize(
    ("status", "age_ms", "error"),
    [
        ("low_n", 0, LowSampleError),
        ("silent", 0, SilentError),
        ("undefined", 0, UndefinedError),
        ("stale", 0, StaleError),
        ("ok", 10_001, StaleError),
        ("recovering", 0, RecoveringError),
    ],
)
def test_require_raises_what_is_the_matter(status: str, age_ms: int, error: type[NotFreshError]) -> None:
    """Each state has its own error, which carries the reading."""
    found = reading(status, age_ms=age_ms)
    with pytest.raises(error) as raised:
        found.require()
    assert type(raised.value) is error
    assert raised.value.reading is found
    assert str(raised.value).startswith("nps_score (24h) ")


def test_require_gives_a_fresh_value() -> None:
    """Zero is a value like any other."""
    assert reading().require() == 40.0
    assert reading(other={"nps_score": "0.0"}).require() == 0.0


def test_what_nobody_publishes_is_absent() -> None:
    """No hash, or no such KPI in it."""
    for fields in ({}, {"t": str(T)}, dict.fromkeys(FIELDS)):
        found = read("nps_score", PLACE, fields, complete=True, now_ms=T, max_age_ms=10_000)
        assert found == Reading("nps_score", PLACE, State.ABSENT)
        with pytest.raises(AbsentError):
            found.require()


def test_what_is_missing_before_the_first_values_is_recovering() -> None:
    """The first catch-up: nobody can know yet whether it will be there."""
    found = read("nps_score", PLACE, {}, complete=False, now_ms=T, max_age_ms=10_000)
    assert found.state is State.RECOVERING


def test_nulls_are_none_and_edges_may_be_missing() -> None:
    """A count has no denominator and no interval, now has no edges."""
    empty = {"nps_score:denominator": "", "nps_score:low": "", "nps_score:high": "", "start": "", "end": ""}
    found = reading(other=empty)
    assert (found.denominator, found.low, found.high, found.start, found.end) == (None,) * 5
    assert found.require() == 40.0


@pytest.mark.parametrize(("field", "text"), [("nps_score", "x"), ("t", "1.5"), ("nps_score:status", "fine")])
def test_what_we_did_not_write_is_an_error(field: str, text: str) -> None:
    """Somebody else writes these keys: no guess."""
    with pytest.raises(ValueError, match=text):
        reading(other={field: text})


def test_all_kpis_of_a_hash_are_read_at_once() -> None:
    """By the status each has."""
    fields = {name: text for name, text in FIELDS.items() if text is not None}
    fields |= {"orders": "7", "orders:n": "7", "orders:status": "ok"}
    found = read_all(PLACE, fields, now_ms=T, max_age_ms=10_000)
    assert {kpi: each.value for kpi, each in found.items()} == {"nps_score": 40.0, "orders": 7}
    assert found["nps_score"] == reading(age_ms=0)


def test_a_reading_explains_itself_in_one_line() -> None:
    """What, where, how old, of how many."""
    place = Place("24h", "segment", "smb")
    fields = {**FIELDS, "nps_score:status": "low_n", "nps_score:n": "7"}
    line = read("nps_score", place, fields, complete=True, now_ms=T + 1500, max_age_ms=10_000).explain()
    assert line == "nps_score (24h:segment:smb) stands on too few cases, age 1.5 s, n = 7"


@pytest.mark.parametrize(("dimension", "value"), [("segment", None), (None, "smb")])
def test_dimension_and_value_belong_together(dimension: str | None, value: str | None) -> None:
    """One without the other is the caller's mistake."""
    with pytest.raises(ValueError, match="belong together"):
        place_of("24h", dimension, value)


def test_the_index_is_read_as_places() -> None:
    """Overall first, then by dimension; other keys are left out."""
    keys = Keys("default")
    places = [Place("1h"), Place("now"), Place("1h", "plan", "a:b"), Place("1h", "segment", "smb")]
    index = {keys.hash(place) for place in places} | {keys.snapshot, "other"}
    assert sorted_places(keys, index) == places
