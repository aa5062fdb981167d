"""Mapping files: every mistake is one line with key, value and what is allowed."""

import re
from pathlib import Path

import pytest

from streams.core.definition.definition import Definition
from streams.mapping import MappingError, parse_mapping
from streams.mapping.toml_file import MAX_SOURCES
from tests.mapping.support import toml

READY = sorted((Path(__file__).parents[2] / "schemas" / "mappings").glob("*.toml"))
CANCELLED: dict[str, str | None] = {"kind": '"cancellation"', "amount": None, "currency": None}
SURVEY: dict[str, str | None] = {
    "kind": '"survey"',
    "amount": None,
    "currency": None,
    "survey": '{ value = "nps" }',
    "score": '"score"',
}


def mistake(text: str, definition: Definition | None = None) -> str:
    """What is said of a mapping that cannot be used."""
    with pytest.raises(MappingError) as told:
        parse_mapping(text, "m.toml", definition)
    said = str(told.value)
    assert "\n" not in said
    assert said.startswith("m.toml: ")
    return said.removeprefix("m.toml: ")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"topic": None}, "source[0].topic: is missing: it must be a topic's name"),
        ({"topic": '"a b"'}, 'source[0].topic: "a b": allowed is at most 249 letters'),
        (
            {"topic": f'"{"t" * 129}"'},
            "source[0].source: is missing: it must be given: the topic's name is longer",
        ),
        (
            {"format": None},
            "source[0].format: is missing: it must be one of json, cloudevents, debezium, csv",
        ),
        (
            {"format": '"jsn"'},
            (
                'source[0].format: "jsn": allowed is json, cloudevents, debezium, csv, event, avro, '
                "json-schema, protobuf; meant is perhaps json"
            ),
        ),
        ({"kind": None}, "source[0].kind: is missing: it must be one of signup, purchase"),
        ({"kind": '"order"'}, 'source[0].kind: "order": allowed is one of signup, purchase'),
        ({"kind": '{ path = "a" }'}, "source[0].kind.values: is missing: it must be a table of value = kind"),
        ({"kind": '{ path = "a", values = {} }'}, "source[0].kind.values: is empty"),
        (
            {"kind": '{ path = "a", values = { x = "order" } }'},
            'source[0].kind.values.x: "order": allowed is one of',
        ),
        (
            {"kind": '{ path = "a", valus = {} }'},
            "source[0].kind.valus: unknown key: allowed are path, values; meant",
        ),
        ({"customer_id": None}, "source[0].customer_id: is missing: it must be a path, like order.id"),
        (
            {"customer_id": '{ value = "x" }'},
            'source[0].customer_id: {"value": "x"}: allowed is a path, or a list',
        ),
        ({"customer_id": '""'}, 'source[0].customer_id: "": allowed is a path'),
        ({"customer_id": '"a..b"'}, 'source[0].customer_id: "a..b": allowed is a path: names and indexes'),
        ({"customer_id": r"'a\b'"}, r'source[0].customer_id: "a\\b": allowed is a path: names and indexes'),
        ({"customer_id": f'"{"a." * 32}a"'}, "allowed is a path of at most 32 parts"),
        ({"customer_id": f'"{"a" * 513}"'}, "allowed is a path of at most 512 characters"),
        ({"event_id": "[]"}, "source[0].event_id: []: allowed is a path, or a list of 1 to 8 paths"),
        ({"event_id": "7"}, "source[0].event_id: 7: allowed is a path, or a list of 1 to 8 paths"),
        ({"amount": None}, "source[0].amount: is missing: it must be a path"),
        ({"ammount": '"x"'}, "source[0].ammount: unknown key of a purchase: allowed are topic, format"),
        ({"ammount": '"x"'}, "; meant is perhaps amount"),
        ({"score": '"x"'}, "source[0].score: unknown key of a purchase"),
        ({"attributes": '{ plan = "x" }'}, "source[0].attributes: unknown key of a purchase"),
        ({"occurred_at": '{ unit = "s" }'}, "source[0].occurred_at.path: is missing"),
        (
            {"occurred_at": '{ path = "at", unit = "sec" }'},
            'source[0].occurred_at.unit: "sec": allowed is rfc3339, s',
        ),
        (
            {"occurred_at": '{ path = "at", unit = "any" }'},
            'source[0].occurred_at.unit: "any": allowed is rfc3339, s',
        ),
        ({"occurred_at": '{ path = "at", unit = "%Y-%m-%d" }'}, "source[0].occurred_at.timezone: is missing"),
        (
            {"occurred_at": '{ path = "at", unit = "%H:%M", timezone = "UTC" }'},
            "allowed is a pattern that strptime takes",
        ),
        ({"occurred_at": '{ path = "at", unit = "%Y-%m-%d %Z", timezone = "UTC" }'}, "and without %Z"),
        ({"occurred_at": '{ path = "at", unit = "%Y-%m-%d %Q", timezone = "UTC" }'}, "allowed is a pattern"),
        (
            {"occurred_at": '{ path = "at", unit = "%Y-%m-%d %z", timezone = "UTC" }'},
            "nothing here: %z reads the offset",
        ),
        (
            {"occurred_at": '{ path = "at", unit = "%Y-%m-%d", timezone = "Europa/Berlin" }'},
            "like Europe/Berlin or UTC",
        ),
        (
            {"occurred_at": '{ path = "at", unit = "%Y-%m-%d", timezone = "../x" }'},
            "like Europe/Berlin or UTC",
        ),
        ({"occurred_at": '{ path = "at", unit = "s", timezone = "UTC" }'}, "only a pattern needs one"),
        (
            {"amount": '{ path = "total", unit = "cent" }'},
            'source[0].amount.unit: "cent": allowed is major, minor',
        ),
        ({"amount": '{ path = "total", decimal = ";" }'}, 'source[0].amount.decimal: ";": allowed is ., ,'),
        (
            {"amount": '{ path = "total", negate = 1 }'},
            "source[0].amount.negate: unknown key: allowed are path, unit",
        ),
        ({"amount": '{ path = "total", negate_if = [1] }'}, "source[0].amount.negate_if: [1]: allowed is {"),
        ({"currency": '{ value = "eur" }'}, 'source[0].currency.value: "eur": allowed is a code of ISO 4217'),
        ({"currency": '{ value = "EUR", path = "x" }'}, "source[0].currency.value: stands alone"),
        ({"currency": '{ path = "c", upper = 1 }'}, "source[0].currency.upper: 1: allowed is true or false"),
        (
            {"currency": '{ path = "c", upper = true, values = { a = "EUR" } }'},
            "source[0].currency.upper: not with values",
        ),
        (
            {"currency": '{ path = "c", otherwise = "EUR" }'},
            "source[0].currency.values: is missing: it must be given",
        ),
        (
            {"currency": '{ path = "c", values = { a = "€" } }'},
            'source[0].currency.values.a: "€": allowed is a code',
        ),
        (
            {"where": '{ "a" = [] }'},
            "source[0].where.a: []: allowed is text in quotes, a whole number, true or false",
        ),
        ({"where": '{ "a" = 1.5 }'}, "source[0].where.a: 1.5: allowed is text in quotes"),
        ({"where": '{ "a" = [[1]] }'}, "source[0].where.a: [[1]]: allowed is text in quotes"),
        ({"where": '{ "a" = 2026-01-01 }'}, 'source[0].where.a: "2026-01-01": allowed is text in quotes'),
        ({"where": '"a"'}, 'source[0].where: "a": allowed is {'),
        (
            {"each": '"lines"'},
            "source[0].each: no field is taken of its elements: their paths begin with lines.",
        ),
        ({"format": '"csv"'}, 'source[0].customer_id: "customer.id": allowed is a column'),
        (
            {"format": '"csv"', "customer_id": '"c"', "each": '"l"'},
            "source[0].each: a row of a CSV file has no lists",
        ),
        (
            {"format": '"cloudevents"'},
            'source[0].customer_id: "customer.id": allowed is an attribute like id or type',
        ),
        (
            {"format": '"cloudevents"', "customer_id": '"data"'},
            'source[0].customer_id: "data": allowed is an attribute',
        ),
        (
            CANCELLED | {"churn_type": '{ value = "lost" }'},
            'source[0].churn_type.value: "lost": allowed is involuntary',
        ),
        (CANCELLED | {"reason": "{ value = 7 }"}, "source[0].reason.value: 7: allowed is text in quotes"),
        (
            CANCELLED | {"reason": "7"},
            "source[0].reason: 7: allowed is a path, or a table with path or value",
        ),
        (
            SURVEY | {"score": '{ path = "s", values = { good = "5" } }'},
            'source[0].score.values.good: "5": allowed is a',
        ),
        (
            SURVEY | {"survey": '{ value = "NPS" }'},
            'source[0].survey.value: "NPS": allowed is ces, csat, nps',
        ),
        (
            {"kind": '"signup"', "amount": None, "currency": None, "trial": "{ value = 1 }"},
            "source[0].trial.value: 1",
        ),
        (
            {"kind": '"signup"', "amount": None, "currency": None, "attributes": '{ trial = "x" }'},
            "source[0].attributes.trial: is a field of its own: it stands outside of attributes",
        ),
    ],
)
def test_a_mistake_names_key_value_and_what_is_allowed(changed: dict[str, str | None], told: str) -> None:
    """In one line."""
    assert told in mistake(toml(**changed))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "version: is missing"),
        ("version = 1\n", "version: 1: allowed is text in quotes"),
        ('version = "1"\n', "source: is missing: it must be one [[source]] or more"),
        ('version = "1"\nsource = []\n', "source: []: allowed is one [[source]] or more"),
        ('version = "1"\nsource = [1]\n', "source[0]: 1: allowed is a table [[source]]"),
        (
            'version = "1"\nsorce = 1\n',
            "sorce: unknown key: allowed are version, source; meant is perhaps source",
        ),
        ("version = \n", "no TOML: "),
        ("a = " + "[" * 5_000, "arrays or tables too deep within each other"),
        ("a = 2026-99-99\n", "no TOML: "),
        ("a = " + "9" * 5_000, "no TOML: "),
        (
            'version = "1"\n' + toml().partition("\n")[2] * (MAX_SOURCES + 1),
            "source: 101 of them: allowed are at most 100",
        ),
    ],
)
def test_a_file_that_is_no_mapping(text: str, told: str) -> None:
    """As a whole."""
    assert mistake(text).startswith(told)


def test_a_topic_has_one_format() -> None:
    """Its records are of one."""
    other = toml(format='"debezium"').partition("\n")[2]
    assert mistake(toml() + other).startswith(
        'source[1].format: "debezium": allowed is json: the same for all'
    )


def test_attributes_are_the_definitions_where_one_is_given() -> None:
    """Any name passes without one."""
    text = toml(kind='"signup"', amount=None, currency=None, attributes='{ sgment = "x" }')
    parse_mapping(text, "m.toml")
    told = mistake(text, Definition())
    assert told.startswith("source[0].attributes.sgment: unknown key of the definition's: allowed are ")
    assert told.endswith("meant is perhaps segment")
    parse_mapping(text, "m.toml", Definition(dimensions=("sgment",)))


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_ready_mappings_say_what_they_are_for(path: Path) -> None:
    """On their first line; they can be used, and have a sample beside them."""
    text = path.read_text(encoding="utf-8")
    assert re.match(r"# [A-Z].*\.", text)
    parse_mapping(text, path.name, Definition())
    assert path.with_suffix(".jsonl").is_file()


def test_five_are_ready_and_no_sample_stands_alone() -> None:
    """A file of records for each."""
    assert len(READY) == 5
    assert {path.stem for path in READY} == {path.stem for path in READY[0].parent.glob("*.jsonl")}
