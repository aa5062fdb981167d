"""Each kind of value, and each way in which one is odd: nothing is lost, and nothing made up."""

import json

import pytest

from streams.core.definition.definition import Definition
from streams.core.events import Purchase
from streams.mapping import Mapped, Refused
from tests.mapping.support import NOW, ORDER, events, foreign, mapper, members, order, outcome, refusal, toml

ID = "a text of 1 to 128 characters"


def test_an_order_becomes_a_purchase_keyed_by_its_customer() -> None:
    """With the foreign record's timestamp, and the topic's name as its source."""
    found = outcome(ORDER)
    assert isinstance(found, Mapped)
    assert [(one.kind, one.key, one.timestamp_ms) for one in found.events] == [("purchase", b"c-7", NOW)]
    assert events(found) == [Purchase("17", "shop.orders", "c-7", 1_772_366_000_000, 1250, "EUR")]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (b'"c-7"', "c-7"),
        (b"12345678901234567890123", "12345678901234567890123"),
        (b"9007199254740993", "9007199254740993"),
        (b"-1", "-1"),
        (b"0", "0"),
        ('"日本☂"'.encode(), "日本☂"),
        (rb'"\u0063\"7\\"', 'c"7\\'),
        (b'"' + b"x" * 128 + b'"', "x" * 128),
    ],
)
def test_an_id_is_a_text_or_a_whole_number_digit_by_digit(value: bytes, written: str) -> None:
    """Beyond what a float holds, too."""
    raw = json.dumps(order(customer={"id": "?"})).encode().replace(b'"?"', value)
    found = mapper(toml()).one(foreign(raw))
    assert isinstance(found, Mapped)
    assert found.events[0].key == written.encode()
    assert events(found)[0].customer_id == written


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b'""', "empty_text"),
        (b"null", "missing_field"),
        (b"1.0", "wrong_type"),
        (b"1e3", "wrong_type"),
        (b"true", "wrong_type"),
        (b"[1]", "wrong_type"),
        (b'{"a":1}', "wrong_type"),
        (b'"' + b"x" * 129 + b'"', "too_long"),
        (b"9" * 5_000, "too_long"),
    ],
)
@pytest.mark.parametrize("joined", [True, False])
def test_what_is_no_id_is_refused_with_its_path(value: bytes, reason: str, *, joined: bool) -> None:
    """By itself, or as a part of one."""
    raw = json.dumps(order(id="?")).encode().replace(b'"?"', value)
    ids = '["id", "currency"]' if joined else '"id"'
    found = mapper(toml(event_id=ids)).one(foreign(raw))
    assert refusal(found) == (reason, "event_id", "id and currency" if joined else "id")


def test_half_of_a_surrogate_pair_is_no_text() -> None:
    """A record with one is no JSON."""
    raw = json.dumps(ORDER).replace("c-7", "\\ud83d").encode()
    assert refusal(mapper(toml()).one(foreign(raw)))[0] == "not_json"


def test_parts_of_an_id_never_meet() -> None:
    """What joins them is written otherwise within them."""
    both = toml(event_id='["a", "b"]')
    first = members(mapper(both).one(foreign(order(a="x:y", b="z"))))["event_id"]
    second = members(mapper(both).one(foreign(order(a="x", b="y:z"))))["event_id"]
    assert (first, second) == ("x%3Ay:z", "x:y%3Az")
    assert members(mapper(both).one(foreign(order(a="x%3Ay", b="z"))))["event_id"] == "x%253Ay:z"
    assert members(mapper(toml()).one(foreign(order(id="x:y%"))))["event_id"] == "x:y%"


CANCELLATION = {"kind": '"cancellation"', "amount": None, "currency": None}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("too_expensive", "price"),
        ("tr\u00f6del", "other"),
        (7, "seven"),
        ("7", "seven"),
        (True, "yes"),
        (None, None),
        ("", None),
    ],
)
def test_values_are_looked_up(value: object, reason: str | None) -> None:
    """What is none of them is otherwise; what is absent stays absent."""
    values = '{ "too_expensive" = "price", "7" = "seven", "true" = "yes" }'
    spec = f'{{ path = "why", values = {values}, otherwise = "other" }}'
    found = outcome(order(why=value), reason=spec, **CANCELLATION)
    assert members(found).get("reason") == reason


@pytest.mark.parametrize("value", [{"a": 1}, ["too_expensive"], 7.5])
def test_what_has_no_value_is_refused_and_never_otherwise(value: object) -> None:
    """A list, an object and a fraction are of no type that a text comes from."""
    spec = '{ path = "why", values = { "too_expensive" = "price" }, otherwise = "other" }'
    assert refusal(outcome(order(why=value), reason=spec, **CANCELLATION)) == ("wrong_type", "reason", "why")


def test_what_is_none_of_the_values_is_refused_without_otherwise() -> None:
    """It is never passed on."""
    spec = '{ path = "why", values = { "too_expensive" = "price" } }'
    assert refusal(outcome(order(why="moved"), reason=spec, **CANCELLATION)) == (
        "unknown_value",
        "reason",
        "why",
    )
    escaped = json.dumps(order(why="?")).replace("?", "too\\u005fexpensive").encode()
    assert members(mapper(toml(reason=spec, **CANCELLATION)).one(foreign(escaped)))["reason"] == "price"


SURVEY = {"kind": '"survey"', "amount": None, "currency": None, "survey": '{ value = "nps" }'}


@pytest.mark.parametrize(
    ("value", "score"),
    [(9, 9), ("9", 9), ("09", 9), ("0", 0), (9.0, None), ("9.0", None), (True, None), (11, None)],
)
def test_scores_are_whole_numbers_in_quotes_or_not(value: object, score: int | None) -> None:
    """9.0 is none, as by contract."""
    found = outcome(order(score=value), score='"score"', **SURVEY)
    if score is None:
        assert isinstance(found, Refused)
        assert (found.field, found.path) == ("score", "score")
    else:
        assert members(found)["score"] == score


SIGNUP = {"kind": '"signup"', "amount": None, "currency": None}


@pytest.mark.parametrize(
    ("value", "trial"), [(True, True), ("false", False), ("yes", None), (None, ...), (1, None)]
)
def test_flags_are_true_or_false_in_quotes_or_not(value: object, trial: object) -> None:
    """Nothing else is."""
    found = outcome(order(trial=value), trial='"trial"', **SIGNUP)
    if trial is None:
        assert refusal(found) == ("wrong_type", "trial", "trial")
    else:
        assert members(found).get("trial") is (None if trial is ... else trial)


def test_attributes_of_a_signup_have_any_name() -> None:
    """A number is a text of its digits; the cost is in the base currency's minor units."""
    found = outcome(
        order(plan="pro", shop=7, cac=1234),
        attributes='{ plan = "plan", store = "shop", region = { value = "eu" } }',
        acquisition_cost='{ path = "cac", unit = "minor" }',
        **SIGNUP,
    )
    made = members(found)
    assert (made["plan"], made["store"], made["region"], made["acquisition_cost"]) == (
        "pro",
        "7",
        "eu",
        "12.34",
    )


def test_attributes_are_counted_under_the_definitions_dimensions() -> None:
    """Whatever their names: one that is no text is told with its path."""
    read = mapper(toml(attributes='{ store = "shop" }', **SIGNUP), Definition(dimensions=("store",)))
    assert members(read.one(foreign(order(shop=7))))["store"] == "7"
    assert refusal(read.one(foreign(order(shop=[7])))) == ("wrong_type", "store", "shop")


@pytest.mark.parametrize("on_the_way", ["a text", 7, [1], True])
def test_what_stands_on_the_way_to_a_value_is_told(on_the_way: object) -> None:
    """It is not taken for an absent value."""
    assert refusal(outcome(order(customer=on_the_way))) == ("wrong_type", "customer_id", "customer.id")
    signup = outcome(order(plan=on_the_way), attributes='{ plan = "plan.name" }', **SIGNUP)
    assert refusal(signup) == ("wrong_type", "plan", "plan.name")


def test_nothing_on_the_way_to_a_value_is_an_absent_value() -> None:
    """null, or a member that is not there."""
    for customer in ({}, None, {"id": None}):
        assert refusal(outcome(order(customer=customer))) == ("missing_field", "customer_id", "customer.id")
    made = members(outcome(order(plan=None), attributes='{ plan = "plan.name" }', **SIGNUP))
    assert "plan" not in made


def test_paths_take_indexes_and_names_with_dots() -> None:
    """An index of a list, a member whose name is a number, a dot and a quote in a name."""
    assert members(outcome(order(ids=["x", "y"]), event_id='"ids.1"'))["event_id"] == "y"
    assert members(outcome(order(ids={"1": "y"}), event_id='"ids.1"'))["event_id"] == "y"
    assert members(outcome(ORDER | {"a.b": "y"}, event_id=r"'a\.b'"))["event_id"] == "y"
    assert members(outcome(ORDER | {'a"b': "y"}, event_id="'a\"b'"))["event_id"] == "y"
    assert members(outcome(ORDER | {"ünï": "y"}, event_id='"ünï"'))["event_id"] == "y"
    assert refusal(outcome(order(ids=["x"]), event_id='"ids.1"')) == ("missing_field", "event_id", "ids.1")


def test_a_repeated_name_counts_with_its_last_value() -> None:
    """As in canonical events; an object is not put together of two."""
    whole = json.dumps(ORDER).encode()
    assert members(mapper(toml()).one(foreign(whole[:-1] + b',"id":18}')))["event_id"] == "18"
    twice = mapper(toml()).one(foreign(whole[:-1] + b',"customer":{"name":"x"}}'))
    assert refusal(twice) == ("missing_field", "customer_id", "customer.id")
