"""What happened to a customer: one frozen struct a kind, and ``Malformed`` for what could not be read.

Rules: times are integer milliseconds since the epoch (``*_ms``), money is integer minor units of its currency
(``*_minor``), an absent optional text is ``None``. Events are complete and checked (docs/contract.md,
section 1). They never hold a survey's comment, nor any field the contract does not name.
"""

from typing import Final, Literal, TypeAlias, final, get_args

import msgspec

from streams.core.decode_reasons import Reason

Kind: TypeAlias = Literal["signup", "purchase", "cancellation", "survey", "void", "erase"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """What every event has. (``customer_id``, ``source``, ``event_id``) is its identity over all kinds."""

    event_id: str
    source: str
    customer_id: str
    at_ms: int


@final
class Signup(Envelope, frozen=True, gc=False):
    """A customer signed up, or their attributes changed; ``cost_minor`` is in the base currency."""

    attributes: tuple[str | None, ...]
    """A value for each of the definition's dimensions, in their order."""
    cost_minor: int | None = None
    trial: bool = False


@final
class Purchase(Envelope, frozen=True, gc=False):
    """A customer bought something; a negative amount is a refund."""

    amount_minor: int
    currency: str


@final
class Cancellation(Envelope, frozen=True, gc=False):
    """A customer cancelled; ``effective_ms`` may lie in the future, ``None`` means at once."""

    effective_ms: int | None = None
    reason: str | None = None
    churn_type: str | None = None


@final
class Survey(Envelope, frozen=True, gc=False):
    """A customer answered; ``scale`` is the greatest score there is, one of those of the survey."""

    survey: str
    score: int
    scale: int
    touchpoint: str | None = None


@final
class Void(Envelope, frozen=True, gc=False):
    """Withdraws the customer's event with this id and source, whether it came before or is still to come."""

    target_id: str
    target_source: str


@final
class Erase(Envelope, frozen=True, gc=False):
    """Erases the customer."""


@final
class Malformed(msgspec.Struct, frozen=True, gc=False):
    """A record that is no event; reason and field are of closed sets, fit for metric labels."""

    reason: Reason
    field: str = ""
    """Where it was found, by the contract's name; empty: in the record as a whole."""


Event: TypeAlias = Signup | Purchase | Cancellation | Survey | Void | Erase
