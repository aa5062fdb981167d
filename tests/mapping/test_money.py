"""Amounts: decimal text that is shifted and negated, never a binary float."""

import json

import pytest

from streams.core.events import Purchase
from streams.mapping import Refused
from tests.mapping.support import events, foreign, mapper, members, order, outcome, refusal, toml

MINOR = '{ path = "total", unit = "minor" }'


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


@pytest.mark.parametrize("total", [True, [1], {"a": 1}, None])
def test_what_is_no_amount_is_refused_as_such_where_it_would_be_negated(total: object) -> None:
    """As everywhere."""
    negated = '{ path = "total", negate_if = { "id" = 17 } }'
    reason = "missing_field" if total is None else "wrong_type"
    assert refusal(outcome(order(total=total), amount=negated)) == (reason, "amount", "total")
    assert refusal(outcome(order(total="x"), amount='{ path = "total.x", negate_if = { "id" = 17 } }')) == (
        "wrong_type",
        "amount",
        "total.x",
    )


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
