"""The records as they stand in the topics, for msgspec's typed JSON decoder: the fast path's first half.

Rules: a struct here may refuse what docs/contract.md, section 1, takes (the strict decoder reads it again),
but takes nothing that the contract refuses and no later check finds. Money and times are read by our own
rules: msgspec would take ``2026-03-01 12:00:00z``, and would round ``.9999999`` up into the next day.
"""

from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias, cast

from msgspec import Meta, Raw, Struct, defstruct

Identifier: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
Source: TypeAlias = Annotated[str, Meta(max_length=128)] | None
Text: TypeAlias = Annotated[str, Meta(max_length=256)] | None
Time: TypeAlias = int | str


class Wire(Struct, gc=False):
    """The envelope."""

    event_id: Identifier
    customer_id: Identifier
    occurred_at: Time
    source: Source = None


class WireSignup(Wire, gc=False):
    """See the contract's table; so for the others. The attributes come after what stands here."""

    acquisition_cost: Raw = Raw(b"null")
    trial: bool | None = None


ATTRIBUTES: Final = slice(len(WireSignup.__struct_fields__), None)
"""Where the attributes stand among a signup's fields."""


def signup_with(dimensions: Sequence[str]) -> type[WireSignup]:
    """The signup that carries an attribute for each dimension, in their order.

    Whatever a dimension is called, the field of it has a name of ours.
    """
    fields = {f"attribute_{at}": name for at, name in enumerate(dimensions)}
    columns = [(field, Text, None) for field in fields]
    made = defstruct("WireSignupWith", columns, bases=(WireSignup,), rename=fields, gc=False)
    return cast("type[WireSignup]", made)


class WirePurchase(Wire, gc=False, kw_only=True):
    """Amount and currency."""

    amount: Raw
    currency: str


class WireCancellation(Wire, gc=False):
    """When it takes effect, and why."""

    effective_at: Time | None = None
    reason: Text = None
    churn_type: str | None = None


class WireSurvey(Wire, gc=False, kw_only=True):
    """The comment is checked to be a text and goes no further."""

    survey: str
    score: int
    scale_max: int | None = None
    touchpoint: Text = None
    comment: str | None = None
