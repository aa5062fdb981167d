"""A record as ``kpi replay`` reads it -> an event, or the reason why it is malformed (contract section 1)."""

import base64
import json
import re
import sys
from collections.abc import Mapping
from typing import Any

from streams.core.definition.definition import Definition
from tests.recount import fields
from tests.recount.currencies import MINOR_DIGITS
from tests.recount.event import TOPICS, Event
from tests.recount.fields import Bad
from tests.recount.labels import label

SCALES = {"nps": (10,), "csat": (5, 3, 4, 7, 10), "ces": (7, 5)}
"""Allowed ``scale_max`` by survey; the first is the default."""
ANY_LENGTH = sys.maxsize
DEEPEST = 256
"""How many arrays and objects may stand within each other."""
STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
LOWEST = {"nps": 0, "csat": 1, "ces": 1}

Record = Mapping[str, Any]


def decode(record: Record, definition: Definition, wall_ms: int | None = None) -> Event:
    """The event of a record.

    Args:
        record: topic, key, timestamp?, and value or value_b64.
        definition: limits of times and the base currency.
        wall_ms: the clock for records without a timestamp; None: they are not checked against any.

    Raises:
        Bad: the record is malformed.
    """
    value = _object(_bytes(record))
    kind = TOPICS[record["topic"]]
    event = _event(kind, value, definition)
    key = record.get("key")
    if key is not None and key.encode("utf-8", "surrogatepass") != event.customer_id.encode():
        raise Bad("key")
    now_ms = record.get("timestamp")
    now_ms = wall_ms if now_ms is None else now_ms
    if now_ms is not None and event.at_ms > now_ms + definition.max_clock_skew_ms:
        raise Bad("clock_skew")
    return event


def _bytes(record: Record) -> bytes:
    if "value_b64" in record:
        return base64.b64decode(record["value_b64"])
    return json.dumps(record.get("value")).encode()


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        text = data.decode("utf-8")
        if _depth(text) > DEEPEST:
            raise Bad("depth")
        value = json.loads(
            text,
            parse_float=fields.Number,
            parse_int=fields.integer,
            parse_constant=_no_constant,
            object_pairs_hook=_members,
        )
    except (ValueError, RecursionError):
        raise Bad("json") from None
    _no_lone_surrogates(value)
    if not isinstance(value, dict):
        raise Bad("object")
    return value


def _depth(text: str) -> int:
    deepest = depth = 0
    for sign in STRINGS.sub("", text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(sign, 0)
        deepest = max(deepest, depth)
    return deepest


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's members, each looked at: of a name that stands twice only the last one is left."""
    _no_lone_surrogates(pairs)
    return dict(pairs)


def _no_lone_surrogates(value: object) -> None:
    try:
        json.dumps(value, ensure_ascii=False, default=lambda number: number.text).encode("utf-8")
    except UnicodeEncodeError:
        raise Bad("surrogate") from None


def _event(kind: str, value: Mapping[str, Any], definition: Definition) -> Event:
    at_ms = fields.time_ms(value, "occurred_at", definition)
    if at_ms is None:
        raise Bad("occurred_at")
    source = fields.text(value, "source", 128) or ""
    envelope: dict[str, Any] = {
        "kind": kind,
        "event_id": fields.required_text(value, "event_id"),
        "source": source,
        "customer_id": fields.required_text(value, "customer_id"),
        "at_ms": at_ms,
    }
    if kind == "signup":
        return Event(**envelope, **_signup(value, definition))
    if kind == "purchase":
        return Event(**envelope, **_purchase(value))
    if kind == "cancellation":
        return Event(**envelope, **_cancellation(value, definition))
    if kind == "survey":
        return Event(**envelope, **_survey(value, definition))
    if kind == "void":
        return Event(**envelope, **_void(value, source))
    return Event(**envelope)


def _signup(value: Mapping[str, Any], definition: Definition) -> dict[str, Any]:
    attributes = {name: label(fields.text(value, name), name, definition) for name in definition.dimensions}
    return {
        "attributes": tuple(attributes.items()),
        "cost_minor": fields.cost_minor(value, "acquisition_cost", definition.base_currency),
        "trial": fields.flag(value, "trial"),
    }


def _purchase(value: Mapping[str, Any]) -> dict[str, Any]:
    currency = fields.text(value, "currency")
    if currency not in MINOR_DIGITS:
        raise Bad("currency")
    amount = fields.money_minor(value, "amount", currency)
    if amount is None:
        raise Bad("amount")
    return {"amount_minor": amount, "currency": currency}


def _cancellation(value: Mapping[str, Any], definition: Definition) -> dict[str, Any]:
    churn_type = fields.text(value, "churn_type")
    if churn_type not in (None, "voluntary", "involuntary"):
        raise Bad("churn_type")
    return {
        "effective_ms": fields.time_ms(value, "effective_at", definition),
        "reason": label(fields.text(value, "reason"), "reason", definition),
        "churn_type": churn_type,
    }


def _survey(value: Mapping[str, Any], definition: Definition) -> dict[str, Any]:
    survey = fields.text(value, "survey")
    if survey not in SCALES:
        raise Bad("survey")
    scale = fields.whole(value, "scale_max")
    scale = SCALES[survey][0] if scale is None else scale
    if scale not in SCALES[survey]:
        raise Bad("scale_max")
    score = fields.whole(value, "score")
    if score is None or not LOWEST[survey] <= score <= scale:
        raise Bad("score")
    fields.text(value, "comment", longest=ANY_LENGTH)
    touchpoint = label(fields.text(value, "touchpoint"), "touchpoint", definition)
    return {"survey": survey, "score": score, "scale": scale, "touchpoint": touchpoint}


def _void(value: Mapping[str, Any], source: str) -> dict[str, Any]:
    return {
        "target_id": fields.required_text(value, "voids_event_id"),
        "target_source": fields.text(value, "voids_source", 128) or source,
    }
