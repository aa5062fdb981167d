"""A customer's row as a signup and a purchase, with ids that never change."""

from typing import Any

import msgspec
import pytest

from streams.core.decode import Decoder
from streams.core.definition import Definition
from streams.core.events import Purchase, Signup
from streams.opening import OpeningError, events_of

NOW_MS = 1_776_211_200_000
FULL: dict[str, str | int] = {
    "id": "c1",
    "since": "2024-05-01",
    "segment": "smb",
    "plan": "",
    "acquisition_cost": "30.50",
    "last_purchase_at": "2026-03-01T10:00:00+01:00",
    "last_purchase_amount": "19.99",
}


def decoded(row: dict[str, str | int]) -> list[Any]:
    """The events of a row, as the service decodes them."""
    decode = Decoder(Definition()).one
    opened = events_of(row, "EUR")
    return [decode(kind, b"c1", msgspec.json.encode(value), NOW_MS) for kind, value in opened]


def test_a_row_becomes_a_signup_and_a_purchase() -> None:
    """A date is midnight UTC, an empty field absent, a currency that is not named the given one."""
    signup, purchase = decoded(FULL)
    assert signup == Signup(
        "signup",
        "opening-balance",
        "c1",
        1_714_521_600_000,
        plan=None,
        segment="smb",
        channel=None,
        region=None,
        cost_minor=3_050,
        trial=False,
    )
    assert purchase == Purchase(
        "last-purchase", "opening-balance", "c1", 1_772_355_600_000, amount_minor=1_999, currency="EUR"
    )


def test_whoever_never_bought_has_a_signup_alone() -> None:
    """Ids and times may be numbers."""
    (signup,) = decoded({"id": "c1", "since": 1_714_521_600_000})
    assert signup.at_ms == 1_714_521_600_000
    assert events_of({"id": 17, "since": "2024-05-01"}, "USD")[0].value["customer_id"] == "17"


def test_ids_depend_on_the_customer_alone() -> None:
    """A newer export of the same customer is a repeat."""
    newer = {**FULL, "plan": "pro", "last_purchase_at": "2026-04-01"}
    assert [(one.value["source"], one.value["event_id"]) for one in events_of(FULL, "USD")] == [
        (one.value["source"], one.value["event_id"]) for one in events_of(newer, "USD")
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"id": ""}, "no id"),
        ({"since": ""}, "no since"),
        ({"last_purchase_amount": ""}, "last_purchase_at without last_purchase_amount"),
        ({"last_purchase_at": ""}, "last_purchase_amount without last_purchase_at"),
        ({"last_purchase_at": "2024-04-30"}, "last_purchase_at is before since"),
    ],
)
def test_a_row_that_is_no_customer_says_why(change: dict[str, str | int], told: str) -> None:
    """In a few words."""
    with pytest.raises(OpeningError, match=told):
        events_of({**FULL, **change}, "USD")
