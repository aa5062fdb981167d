"""One field of a JSON object at a time: texts, times, money, whole numbers (contract section 1).

Each reader returns the value or raises ``Bad`` with a short reason. Money is never a binary float:
the text of a JSON number is kept until it is a fraction.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from streams.core.definition.definition import Definition
from tests.recount.currencies import MINOR_DIGITS

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the offset is subtracted by hand
LAST_MS = 253_402_300_799_999
RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
MONEY_TEXT = re.compile(r"-?[0-9]+(\.[0-9]+)?")
MONEY_LIMIT_MINOR = 10**15
EXPONENT_DIGITS = 2
"""An exponent goes to 99 either way."""


class Bad(Exception):  # noqa: N818 - a malformed record is an outcome, no error of the program
    """The record is malformed; the argument is the reason."""


@dataclass(frozen=True)
class Number:
    """A JSON number that is no plain integer, as it was written."""

    text: str


def integer(text: str) -> int | Number:
    """A JSON integer; one of absurd length stays text, so that nobody expands it."""
    return int(text) if len(text) <= 40 else Number(text)


def text(value: Mapping[str, Any], name: str, longest: int = 256) -> str | None:
    """An optional text: null and "" are absent."""
    found = value.get(name)
    if found is None:
        return None
    if not isinstance(found, str) or len(found) > longest:
        raise Bad(name)
    return found or None


def required_text(value: Mapping[str, Any], name: str) -> str:
    """A text of 1 to 128 characters."""
    found = text(value, name, 128)
    if found is None:
        raise Bad(name)
    return found


def whole(value: Mapping[str, Any], name: str) -> int | None:
    """A JSON integer; 9.0, "9" and true are none."""
    found: object = value.get(name)
    if found is None or (isinstance(found, int) and not isinstance(found, bool)):
        return found
    raise Bad(name)


def flag(value: Mapping[str, Any], name: str) -> bool:
    """An optional true or false."""
    found = value.get(name)
    if found is not None and not isinstance(found, bool):
        raise Bad(name)
    return bool(found)


def time_ms(value: Mapping[str, Any], name: str, definition: Definition) -> int | None:
    """A time: RFC 3339 with an offset, or a JSON integer of ms."""
    found = value.get(name)
    if found is None:
        return None
    ms = _rfc3339_ms(found, name) if isinstance(found, str) else whole(value, name)
    if ms is None or not definition.min_event_time_ms <= ms <= LAST_MS:
        raise Bad(name)
    return ms


def _rfc3339_ms(written: str, name: str) -> int:
    match = RFC3339.fullmatch(written)
    if not match:
        raise Bad(name)
    clock, digits, sign, hours, minutes = match.groups()
    try:
        since = datetime.fromisoformat(clock) - EPOCH
    except ValueError:
        raise Bad(name) from None
    offset_min = 0
    if sign:
        if int(hours) > 23 or int(minutes) > 59:
            raise Bad(name)
        offset_min = (int(hours) * 60 + int(minutes)) * (-1 if sign == "-" else 1)
    ms = int(((digits or "") + "000")[:3])
    return (since.days * 86_400 + since.seconds - offset_min * 60) * 1_000 + ms


def money_minor(value: Mapping[str, Any], name: str, currency: str) -> int | None:
    """Money in minor units of a currency, rounded half to even."""
    amount = _money(value, name)
    return None if amount is None else _minor(amount, name, currency)


def cost_minor(value: Mapping[str, Any], name: str, currency: str) -> int | None:
    """The same for a cost, which is at least 0 before it is rounded."""
    amount = _money(value, name)
    if amount is not None and amount < 0:
        raise Bad(name)
    return None if amount is None else _minor(amount, name, currency)


def _money(value: Mapping[str, Any], name: str) -> Decimal | None:
    found = value.get(name)
    if found is None:
        return None
    if isinstance(found, int) and not isinstance(found, bool):
        amount = Decimal(found)
    elif isinstance(found, Number):
        amount = _decimal(found.text, name)
    elif isinstance(found, str) and MONEY_TEXT.fullmatch(found):
        amount = _decimal(found, name)
    else:
        raise Bad(name)
    return amount


def _minor(amount: Decimal, name: str, currency: str) -> int:
    if amount and amount.adjusted() > 20:
        raise Bad(name)
    minor: int = round(Fraction(amount) * 10 ** MINOR_DIGITS[currency])
    if abs(minor) >= MONEY_LIMIT_MINOR:
        raise Bad(name)
    return minor


def _decimal(written: str, name: str) -> Decimal:
    exponent = re.split("[eE]", written)[1:]
    if exponent and len(exponent[0].lstrip("+-0")) > EXPONENT_DIGITS:
        raise Bad(name)
    try:
        return Decimal(written)
    except InvalidOperation:
        raise Bad(name) from None
