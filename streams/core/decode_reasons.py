"""Why a record is malformed: the closed set of reasons, used as a metric label and a dead-letter header.

Rules: a record has one reason, the first found. First the value as a whole is looked at, in the order of the
table; then its fields in the order of the contract, the envelope first, then the key, then the kind's own.
A reason never holds anything taken from the record. A new one is a new label value: it belongs into the
changelog.
"""

from typing import Final, Literal, TypeAlias, get_args

Reason: TypeAlias = Literal[
    "empty_value",  # no value at all (a tombstone) or no bytes
    "invalid_utf8",  # the value is not UTF-8
    "too_deep",  # arrays and objects within each other beyond 256 levels
    "not_json",  # no JSON text: syntax, NaN, a byte order mark, trailing data, half of a surrogate pair
    "not_object",  # JSON, but not an object
    "missing_field",  # a required field is absent or null
    "wrong_type",  # a field of another JSON type than it must have
    "empty_text",  # "" where a text is required
    "too_long",  # a text longer than 128 (ids, sources) or 256 characters
    "bad_time",  # neither RFC 3339 with T and an offset or Z, nor an integer
    "too_old",  # before the earliest time (often seconds given for milliseconds)
    "after_9999",  # after the year 9999
    "in_future",  # later than the record's timestamp by more than the allowed skew
    "key_mismatch",  # the record's key is there and is not the customer's id
    "bad_money",  # no decimal amount
    "money_too_large",  # 10 ** 15 minor units or more, or an exponent beyond ±99
    "unknown_currency",  # no code of ISO 4217 with a minor unit
    "unknown_churn_type",  # neither voluntary nor involuntary
    "unknown_survey",  # none of nps, csat, ces
    "bad_scale",  # a scale_max that the survey does not have
    "bad_score",  # an integer outside the survey's scale
    "foreign_partition",  # of a customer unknown here, by its key of another partition
    "missing_key",  # the same, without a key
]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
PLACEMENT_REASONS: Final[tuple[Reason, ...]] = ("foreign_partition", "missing_key")
"""Of what lies where no producer with the deployment's partitioner puts it."""


class RejectedError(Exception):
    """Found while reading a record: it is malformed, for this reason. Who reads it knows in which field."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
