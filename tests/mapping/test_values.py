"""Each kind of value, and each way in which one is odd: nothing is lost, and nothing made up."""

import json

import pytest

from streams.core.events import Purchase
from streams.mapping import Mapped, Refused
from tests.mapping.support import NOW, ORDER, events, foreign, mapper, members, order, outcome, refusal, toml

MINOR = '{ path = "total", unit = "minor" }'
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


@pytest.mark.parametrize(
    ("unit", "value", "ms"),
    [
        ("s", 1_772_366_000, 1_772_366_000_000),
        ("s", "1772366000", 1_772_366_000_000),
        ("ms", 1_772_366_000_123, 1_772_366_000_123),
        ("ms", "1772366000123", 1_772_366_000_123),
        ("us", 1_772_366_000_123_999, 1_772_366_000_123),
        ("ns", 1_772_366_000_123_999_999, 1_772_366_000_123),
        ("rfc3339", "2026-03-01T12:53:20+01:00", 1_772_366_000_000),
        ("%Y-%m-%d %H:%M:%S%z", "2026-03-01 12:53:20+0100", 1_772_366_000_000),
        ("%Y%m%d", 20_260_301, 1_772_323_200_000),
    ],
)
def test_times_of_every_unit(unit: str, value: object, ms: int) -> None:
    """Digits beyond milliseconds are cut off."""
    zone = ', timezone = "UTC"' if unit == "%Y%m%d" else ""
    found = outcome(order(at=value), occurred_at=f'{{ path = "at", unit = "{unit}"{zone} }}')
    assert events(found)[0].at_ms == ms


@pytest.mark.parametrize(
    ("written", "ms"),
    [
        (b"1772366000.1239999999", 1_772_366_000_123),
        (b"1.7723660009999E9", 1_772_366_000_999),
        (b"1772366000.000", 1_772_366_000_000),
        (b"000000001772366000", None),
        (b"1e99", None),
        (b"1e100", "bad_time"),
        (b"9" * 25, "bad_time"),
        (b"0", "too_old"),
        (b"-1.5", "too_old"),
        (b"1772366000000", "after_9999"),
        (b"true", "wrong_type"),
        (b"[]", "wrong_type"),
        (b'"tomorrow"', "bad_time"),
        (b"null", "missing_field"),
        (b'""', "bad_time"),
    ],
)
def test_seconds_are_read_exactly_or_refused(written: bytes, ms: int | str | None) -> None:
    """No binary floating point, and no power that would have to be written out."""
    raw = json.dumps(order(at="?")).encode().replace(b'"?"', written)
    found = mapper(toml()).one(foreign(raw))
    if isinstance(ms, int):
        assert events(found)[0].at_ms == ms
    elif ms is None:
        assert isinstance(found, Refused)
    else:
        assert refusal(found) == (ms, "occurred_at", "at")


@pytest.mark.parametrize(
    ("local", "reason"),
    [
        ("29.03.2026 01:59", None),
        ("29.03.2026 02:30", "bad_time"),
        ("26.10.2025 02:30", "bad_time"),
        ("26.10.2025 03:00", None),
        ("31.02.2026 00:00", "bad_time"),
        ("1772366000", "bad_time"),
        (7, "bad_time"),
        (True, "wrong_type"),
        ("x" * 65, "bad_time"),
    ],
)
def test_a_local_time_that_is_not_exactly_one_is_refused(local: object, reason: str | None) -> None:
    """The hour that the clocks skip, the one they show twice, and what is no time."""
    at = '{ path = "at", unit = "%d.%m.%Y %H:%M", timezone = "Europe/Berlin" }'
    found = mapper(toml(occurred_at=at)).one(
        foreign(order(at=local))._replace(timestamp_ms=1_800_000_000_000)
    )
    assert (found.reason if isinstance(found, Refused) else None) == reason


@pytest.mark.parametrize(
    ("currency", "value", "minor"),
    [
        ("EUR", b"1999", 1_999),
        ("EUR", b'"1999"', 1_999),
        ("EUR", b"0", 0),
        ("EUR", b"5", 5),
        ("EUR", b"-5", -5),
        ("EUR", b'"007"', 7),
        ("EUR", b"1250.5", 1_250),
        ("EUR", b"1251.5", 1_252),
        ("EUR", b"12.5e2", 1_250),
        ("JPY", b"1999", 1_999),
        ("KWD", b"1999", 1_999),
        ("EUR", b"999999999999999", 999_999_999_999_999),
        ("EUR", b"9007199254740993", "money_too_large"),
        ("EUR", b"1e999999", "money_too_large"),
        ("EUR", b"1e9999999", "bad_money"),
        ("EUR", b"9" * 5_000, "money_too_large"),
        ("EUR", b'"12,50"', "bad_money"),
        ("EUR", b'"1e2"', "bad_money"),
        ("EUR", b'""', "bad_money"),
        ("EUR", b"true", "wrong_type"),
        ("EUR", b"[1]", "wrong_type"),
        ("EUR", b"null", "missing_field"),
    ],
)
def test_minor_units_are_the_currencys(currency: str, value: bytes, minor: int | str) -> None:
    """Exponents of ISO 4217; more digits than the currency has are rounded half to even, as by contract."""
    raw = json.dumps(order(total="?", currency=currency)).encode().replace(b'"?"', value)
    found = mapper(toml(amount=MINOR)).one(foreign(raw))
    if isinstance(minor, int):
        (event,) = events(found)
        assert isinstance(event, Purchase)
        assert event.amount_minor == minor
    else:
        assert refusal(found) == (minor, "amount", "total")


@pytest.mark.parametrize(
    ("value", "minor"),
    [
        (b"0.1", 10),
        (b"10.005", 1_000),
        (b"10.015", 1_002),
        (b'"-3.10"', -310),
        (b"1.0055e1", 1_006),
        (b"NaN", "not_json"),
        (b"Infinity", "not_json"),
        (b'"NaN"', "bad_money"),
        (b'"12,50"', "bad_money"),
        (b"true", "wrong_type"),
    ],
)
def test_major_units_stay_the_decimal_text_that_they_are(value: bytes, minor: int | str) -> None:
    """Never a binary float."""
    raw = json.dumps(order(total="?")).encode().replace(b'"?"', value)
    found = mapper(toml()).one(foreign(raw))
    if isinstance(minor, int):
        (event,) = events(found)
        assert isinstance(event, Purchase)
        assert event.amount_minor == minor
    else:
        assert isinstance(found, Refused)
        assert found.reason == minor


@pytest.mark.parametrize(
    ("value", "minor"),
    [
        ('"12,50"', 1250),
        ('"-3"', -300),
        ("7.5", 750),
        ('"1.234,50"', None),
        ('"12.50"', None),
        ("null", None),
    ],
)
def test_a_comma_before_the_decimals(value: str, minor: int | None) -> None:
    """Separators of thousands are refused: which mark is which is never guessed."""
    raw = json.dumps(order(total="?")).replace('"?"', value).encode()
    found = mapper(toml(amount='{ path = "total", decimal = "," }')).one(foreign(raw))
    assert isinstance(found, Refused) == (minor is None)
    if minor is not None:
        (event,) = events(found)
        assert isinstance(event, Purchase)
        assert event.amount_minor == minor


@pytest.mark.parametrize(
    ("total", "kind", "minor"),
    [
        ("12.50", "refund", -1_250),
        (12.5, "refund", -1_250),
        ("12.50", "sale", 1_250),
        ("-12.50", "refund", None),
        (0, "refund", None),
        ("0.00", "refund", None),
        ("-12.50", "sale", -1_250),
    ],
)
def test_a_refund_is_an_amount_above_0_that_is_taken_back(
    total: object, kind: str, minor: int | None
) -> None:
    """One that is negative already, or nothing, would become an order: it is refused."""
    negated = '{ path = "total", negate_if = { "kind" = ["refund"] } }'
    found = outcome(order(total=total, kind=kind), amount=negated)
    if minor is None:
        assert refusal(found) == ("bad_money", "amount", "total")
    else:
        (event,) = events(found)
        assert isinstance(event, Purchase)
        assert event.amount_minor == minor


def test_negating_an_amount_in_minor_units() -> None:
    """Both at once."""
    spec = '{ path = "total", unit = "minor", negate_if = { "refunded" = true } }'
    assert members(outcome(order(total=1250, refunded=True), amount=spec))["amount"] == "-12.50"


@pytest.mark.parametrize(("written", "currency"), [("eur", "EUR"), ("Eur", "EUR"), ("EUR", "EUR")])
def test_a_currency_in_small_letters(written: str, currency: str) -> None:
    """Where the mapping says so; else it is none."""
    upper = '{ path = "currency", upper = true }'
    assert members(outcome(order(currency=written), currency=upper))["currency"] == currency
    escaped = json.dumps(order(currency="?")).replace("?", "\\u0065ur").encode()
    assert members(mapper(toml(currency=upper, amount=MINOR)).one(foreign(escaped)))["amount"] == "12.50e-2"
    assert isinstance(outcome(order(currency="eur")), Refused)


@pytest.mark.parametrize("currency", ["XXX", "euro", "", 7, None, [1]])
@pytest.mark.parametrize("amount", [MINOR, '"total"'])
def test_an_unknown_currency_is_told_before_the_amount(currency: object, amount: str) -> None:
    """Of which nobody could say how many digits it has."""
    found = outcome(order(currency=currency), amount=amount, currency='{ path = "currency", upper = true }')
    assert isinstance(found, Refused)
    assert (found.field, found.path) == ("currency", "currency")


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


def test_an_event_after_its_record_is_refused() -> None:
    """Times are judged against the foreign record's timestamp."""
    assert refusal(outcome(order(at=NOW // 1000 + 301))) == ("in_future", "occurred_at", "at")
