"""Amounts as decimal text: exact, half even, and never expanded."""

import json
import time
from decimal import ROUND_HALF_EVEN, Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.decode_reasons import RejectedError
from streams.core.decoding.money import LIMIT_MINOR, minor_units
from streams.core.definition.currencies import EXPONENTS

EXACT = Context(prec=5_000)


def cents(raw: str) -> int:
    """An amount with two digits, written as JSON."""
    return minor_units(raw.encode(), 2)


def refused(raw: str, digits: int = 2) -> str:
    """Why an amount is refused."""
    with pytest.raises(RejectedError) as error:
        minor_units(raw.encode(), digits)
    return error.value.reason


@pytest.mark.parametrize(
    ("raw", "minor"),
    [
        ('"12.34"', 1234),
        ("12.34", 1234),
        ("12", 1200),
        ("-12.3", -1230),
        ('"-0"', 0),
        ("-0.0", 0),
        ('"007.50"', 750),
        ("1e2", 10_000),
        ("1E+2", 10_000),
        ("125e-2", 125),
        ("1.5e0", 150),
        ("1e0002", 10_000),
        ("1e-99", 0),
        ('"\\u0031\\u002e5"', 150),  # escapes are part of JSON, not of the amount
        ("0.30000000000000004", 30),
    ],
)
def test_an_amount_is_counted_in_minor_units(raw: str, minor: int) -> None:
    """Numbers and strings alike, with the sign of the amount."""
    assert cents(raw) == minor


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("10.005", 1000),
        ("10.0050", 1000),
        ("10.015", 1002),
        ("-10.015", -1002),
        ("10.0050000000000000000000001", 1001),
        ("10.00499999999999999999999999", 1000),
        ("10.025", 1002),
        ("0.005", 0),
        ("0.0051", 1),
        ("0.015", 2),
        ("0.004", 0),
        ("0.0009", 0),
        ("0.995", 100),
        ("0.99499", 99),
    ],
)
def test_surplus_digits_are_rounded_half_to_even(text: str, minor: int) -> None:
    """A tie goes to the even neighbour, whatever the sign; the least surplus breaks it."""
    assert cents(text) == cents(f'"{text}"') == minor


@pytest.mark.parametrize(
    ("currency", "text", "minor"),
    [
        ("JPY", "10.5", 10),
        ("JPY", "11.5", 12),
        ("KWD", "1.2345", 1234),
        ("CLF", "1.00005", 10_000),
        ("USD", "1", 100),
    ],
)
def test_every_currency_has_its_own_digits(currency: str, text: str, minor: int) -> None:
    """A yen has no minor unit, a dinar has a thousand."""
    assert minor_units(text.encode(), EXPONENTS[currency]) == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        ".",
        "1.",
        ".5",
        "+1",
        " 1",
        "1 ",
        "1\\n",
        "1_000",
        "1,000",
        "1e2",
        "0x10",
        "--1",
        "1.2.3",
        "NaN",
        "Infinity",
        "-Infinity",
        "12 USD",
        "\N{FULLWIDTH DIGIT ONE}",
        "\N{ARABIC-INDIC DIGIT ONE}",
        "\\u0000",
        "\\n1",
    ],
)
def test_a_string_must_be_plain_decimal_digits(text: str) -> None:
    """No blanks, no signs but a minus, no grouping, no exponent, ASCII digits only."""
    assert refused(f'"{text}"') == "bad_money"


@pytest.mark.parametrize("raw", ["true", "null", "[1]", '["\\\\", 1e999]', "{}"])
def test_an_amount_is_a_number_or_a_string(raw: str) -> None:
    """Anything else is of the wrong type."""
    assert refused(raw) == "wrong_type"


@pytest.mark.parametrize(
    "raw",
    [
        "10000000000000",
        "-10000000000000",
        "9999999999999.995",  # rounds up to the limit
        "1e13",
        "1e99",
        "1e100",
        "1e400",
        "1e-400",
        "0e400",
        "1e999999999999999999999999",
        "-1e-999999999999999999999999",
        '"' + "9" * 5_000 + '"',
    ],
)
def test_what_is_too_large_is_refused(raw: str) -> None:
    """The limit is 10 ** 15 minor units after rounding; exponents end at ±99."""
    assert refused(raw) == "money_too_large"


def test_the_largest_amount_is_one_below_the_limit() -> None:
    """Rounded down to it or written out."""
    assert cents("9999999999999.99") == cents("9999999999999.994") == LIMIT_MINOR - 1
    assert cents("-9999999999999.99") == 1 - LIMIT_MINOR
    assert cents("999999999999999e-2") == LIMIT_MINOR - 1


def test_a_hostile_amount_takes_no_time() -> None:
    """A million digits, or a giant exponent, are never expanded."""
    started = time.process_time()
    assert refused("1e" + "9" * 1_000_000) == "money_too_large"
    assert cents("0." + "0" * 1_000_000 + "1") == 0
    assert cents('"' + "0" * 1_000_000 + '1.00"') == 100
    assert time.process_time() - started < 1


@given(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**18), max_value=10**18)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-5, max_value=5, places=4),
    st.sampled_from(sorted(set(EXPONENTS.values()))),
    st.sampled_from(["f", "e"]),
)
def test_any_decimal_is_rounded_as_the_decimal_module_does(amount: Decimal, digits: int, form: str) -> None:
    """Written out or with an exponent."""
    raw = format(amount, form)
    expected = int(amount.scaleb(digits, EXACT).quantize(Decimal(1), ROUND_HALF_EVEN, EXACT))
    power = int(raw.partition("e")[2] or 0)
    if abs(expected) >= LIMIT_MINOR or abs(power) > 99:
        assert refused(raw, digits) == "money_too_large"
    else:
        assert minor_units(raw.encode(), digits) == expected
        if form == "f":
            assert minor_units(json.dumps(raw).encode(), digits) == expected


def test_the_currencies_are_those_of_the_standard() -> None:
    """165 current codes with a minor unit and 5 withdrawn lately; metals and test codes are no money."""
    assert len(EXPONENTS) == 170
    assert [sum(d == digits for d in EXPONENTS.values()) for digits in range(5)] == [17, 0, 144, 7, 2]
    assert not {"XAU", "XXX", "XTS", "XDR", "DEM", "usd"} & EXPONENTS.keys()
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in EXPONENTS)
