"""One record, read as the contract says: the event, or the first reason why it is none.

Rules (docs/contract.md, section 1): what this file says holds; the fast path only spares it the common case.
The fields are checked in a fixed order: the envelope, the record's key, then the kind's own. A timestamp
below zero is none, and then the time of the event has nothing to be compared with.
Never raises for a record, and never tells more of it than the reason and the field it was found in.
"""

from collections.abc import Callable
from typing import Final

from streams.core.decode_reasons import RejectedError
from streams.core.decoding.fields import ANY_LENGTH, MAX_ID, Fields
from streams.core.decoding.timestamps import TimestampReader
from streams.core.definition.currencies import EXPONENTS
from streams.core.definition.definition import Definition
from streams.core.events import Cancellation, Erase, Event, Kind, Malformed, Purchase, Signup, Survey, Void

CHURN_TYPES: Final = frozenset({None, "voluntary", "involuntary"})
SCALES: Final[dict[tuple[str, int | None], tuple[int, int]]] = {
    ("nps", None): (0, 10),
    ("nps", 10): (0, 10),
    ("csat", None): (1, 5),
    ("csat", 3): (1, 3),
    ("csat", 4): (1, 4),
    ("csat", 5): (1, 5),
    ("csat", 7): (1, 7),
    ("csat", 10): (1, 10),
    ("ces", None): (1, 7),
    ("ces", 5): (1, 5),
    ("ces", 7): (1, 7),
}
"""Survey and ``scale_max`` → the least and the greatest score."""
_SURVEYS: Final = frozenset(survey for survey, _ in SCALES)

_Common = tuple[str, str, str, int]


class StrictDecoder:
    """Reads any record; slower than the fast path, and the judge of it."""

    def __init__(self, definition: Definition, times: TimestampReader) -> None:
        self._times = times
        self._earliest_ms = definition.min_event_time_ms
        self._skew_ms = definition.max_clock_skew_ms
        self._dimensions = definition.dimensions
        self._base_digits = EXPONENTS[definition.base_currency]
        self._readers: dict[Kind, Callable[[Fields, _Common], Event]] = {
            "signup": self._signup,
            "purchase": _purchase,
            "cancellation": _cancellation,
            "survey": _survey,
            "void": _void,
            "erase": lambda _, common: Erase(*common),
        }

    def read(
        self, kind: Kind, key: bytes | None, value: bytes | None, timestamp_ms: int
    ) -> Event | Malformed:
        """The event, or why the record is none; never raises for a record, whatever its bytes."""
        try:
            fields = Fields(value, self._times, self._earliest_ms)
        except RejectedError as error:
            return Malformed(error.reason)
        try:
            common = self._envelope(fields, key, timestamp_ms)
            return self._readers[kind](fields, common)
        except RejectedError as error:
            return Malformed(error.reason, fields.at)

    def _envelope(self, fields: Fields, key: bytes | None, timestamp_ms: int) -> _Common:
        event_id = fields.identifier("event_id")
        source = fields.optional_text("source", MAX_ID) or ""
        customer_id = fields.identifier("customer_id")
        at_ms = fields.time("occurred_at")
        if 0 <= timestamp_ms < at_ms - self._skew_ms:
            raise RejectedError("in_future")
        if key is not None and key != customer_id.encode():
            fields.at = "customer_id"
            raise RejectedError("key_mismatch")
        return event_id, source, customer_id, at_ms

    def _signup(self, fields: Fields, common: _Common) -> Signup:
        return Signup(
            *common,
            attributes=tuple([fields.optional_text(name) for name in self._dimensions]),
            cost_minor=fields.optional_cost("acquisition_cost", self._base_digits),
            trial=fields.flag("trial"),
        )


def _purchase(fields: Fields, common: _Common) -> Purchase:
    currency = fields.word("currency")
    digits = EXPONENTS.get(currency)
    if digits is None:
        raise RejectedError("unknown_currency")
    return Purchase(*common, amount_minor=fields.money("amount", digits), currency=currency)


def _cancellation(fields: Fields, common: _Common) -> Cancellation:
    effective_ms = fields.optional_time("effective_at")
    reason = fields.optional_text("reason")
    churn_type = fields.optional_text("churn_type")
    if churn_type not in CHURN_TYPES:
        raise RejectedError("unknown_churn_type")
    return Cancellation(*common, effective_ms=effective_ms, reason=reason, churn_type=churn_type)


def _survey(fields: Fields, common: _Common) -> Survey:
    survey = fields.word("survey")
    if survey not in _SURVEYS:
        raise RejectedError("unknown_survey")
    scale = SCALES.get((survey, fields.optional_integer("scale_max")))
    if scale is None:
        raise RejectedError("bad_scale")
    score = fields.integer("score")
    if not scale[0] <= score <= scale[1]:
        raise RejectedError("bad_score")
    touchpoint = fields.optional_text("touchpoint")
    fields.optional_text("comment", ANY_LENGTH)  # only that it is one
    return Survey(*common, survey=survey, score=score, scale=scale[1], touchpoint=touchpoint)


def _void(fields: Fields, common: _Common) -> Void:
    target_id = fields.identifier("voids_event_id")
    target_source = fields.optional_text("voids_source", MAX_ID) or common[1]
    return Void(*common, target_id=target_id, target_source=target_source)
