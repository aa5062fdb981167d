"""``kpi map suggest``: drafts that a person has little to do on, and that take nobody's address for an id."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from streams.mapping.suggesting import suggested

ROOT = Path(__file__).parents[2]
READY = sorted((ROOT / "schemas" / "mappings").glob("*.toml"))
DRAFTS = ROOT / "tests" / "golden" / "drafts"
MOST_CORRECTIONS = 2


def source(text: str) -> dict[str, Any]:
    """The one source of a mapping."""
    (found,) = tomllib.loads(text)["source"]
    assert isinstance(found, dict)
    return found


def draft_of(ready: Path) -> str:
    """What is suggested for a ready mapping's sample."""
    sample = ready.with_suffix(".jsonl").read_bytes().splitlines()
    return suggested(sample, source(ready.read_text(encoding="utf-8"))["topic"], "json")


@pytest.mark.parametrize("ready", READY, ids=lambda path: path.stem)
def test_a_draft_needs_at_most_two_corrections(ready: Path) -> None:
    """A correction is a key that is to be changed, put in or taken out."""
    wanted, drafted = source(ready.read_text(encoding="utf-8")), source(draft_of(ready))
    wrong = {key for key in wanted.keys() | drafted.keys() if wanted.get(key) != drafted.get(key)}
    assert len(wrong) <= MOST_CORRECTIONS, wrong


@pytest.mark.parametrize("ready", READY, ids=lambda path: path.stem)
def test_drafts_are_as_they_were(ready: Path) -> None:
    """Where this fails: kpi map suggest --topic TOPIC NAME.jsonl > tests/golden/drafts/NAME.toml."""
    assert draft_of(ready) == (DRAFTS / ready.name).read_text(encoding="utf-8")


def drafted(*records: dict[str, Any]) -> str:
    """A draft of some records."""
    return suggested([json.dumps(record).encode() for record in records], "t", "json")


def test_an_address_is_no_id() -> None:
    """Wherever it stands."""
    text = drafted(
        {"id": "e-1", "customer_id": "ann@example.org", "user": "u-1", "at": "2026-03-01T12:00:00Z"}
    )
    assert 'customer_id = "user"' in text
    assert "example.org" not in text
    assert 'customer_id = "customer_id"' not in text


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1_772_366_400, '{ path = "created_at", unit = "s" }'),
        (1_772_366_400_000, '{ path = "created_at", unit = "ms" }'),
        ("1772366400000000", '{ path = "created_at", unit = "us" }'),
        (1_772_366_400_000_000_000, '{ path = "created_at", unit = "ns" }'),
        ("2026-03-01T12:00:00.5+01:00", '"created_at"'),
        ("2026-03-01 12:00:00", '{ path = "created_at", unit = "%Y-%m-%d %H:%M:%S", timezone = "UTC" }'),
        ("01.03.2026", '{ path = "created_at", unit = "%d.%m.%Y", timezone = "UTC" }'),
    ],
)
def test_times_are_told_by_their_looks(value: object, said: str) -> None:
    """Units by their size, patterns by their form."""
    assert f"occurred_at = {said}" in drafted({"created_at": value})


def test_odd_names_and_numbers_are_drafted_too() -> None:
    """A name that ends a line, quotes, numbers that no machine type holds."""
    odd = {"customer_id\n": 1, 'user"_id': 2, "client_id": "9" * 5_000, "at": 10**30, "total": "9" * 400}
    assert tomllib.loads(drafted(odd))["source"][0]["customer_id"] == "customer_id\n"


def test_what_nothing_looks_like_is_left_for_a_person() -> None:
    """As a comment: the draft cannot be used before it is finished."""
    text = drafted({"x": True})
    for key in ("customer_id", "event_id", "occurred_at"):
        assert f'# {key} = ""  # nothing looks like it\n' in text


def test_kinds_are_told_by_what_records_have() -> None:
    """A score, an amount, a cancellation, else a signup with its attributes."""
    assert 'survey = { value = "csat" }' in drafted({"rating": 4}, {"rating": 5})
    assert 'survey = { value = "nps" }' in drafted({"score": 0}, {"score": 10})
    assert "scale_max = { value = 7 }" in drafted({"rating": 6}, {"rating": 2})
    assert "scale_max = { value = 10 }" in drafted({"csat": 6}, {"csat": 9})
    assert "scale_max" not in drafted({"rating": 4}, {"rating": 5})
    assert 'kind = "cancellation"' in drafted({"cancelled_at": "2026-03-01T12:00:00Z", "reason": "price"})
    assert 'attributes.plan = "plan"' in drafted({"user_id": 7, "plan": "pro"})
    assert 'amount = { path = "betrag", decimal = "," }' in drafted({"betrag": "12,50"}, {"betrag": "3,00"})


def test_envelopes_are_found_out() -> None:
    """CloudEvents and Debezium."""
    cloud: dict[str, Any] = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/s",
        "type": "t",
        "data": {"customer_id": 1},
    }
    assert 'format = "cloudevents"' in drafted(cloud)
    assert 'event_id = "id"' in drafted(cloud)
    assert 'customer_id = "data.customer_id"' in drafted(cloud)
    assert 'format = "debezium"' in drafted({"op": "c", "after": {"id": 1}, "source": {"table": "t"}})
