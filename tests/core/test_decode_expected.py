"""What a malformed record should have had: of every field and reason, and never a word of the record."""

import json
from typing import get_args

import pytest

from streams.core.decode_reasons import REASONS, Reason
from streams.core.decoding.decoder import Decoder
from streams.core.decoding.expected import FIELDS, described, expected
from streams.core.decoding.strict import SCALES
from streams.core.definition.definition import Definition
from streams.core.definition.dimensions import NAME
from streams.core.events import KINDS, Kind, Malformed
from tests.core.decode_cases import AT, value_of
from tests.schema_files import SCHEMAS, examples, source_examples


def test_every_field_of_the_schemas_has_its_words_and_no_other() -> None:
    """So a label of a metric can have no further value, and each field a record can have is told."""
    schemas = [json.loads((SCHEMAS / "records" / f"{k}.schema.json").read_text()) for k in KINDS]
    envelope = json.loads((SCHEMAS / "records" / "envelope.schema.json").read_text())
    assert {name for schema in (*schemas, envelope) for name in schema.get("properties", ())} == {
        *FIELDS,
        *Definition().dimensions,
    }


def test_every_reason_says_what_was_expected() -> None:
    """Whichever field it is in; those of a whole record need none."""
    of_fields = {"missing_field", "wrong_type", "empty_text", "too_long", "bad_time", "bad_money"}
    of_fields |= {"unknown_currency", "unknown_churn_type", "unknown_survey", "bad_scale", "bad_score"}
    for reason in get_args(Reason):
        for field in (*FIELDS, "store") if reason in of_fields else ("", *FIELDS):
            assert expected(Malformed(reason, field))


@pytest.mark.parametrize(("kind", "path"), source_examples("bad/**/*.*"))
def test_each_bad_example_names_a_field_of_its_schema_or_none(kind: Kind, path: object) -> None:
    """And the line about it is one line."""
    value = path.read_bytes()  # type: ignore[attr-defined]
    malformed = Decoder(Definition()).one(kind, b"c-1001", value, AT)
    assert isinstance(malformed, Malformed)
    assert (malformed.field == "") == (malformed.reason in REASONS[:5])
    assert described(malformed).isprintable()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"event_id": None}, "missing_field: event_id is missing; expected a text of 1 to 128 characters"),
        ({"customer_id": "c2"}, "key_mismatch: customer_id: expected the record's key"),
        ({"occurred_at": AT // 1000}, "too_old: occurred_at: expected a time not before min_event_time"),
        ({"amount": "1,5"}, "bad_money: amount: expected an amount like 12.34, with a point"),
    ],
)
def test_a_line_names_field_and_expectation(changes: dict[str, object], told: str) -> None:
    """As it is read aloud."""
    malformed = Decoder(Definition()).one("purchase", b"c1", value_of("purchase", **changes), AT)
    assert isinstance(malformed, Malformed)
    assert described(malformed).startswith(told)


def test_a_member_that_only_the_producer_knows_is_never_named() -> None:
    """Not even where the record has nothing but such members."""
    malformed = Decoder(Definition()).one("purchase", None, b'{"private": "secret"}', AT)
    assert malformed == Malformed("missing_field", "event_id")
    assert described(Malformed("not_json")) == "not_json: expected one JSON object, without a byte order mark"


def test_the_scales_are_those_of_the_decoder() -> None:
    """They stand in words once more."""
    told = {"nps 0 to 10": ("nps", None), "csat 1 to 5": ("csat", None), "ces 1 to 7": ("ces", None)}
    assert {f"{s} {low} to {high}" for (s, n), (low, high) in SCALES.items() if n is None} == set(told)
    assert all(words in FIELDS["score"] for words in told)
    assert SCALES["csat", 10] == (1, 10)


def test_the_dead_letters_schema_lists_the_same_fields() -> None:
    """Beside dimensions, which the definition names. And its examples use the words that are written."""
    schema = json.loads((SCHEMAS / "records" / "dead-letter.schema.json").read_text())
    contract, dimension = schema["properties"]["kpi-field"]["anyOf"]
    assert contract["enum"] == list(FIELDS)
    assert dimension["pattern"] == f"^{NAME}$"
    for _, path in (example.values for example in examples("ok/headers.json")):
        headers = json.loads(path.read_text())
        assert headers["kpi-expected"] == FIELDS[headers["kpi-field"]]
