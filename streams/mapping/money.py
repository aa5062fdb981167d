"""Foreign amounts to amounts as the contract has them: decimal text, shifted and negated exactly.

Rules: no digit is lost and none is made up: an amount stays the text that it is, and only its point moves.
What has more digits than the currency is rounded by the decoder of canonical events (half to even), and by
nobody before. A refund that ``negate_if`` tells must be given as an amount above 0: one that is negative
already, or nothing, would become an order.
"""

import re
from typing import Final

from streams.mapping.outcomes import ABSENT, RefusedError

_NUMBER: Final = re.compile(rb"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,6}))?").fullmatch
_COMMA: Final = re.compile(rb'"(-?[0-9]+)(?:,([0-9]+))?"').fullmatch
_BEGINS: Final = frozenset(b"%c" % code for code in b'"-0123456789')
_MINOR: Final = "an amount in the currency's smallest unit, like 1234"
_COMMA_EXPECTED: Final = "an amount like 12,34, without separators of thousands"
_REFUND: Final = "an amount above 0 where negate_if holds"


def with_point(token: bytes) -> bytes:
    """An amount whose decimals are behind a comma; a JSON number has a point and stays.

    Raises:
        RefusedError: it has a point, or separators.
    """
    if not token.startswith(b'"'):
        return token
    match = _COMMA(token)
    if match is None:
        raise RefusedError("bad_money", _COMMA_EXPECTED)
    return b'"%s.%s"' % match.groups() if match[2] is not None else b'"%s"' % match[1]


def from_minor(token: bytes, digits: int) -> bytes:
    """Minor units of a currency with so many digits: the same in major units.

    Raises:
        RefusedError: it is no amount.
    """
    if token.isdigit() and len(token) > digits:
        return token[:-digits] + b"." + token[-digits:] if digits else token
    if token in ABSENT:
        return token
    match = _NUMBER(token[1:-1] if token.startswith(b'"') else token)
    if match is None or (token.startswith(b'"') and match[4] is not None):
        is_amount = token.startswith(b'"') or token[:1] in b"-0123456789"
        raise RefusedError("bad_money" if is_amount and token else "wrong_type", _MINOR)
    sign, whole, fraction, power = match.groups(b"")
    whole = whole.lstrip(b"0") or b"0"
    mantissa = sign + whole + (b"." + fraction if fraction else b"")
    return b"%se%d" % (mantissa, int(power or 0) - digits)


def negated(token: bytes) -> bytes:
    """The amount below 0.

    Raises:
        RefusedError: it is not above 0.
    """
    if token in ABSENT or token[:1] not in _BEGINS:
        return token  # of a type that is refused where the event is judged
    quote = b'"' if token.startswith(b'"') else b""
    digits = token[len(quote) :]
    if digits.startswith(b"-") or not re.split(rb"[eE]", digits)[0].strip(b'0."'):
        raise RefusedError("bad_money", _REFUND)
    return quote + b"-" + digits
