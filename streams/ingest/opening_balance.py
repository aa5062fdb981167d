"""One customer's row turned into a signup and a purchase (docs/contract.md, section 1).

Rules: a last purchase has the identity under which the purchase topic has it, or would have it: so history
and opening balance count it once, whichever comes first; a date without a time is midnight UTC; an empty
field is absent; only the events' own decoder judges whether what comes out is all right.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from streams.core.decode_reasons import RejectedError
from streams.core.decoding.timestamps import TimestampReader
from streams.core.definition.definition import Definition
from streams.core.events import Kind

SOURCE = "opening-balance"
SIGNUP_ID = "signup"
"""With the customer's id these identify the signup: one opening balance a customer, for good."""
_COST = "acquisition_cost"
_LAST_PURCHASE = (
    "last_purchase_at",
    "last_purchase_amount",
    "last_purchase_currency",
    "last_purchase_id",
    "last_purchase_source",
)

Row = Mapping[str, str | int]
"""What is known of one customer; absent and empty are the same."""

_COLUMNS: Mapping[tuple[Kind, str], str] = {
    ("signup", "customer_id"): "id",
    ("signup", "occurred_at"): "since",
    ("purchase", "customer_id"): "id",
    ("purchase", "occurred_at"): "last_purchase_at",
    ("purchase", "amount"): "last_purchase_amount",
    ("purchase", "currency"): "last_purchase_currency",
    ("purchase", "event_id"): "last_purchase_id",
    ("purchase", "source"): "last_purchase_source",
}
"""What stands under another name in a row."""

_WHY = {
    "last_purchase_id": ": the event_id this purchase has in your purchase events, so that it counts once;"
    " or leave the last_purchase columns out"
}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def columns_of(definition: Definition) -> tuple[str, ...]:
    """Columns of a CSV file, members of a JSON line; only the first two must be there."""
    return ("id", "since", *definition.dimensions, _COST, *_LAST_PURCHASE)


class OpeningError(ValueError):
    """A row that is no customer; the message says why, without any of the row's content."""


class Opening(NamedTuple):
    """One event to be sent."""

    kind: Kind
    value: dict[str, str | int]


def events_of(row: Row, definition: Definition) -> list[Opening]:
    """The events of one customer, the signup first.

    Args:
        row: what is known.
        definition: whose dimensions are taken, and whose base currency a last purchase has that names none.

    Raises:
        OpeningError: something that must be there is not, or the last purchase is before the customer.
    """
    known = {name: text for name, text in row.items() if text not in ("", None)}
    if missing := [name for name in ("id", "since") if name not in known]:
        raise OpeningError(f"no {missing[0]}")
    signup = _event(SIGNUP_ID, SOURCE, known, "since")
    signup |= {name: known[name] for name in (*definition.dimensions, _COST) if name in known}
    opened = [Opening("signup", signup)]
    named = [name for name in _LAST_PURCHASE if name in known]
    if not named:
        return opened
    for name in ("last_purchase_at", "last_purchase_amount", "last_purchase_id"):
        if name not in known:
            raise OpeningError(f"{named[0]} without {name}{_WHY.get(name, '')}")
    source = str(known.get("last_purchase_source", ""))
    purchase = _event(str(known["last_purchase_id"]), source, known, "last_purchase_at")
    if _ms(purchase["occurred_at"]) < _ms(signup["occurred_at"]):
        raise OpeningError("last_purchase_at is before since")
    purchase["amount"] = known["last_purchase_amount"]
    purchase["currency"] = known.get("last_purchase_currency", definition.base_currency)
    return [*opened, Opening("purchase", purchase)]


def column_of(kind: Kind, field: str) -> str:
    """The column from which a field of a customer's event comes."""
    return _COLUMNS.get((kind, field), field)


def _event(event_id: str, source: str, known: Row, column: str) -> dict[str, str | int]:
    at = known[column]
    if isinstance(at, str) and _DATE.fullmatch(at):
        at = f"{at}T00:00:00Z"
    if isinstance(at, str) and at.isdigit():
        at = int(at)
    return {"event_id": event_id, "source": source, "customer_id": str(known["id"]), "occurred_at": at}


def _ms(at: str | int) -> int:
    """Milliseconds since the epoch; 0 for what the decoder will refuse anyway."""
    try:
        return TimestampReader().read(at) if isinstance(at, str) else at
    except RejectedError:
        return 0
