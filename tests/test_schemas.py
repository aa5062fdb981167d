"""The schemas are executed: each example goes through its JSON Schema and the decoder, none stands alone."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from streams.core.decode_reasons import REASONS
from streams.core.decoding.decoder import Decoder
from streams.core.definition.currencies import EXPONENTS
from streams.core.definition.definition import Definition
from streams.core.events import KINDS, Kind, Malformed
from streams.mapping.outcomes import OWN_REASONS
from tests.core.decode_strategies import Plain, records
from tests.schema_files import (
    ALL_TOPICS,
    EXAMPLES,
    FILES,
    KEY,
    SCHEMAS,
    SNAPSHOT,
    TIMESTAMP,
    TOPICS,
    WITH_SCHEMA,
    examples,
    fits,
    source_examples,
    validator,
)
from tests.support import chance

DECODER = Decoder(Definition())


def reason_of(kind: Kind, value: bytes) -> str | None:
    """Why the decoder refuses a value, None if it takes it."""
    decoded = DECODER.one(kind, KEY, value, TIMESTAMP)
    return decoded.reason if isinstance(decoded, Malformed) else None


def expected_reason(path: Path) -> str:
    """What the name of a bad example begins with."""
    return path.name.partition("--")[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_schema_is_a_schema(path: Path) -> None:
    """Of the dialect it names."""
    schema = json.loads(path.read_text())
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


@pytest.mark.parametrize(("role", "path"), examples("ok/*"))
def test_a_good_example_fits_its_schema(role: str, path: Path) -> None:
    """Of every topic."""
    validator(SCHEMAS / ALL_TOPICS[role]["schema"]).validate(json.loads(path.read_bytes()))


@pytest.mark.parametrize(("kind", "path"), source_examples("ok/*"))
def test_a_good_example_is_an_event(kind: Kind, path: Path) -> None:
    """The decoder takes it."""
    assert reason_of(kind, path.read_bytes()) is None


@pytest.mark.parametrize(("role", "path"), examples("bad/*.*"))
def test_a_bad_example_does_not_fit_its_schema(role: str, path: Path) -> None:
    """A producer that checks against the schema finds it before Kafka does."""
    assert not fits(role, json.loads(path.read_bytes()))


@pytest.mark.parametrize(("kind", "path"), source_examples("bad/decoder/*.json"))
def test_what_only_the_decoder_can_refuse_fits_its_schema(kind: Kind, path: Path) -> None:
    """Else it would stand one folder up."""
    assert fits(kind, json.loads(path.read_bytes()))


@pytest.mark.parametrize(("kind", "path"), source_examples("bad/**/*.*"))
def test_a_bad_example_is_malformed_for_the_reason_in_its_name(kind: Kind, path: Path) -> None:
    """Whether or not a schema can tell."""
    assert reason_of(kind, path.read_bytes()) == expected_reason(path)


def test_every_reason_has_an_example() -> None:
    """Of the closed set, but for those that are about where a record lies."""
    placed = {"foreign_partition", "missing_key"}
    shown = {expected_reason(example.values[1]) for example in source_examples("bad/**/*.*")}
    assert shown == set(REASONS) - placed


def test_every_topic_has_a_schema_and_examples_or_is_internal() -> None:
    """Good and bad ones."""
    assert set(TOPICS["sources"]) == set(KINDS)
    for topic in ALL_TOPICS.values():
        assert ("schema" in topic) != ("internal" in topic), topic["name"]
    for topic in WITH_SCHEMA.values():
        assert (SCHEMAS / topic["schema"]) in FILES
        folder = EXAMPLES / topic["examples"]
        assert {path.name for path in folder.iterdir()} == {"ok", "bad"}
        assert all(any(path.iterdir()) for path in folder.iterdir())


def test_no_example_and_no_schema_stands_alone() -> None:
    """Each folder of examples, and each schema, belongs to a topic or a document."""
    assert {path.name for path in EXAMPLES.iterdir()} == {topic["examples"] for topic in WITH_SCHEMA.values()}
    used = {SCHEMAS / topic["schema"] for topic in WITH_SCHEMA.values()}
    assert set(FILES) == used | {SNAPSHOT, SCHEMAS / "records" / "envelope.schema.json"}
    run = {
        example.values[1]
        for pattern in ("ok/*", "bad/*.*", "bad/decoder/*.*")
        for example in examples(pattern)
    }
    assert run == {path for path in EXAMPLES.rglob("*") if path.is_file()}


def test_the_schemas_name_what_the_decoder_knows() -> None:
    """Currencies and reasons are listed once more in them."""
    purchase = json.loads((SCHEMAS / "records" / "purchase.schema.json").read_text())
    assert purchase["properties"]["currency"]["enum"] == sorted(EXPONENTS)
    dead = json.loads((SCHEMAS / "records" / "dead-letter.schema.json").read_text())
    assert dead["properties"]["kpi-reason"]["enum"] == [*REASONS, *OWN_REASONS]
    accounting = json.loads(SNAPSHOT.read_text())["properties"]["accounting"]["properties"]
    assert accounting["malformed"]["propertyNames"]["enum"] == list(REASONS)


@settings(max_examples=chance.examples(300))
@given(records())
def test_what_the_decoder_takes_the_schema_takes(case: tuple[Kind, Plain]) -> None:
    """A schema that refused a good record would stop a producer for nothing."""
    kind, record = case
    decoded = DECODER.one(kind, None, record.value, -1)
    if not isinstance(decoded, Malformed):
        assert fits(kind, json.loads(record.value or b"", parse_int=_parse_any_int))


def _parse_any_int(text: str) -> int | float:
    """Unknown members may hold integers too long for Python's default limit."""
    return int(text) if len(text) < 1_000 else float("inf")
