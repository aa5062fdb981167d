"""One customer's row turned into a signup and a purchase (docs/contract.md, section 1).

Rules: a date without a time is midnight UTC; an empty field is absent; only the events' own decoder judges
whether what comes out is all right.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from streams.core.decode_reasons import RejectedError
from streams.core.events import Kind
from streams.core.timestamps import Clock

SOURCE = "opening-balance"
SIGNUP_ID = "signup"
PURCHASE_ID = "last-purchase"
"""With the customer's id these identify the events: one opening balance a customer, for good."""
ATTRIBUTES = ("segment", "plan", "channel", "region", "acquisition_cost")
COLUMNS = (
    "id",
    "since",
    *ATTRIBUTES,
    "last_purchase_at",
    "last_purchase_amount",
    "last_purchase_currency",
)
"""Columns of a CSV file, members of a JSON line; only the first two must be there."""

Row = Mapping[str, str | int]
"""What is known of one customer; absent and empty are the same."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class OpeningError(ValueError):
    """A row that is no customer; the message says why, without any of the row's content."""


class Opening(NamedTuple):
    """One event to be sent."""

    kind: Kind
    value: dict[str, str | int]


def events_of(row: Row, currency: str) -> list[Opening]:
    """The events of one customer, the signup first.

    Args:
        row: what is known.
        currency: of a last purchase that names none.

    Raises:
        OpeningError: something that must be there is not, or the last purchase is before the customer.
    """
    known = {name: text for name, text in row.items() if text not in ("", None)}
    if missing := [name for name in ("id", "since") if name not in known]:
        raise OpeningError(f"no {missing[0]}")
    signup = _event(SIGNUP_ID, known, "since")
    signup |= {name: known[name] for name in ATTRIBUTES if name in known}
    opened = [Opening("signup", signup)]
    named = [name for name in COLUMNS if name.startswith("last_purchase") and name in known]
    if not named:
        return opened
    for name in ("last_purchase_at", "last_purchase_amount"):
        if name not in known:
            raise OpeningError(f"{named[0]} without {name}")
    purchase = _event(PURCHASE_ID, known, "last_purchase_at")
    if _ms(purchase["occurred_at"]) < _ms(signup["occurred_at"]):
        raise OpeningError("last_purchase_at is before since")
    purchase["amount"] = known["last_purchase_amount"]
    purchase["currency"] = known.get("last_purchase_currency", currency)
    return [*opened, Opening("purchase", purchase)]


def _event(event_id: str, known: Row, column: str) -> dict[str, str | int]:
    at = known[column]
    if isinstance(at, str) and _DATE.fullmatch(at):
        at = f"{at}T00:00:00Z"
    if isinstance(at, str) and at.isdigit():
        at = int(at)
    return {"event_id": event_id, "source": SOURCE, "customer_id": str(known["id"]), "occurred_at": at}


def _ms(at: str | int) -> int:
    """Milliseconds since the epoch; 0 for what the decoder will refuse anyway."""
    try:
        return Clock().read(at) if isinstance(at, str) else at
    except RejectedError:
        return 0
