"""The fast path's second half: from a record as msgspec read it to the event.

Rules: kinds that come in great numbers have a path. A builder makes the event of a record that is plainly all
right and raises ``RejectedError`` or a lookup error for every other one, right or wrong: the strict decoder
judges those, and all records of the other kinds. Never looks at the record's key, timestamp or bytes.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import astuple

from streams.core.decoding import wire
from streams.core.decoding.money import cost_minor_units, minor_units
from streams.core.decoding.strict import CHURN_TYPES, SCALES
from streams.core.decoding.timestamps import LAST_MS, TimestampReader
from streams.core.decoding.wire import ATTRIBUTES
from streams.core.definition.currencies import EXPONENTS
from streams.core.definition.definition import Definition
from streams.core.events import Cancellation, Event, Kind, Purchase, Signup, Survey

FastPath: TypeAlias = tuple[Callable[[bytes], Any], Callable[[Any, int], Event]]
"""What reads a record's JSON, and what makes the event of it and its time in milliseconds."""


def fast_paths(definition: Definition, times: TimestampReader) -> dict[Kind, FastPath]:
    """The path of each kind that has one."""
    return {
        "signup": (
            msgspec.json.Decoder(wire.signup_with(definition.dimensions)).decode,
            _signup(EXPONENTS[definition.base_currency]),
        ),
        "purchase": (msgspec.json.Decoder(wire.WirePurchase).decode, _purchase),
        "cancellation": (
            msgspec.json.Decoder(wire.WireCancellation).decode,
            _cancellation(times, definition.min_event_time_ms),
        ),
        "survey": (msgspec.json.Decoder(wire.WireSurvey).decode, _survey),
    }


def _signup(digits: int) -> Callable[[wire.WireSignup, int], Signup]:
    def build(read: wire.WireSignup, at_ms: int) -> Signup:
        cost = bytes(read.acquisition_cost)
        attributes: tuple[str | None, ...] = astuple(read)[ATTRIBUTES]
        if "" in attributes:
            attributes = tuple([value or None for value in attributes])
        return Signup(
            read.event_id,
            read.source or "",
            read.customer_id,
            at_ms,
            attributes,
            None if cost == b"null" else cost_minor_units(cost, digits),
            read.trial or False,
        )

    return build


def _purchase(read: wire.WirePurchase, at_ms: int) -> Purchase:
    currency = read.currency
    amount_minor = minor_units(bytes(read.amount), EXPONENTS[currency])
    return Purchase(read.event_id, read.source or "", read.customer_id, at_ms, amount_minor, currency)


def _cancellation(
    times: TimestampReader, earliest_ms: int
) -> Callable[[wire.WireCancellation, int], Cancellation]:
    def build(read: wire.WireCancellation, at_ms: int) -> Cancellation:
        effective = read.effective_at
        if isinstance(effective, str):
            effective = times.read(effective)
        if effective is not None and not earliest_ms <= effective <= LAST_MS:
            raise LookupError
        churn_type = read.churn_type or None
        if churn_type not in CHURN_TYPES:
            raise LookupError
        return Cancellation(
            read.event_id,
            read.source or "",
            read.customer_id,
            at_ms,
            effective,
            read.reason or None,
            churn_type,
        )

    return build


def _survey(read: wire.WireSurvey, at_ms: int) -> Survey:
    survey, score = read.survey, read.score
    least, greatest = SCALES[survey, read.scale_max]
    if not least <= score <= greatest:
        raise LookupError
    return Survey(
        read.event_id,
        read.source or "",
        read.customer_id,
        at_ms,
        survey,
        score,
        greatest,
        read.touchpoint or None,
    )
