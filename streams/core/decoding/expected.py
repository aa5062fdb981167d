"""What a malformed record should have had, in words: for people who mend a producer.

Rules: the words follow from reason and field alone, and both are of closed sets: the contract's, and the
dimensions that the definition names. Nothing is taken from a
record: whatever a producer writes, it never comes back as the name of a field or as an expectation.
"""

from typing import Final

from streams.core.events import Malformed

_ID: Final = "a text of 1 to 128 characters"
_SOURCE: Final = "a text of at most 128 characters"
_TEXT: Final = "a text of at most 256 characters"
_TIME: Final = "a time like 2026-03-01T12:00:00Z, or a whole number of milliseconds since 1970"

FIELDS: Final[dict[str, str]] = {
    "event_id": _ID,
    "source": _SOURCE,
    "customer_id": _ID,
    "occurred_at": _TIME,
    "acquisition_cost": "an amount of at least 0, like 12.34",
    "trial": "true or false",
    "currency": "a code of ISO 4217 in capitals, like EUR",
    "amount": "an amount like 12.34, with a point and without separators",
    "effective_at": _TIME,
    "reason": _TEXT,
    "churn_type": "voluntary or involuntary",
    "survey": "nps, csat or ces",
    "scale_max": "a scale that the survey has: 10 for nps; 3, 4, 5, 7 or 10 for csat; 5 or 7 for ces",
    "score": "a whole number on the scale: nps 0 to 10, csat 1 to 5, ces 1 to 7; with scale_max 1 to that",
    "touchpoint": _TEXT,
    "comment": "a text",
    "voids_event_id": _ID,
    "voids_source": _SOURCE,
}
"""Every field that a record can be malformed in -> what stands in it when it is all right; the attributes of
signups, which the definition names, are texts."""

_REASONS: Final[dict[str, str]] = {
    "empty_value": "a JSON object",
    "invalid_utf8": "UTF-8",
    "too_deep": "at most 256 arrays and objects within each other",
    "not_json": "one JSON object, without a byte order mark",
    "not_object": "a JSON object",
    "too_old": "a time not before min_event_time of the definition; seconds in place of milliseconds?",
    "after_9999": "milliseconds, a time before the year 10000",
    "in_future": "a time not later than the record's by more than max_clock_skew of the definition",
    "key_mismatch": "the record's key, or a record without one",
    "money_too_large": "an amount below 10^15 of the currency's smallest unit",
    "foreign_partition": "the partition that KPI_PARTITIONER finds for the customer",
    "missing_key": "the customer's id as the record's key",
}
"""Of what is about the whole record, or about more than the form of a field."""


def expected(malformed: Malformed) -> str:
    """What should have been there, in a few words."""
    return _REASONS.get(malformed.reason) or FIELDS.get(malformed.field, _TEXT)


def described(malformed: Malformed, called: str = "") -> str:
    """Reason, field and what was expected, as a part of one line.

    Args:
        malformed: what is told.
        called: the name under which the reader knows the field; empty: the contract's.
    """
    reason, field = malformed.reason, called or malformed.field
    if reason == "missing_field":
        return f"{reason}: {field} is missing; expected {expected(malformed)}"
    return f"{reason}: {field + ': ' if field else ''}expected {expected(malformed)}"
