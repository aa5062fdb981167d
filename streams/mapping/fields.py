"""The fields that each kind of event has (docs/contract.md, section 1), and of what sort each is."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

from streams.core.decoding.strict import CHURN_TYPES, SCALES
from streams.core.definition.currencies import EXPONENTS
from streams.core.events import KINDS, Kind

Sort: TypeAlias = Literal["id", "time", "money", "text", "whole", "flag"]


class Field(NamedTuple):
    """A field of an event; of a kind's own fields and the envelope's alike."""

    sort: Sort
    required: bool = False
    counted: bool = False
    """Whether the number of an element of ``each`` joins it."""


ENVELOPE: Final[Mapping[str, Field]] = {
    "customer_id": Field("id", required=True),
    "event_id": Field("id", required=True, counted=True),
    "occurred_at": Field("time", required=True),
    "source": Field("text"),
}
OWN: Final[Mapping[Kind, Mapping[str, Field]]] = {
    "signup": {"acquisition_cost": Field("money"), "trial": Field("flag")},
    "purchase": {"currency": Field("text", required=True), "amount": Field("money", required=True)},
    "cancellation": {
        "effective_at": Field("time"),
        "reason": Field("text"),
        "churn_type": Field("text"),
    },
    "survey": {
        "survey": Field("text", required=True),
        "score": Field("whole", required=True),
        "scale_max": Field("whole"),
        "touchpoint": Field("text"),
        "comment": Field("text"),
    },
    "void": {"voids_event_id": Field("id", required=True), "voids_source": Field("text")},
    "erase": {},
}
"""A signup's attributes stand in a table of their own: their names are the definition's."""

WORDS: Final[Mapping[str, frozenset[str]]] = {
    "survey": frozenset(survey for survey, _ in SCALES),
    "churn_type": frozenset(word for word in CHURN_TYPES if word is not None),
    "currency": frozenset(EXPONENTS),
}
"""What stands in a field that takes few words."""


def fields_of(kinds: tuple[Kind, ...]) -> dict[str, Field]:
    """The envelope's fields, and those of all these kinds."""
    return {
        **ENVELOPE,
        **{name: field for kind in KINDS if kind in kinds for name, field in OWN[kind].items()},
    }
