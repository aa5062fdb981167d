"""A second decoder, written apart from the product's and in the slowest, most obvious way.

Rules: json, Decimal and datetime only; the same contract (docs/contract.md, section 1); returns the event as
a dictionary, or None for a malformed record. It must never import a decoding module of the product.
"""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact
from typing import Any

from streams.core.definition.currencies import EXPONENTS
from streams.core.definition.definition import Definition

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_9999_ENDS = 253_402_300_800_000
SURVEYS = {"nps": [(10, 0)], "csat": [(5, 1), (3, 1), (4, 1), (7, 1), (10, 1)], "ces": [(7, 1), (5, 1)]}
"""Survey → its scales as (greatest, least) score, the default first."""


class BadError(Exception):
    """The record is malformed."""


def need(holds: object) -> None:
    """Stop unless it holds."""
    if not holds:
        raise BadError


@dataclass(frozen=True)
class Number:
    """A JSON number as it is written."""

    text: str


def reference(
    kind: str, key: bytes | None, value: bytes | None, timestamp_ms: int, definition: Definition
) -> dict[str, Any] | None:
    """The event's fields, or None."""
    try:
        body = _body(value)
        event = _envelope(body, definition)
        need(timestamp_ms < 0 or event["at_ms"] <= timestamp_ms + definition.max_clock_skew_ms)
        need(key is None or key == event["customer_id"].encode())
        return event | KINDS[kind](body, event, definition)
    except BadError:
        return None


def _body(value: bytes | None) -> dict[str, Any]:
    try:
        text = (value or b"").decode("utf-8")
        need(_depth(text) <= 256)
        body = json.loads(
            text, parse_int=Number, parse_float=Number, parse_constant=_refuse, object_pairs_hook=_members
        )
    except (ValueError, RecursionError):
        raise BadError from None
    _encodable(body)
    need(isinstance(body, dict))
    return body  # type: ignore[no-any-return]


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _encodable(pairs)
    return dict(pairs)


def _encodable(value: object) -> None:
    """No lone surrogates anywhere (members of inner objects were checked when these were read)."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, list | tuple):
        for element in value:
            _encodable(element)


def _depth(text: str) -> int:
    depth = deepest = 0
    for token in re.findall(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text, re.DOTALL):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token, 0)
        deepest = max(deepest, depth)
    return deepest


def _text(body: dict[str, Any], name: str, longest: int = 256) -> str:
    value = body.get(name)
    value = "" if value is None else value
    need(isinstance(value, str) and len(value) <= longest)
    return value


def _identifier(body: dict[str, Any], name: str) -> str:
    text = _text(body, name, 128)
    need(text)
    return text


def _integer(value: object) -> int:
    need(isinstance(value, Number) and re.fullmatch("-?[0-9]{1,20}", value.text))
    return int(value.text)  # type: ignore[attr-defined]


def _time(body: dict[str, Any], name: str, definition: Definition) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    ms = _rfc3339(value) if isinstance(value, str) else _integer(value)
    need(definition.min_event_time_ms <= ms < YEAR_9999_ENDS)
    return ms


def _rfc3339(text: str) -> int:
    pattern = (
        r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
    )
    match = re.fullmatch(pattern, text)
    need(match)
    written, fraction, sign, hours, minutes = match.groups()  # type: ignore[union-attr]
    try:
        moment = datetime.strptime(written, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise BadError from None
    offset = timedelta(0)
    if sign:
        need(int(hours) < 24 and int(minutes) < 60)
        offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    seconds = (moment - EPOCH) - offset
    return seconds // timedelta(milliseconds=1) + int(Decimal(fraction or ".0") * 1000)


def _money(body: dict[str, Any], name: str, currency: str) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, Number):
        text = value.text
    else:
        need(isinstance(value, str) and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value))
        text = value
    power = re.search("[eE]([+-]?[0-9]+)", text)
    need(power is None or abs(Decimal(power[1])) <= 99)
    exact = Context(prec=len(text) + 500, Emin=-(10**6), Emax=10**6)
    minor = Decimal(text, exact).scaleb(EXPONENTS[currency], exact)
    need(abs(minor) < 10**16)
    exact.traps[Inexact] = False
    rounded = int(minor.quantize(Decimal(1), ROUND_HALF_EVEN, exact))
    need(abs(rounded) < 10**15)
    return rounded


def _envelope(body: dict[str, Any], definition: Definition) -> dict[str, Any]:
    at_ms = _time(body, "occurred_at", definition)
    need(at_ms is not None)
    return {
        "event_id": _identifier(body, "event_id"),
        "source": _text(body, "source", 128),
        "customer_id": _identifier(body, "customer_id"),
        "at_ms": at_ms,
    }


def _signup(body: dict[str, Any], _: dict[str, Any], definition: Definition) -> dict[str, Any]:
    trial = body.get("trial")
    need(trial in (None, True, False) and not isinstance(trial, Number))
    attributes = tuple(_text(body, name) or None for name in definition.dimensions)
    cost = _money(body, "acquisition_cost", definition.base_currency)
    written = body.get("acquisition_cost")
    text = written.text if isinstance(written, Number) else written or "0"
    need(cost is None or (cost >= 0 and Decimal(text) >= 0))
    return {"attributes": attributes, "cost_minor": cost, "trial": bool(trial)}


def _purchase(body: dict[str, Any], _: dict[str, Any], __: Definition) -> dict[str, Any]:
    currency = body.get("currency")
    need(isinstance(currency, str) and currency in EXPONENTS)
    amount = _money(body, "amount", str(currency))
    need(amount is not None)
    return {"amount_minor": amount, "currency": currency}


def _cancellation(body: dict[str, Any], _: dict[str, Any], definition: Definition) -> dict[str, Any]:
    churn_type = _text(body, "churn_type") or None
    need(churn_type in (None, "voluntary", "involuntary"))
    effective = _time(body, "effective_at", definition)
    return {"effective_ms": effective, "reason": _text(body, "reason") or None, "churn_type": churn_type}


def _survey(body: dict[str, Any], _: dict[str, Any], __: Definition) -> dict[str, Any]:
    survey = body.get("survey")
    need(isinstance(survey, str) and survey in SURVEYS)
    scales = dict(SURVEYS[str(survey)])
    wanted = body.get("scale_max")
    scale = next(iter(scales)) if wanted is None else _integer(wanted)
    need(scale in scales)
    score = _integer(body.get("score"))
    need(scales[scale] <= score <= scale)
    _text(body, "comment", sys.maxsize)
    return {"survey": survey, "score": score, "scale": scale, "touchpoint": _text(body, "touchpoint") or None}


def _void(body: dict[str, Any], event: dict[str, Any], _: Definition) -> dict[str, Any]:
    source = _text(body, "voids_source", 128) or event["source"]
    return {"target_id": _identifier(body, "voids_event_id"), "target_source": source}


KINDS: dict[str, Callable[[dict[str, Any], dict[str, Any], Definition], dict[str, Any]]] = {
    "signup": _signup,
    "purchase": _purchase,
    "cancellation": _cancellation,
    "survey": _survey,
    "void": _void,
    "erase": lambda *_: {},
}
