"""Amounts of money: from decimal text to integer minor units.

Rules (docs/contract.md, section 1): a JSON number, or a JSON string ``-?digits[.digits]``. Digits beyond the
currency's are rounded half to even, exactly, however many there are. An amount of 10 ** 15 minor units or
more is refused, and so is an exponent beyond ±99, before anything is expanded.
Never goes through binary floating point, and never converts between currencies.
"""

import re
from typing import Final

import msgspec

from streams.core.decode_reasons import RejectedError

LIMIT_MINOR: Final = 10**15
_LIMIT_DIGITS: Final = 15
_EXPONENT_DIGITS: Final = 2
_NUMBER: Final = re.compile(rb"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?)([0-9]+))?").fullmatch
_TEXT: Final = re.compile(rb'"(-?)([0-9]+)(?:\.([0-9]+))?()()"').fullmatch


def minor_units(raw: bytes, digits: int) -> int:
    """A JSON value as it stands in the record → minor units of a currency with so many decimal digits.

    Raises:
        RejectedError: ``wrong_type`` (neither number nor string), ``bad_money``, ``money_too_large``.
    """
    quoted = raw.startswith(b'"')
    whole, point, fraction = (raw[1:-1] if quoted else raw).partition(b".")
    if whole.isdigit() and len(whole) + digits <= _LIMIT_DIGITS:  # nearly always
        if not point:
            return int(whole + digits * b"0")
        if fraction.isdigit() and len(fraction) <= digits:
            return int(whole + fraction.ljust(digits, b"0"))
    match = (_TEXT if quoted else _NUMBER)(raw)
    if match is None and quoted and b"\\" in raw:
        match = _TEXT(msgspec.json.encode(msgspec.json.decode(raw)))
    if match is None:
        raise RejectedError("bad_money" if quoted else "wrong_type")
    sign, whole, fraction, power_sign, power = match.groups(b"")
    shift = digits + _exponent(power_sign, power) if power else digits
    minor = _rounded(whole + fraction, len(whole) + shift)
    return -minor if sign else minor


def cost_minor_units(raw: bytes, digits: int) -> int:
    """The same for a cost, which is never below 0.

    Raises:
        RejectedError: as minor_units; ``bad_money`` for any amount below 0, however small.
    """
    minor = minor_units(raw, digits)
    if minor <= 0 and _is_below_0(raw):
        raise RejectedError("bad_money")
    return minor


def _is_below_0(raw: bytes) -> bool:
    """Whether a minus stands before a digit other than 0; what rounds to 0 may be below it still."""
    written = str(msgspec.json.decode(raw)).encode() if raw.startswith(b'"') else raw
    mantissa = written.lower().partition(b"e")[0]
    return mantissa.startswith(b"-") and bool(mantissa.strip(b"-0."))


def _exponent(sign: bytes, power: bytes) -> int:
    power = power.lstrip(b"0") or b"0"
    if len(power) > _EXPONENT_DIGITS:
        raise RejectedError("money_too_large")
    return int(sign + power)


def _rounded(written: bytes, point: int) -> int:
    """The digits with a decimal point after the first ``point`` of them, rounded half to even."""
    digits = written.lstrip(b"0")
    point -= len(written) - len(digits)
    if not digits or point < 0:
        return 0
    if point > _LIMIT_DIGITS:
        raise RejectedError("money_too_large")
    whole = int(digits[:point].ljust(point, b"0") or b"0")
    rest = digits[point:]
    if rest[:1] > b"5" or (rest[:1] == b"5" and (whole % 2 or rest[1:].strip(b"0"))):
        whole += 1
    if whole >= LIMIT_MINOR:
        raise RejectedError("money_too_large")
    return whole
