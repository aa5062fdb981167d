"""A customer's row as a signup and a purchase, with ids that never change."""

from typing import Any

import msgspec
import pytest

from streams.core.decoding.decoder import Decoder
from streams.core.definition.definition import DAY_MS, Definition
from streams.core.events import Kind, Purchase, Signup
from streams.core.totals import OVERALL, flows
from streams.ingest.opening_balance import OpeningError, events_of
from tests.core.test_too_late import driven
from tests.histories import NOW_MS as T
from tests.histories import record

NOW_MS = 1_776_211_200_000
FULL: dict[str, str | int] = {
    "id": "c1",
    "since": "2024-05-01",
    "segment": "smb",
    "plan": "",
    "acquisition_cost": "30.50",
    "last_purchase_at": "2026-03-01T10:00:00+01:00",
    "last_purchase_amount": "19.99",
    "last_purchase_id": "p-7",
    "last_purchase_source": "shop",
}


def decoded(row: dict[str, str | int]) -> list[Any]:
    """The events of a row, as the service decodes them."""
    decode = Decoder(Definition()).one
    opened = events_of(row, Definition(base_currency="EUR"))
    return [decode(kind, b"c1", msgspec.json.encode(value), NOW_MS) for kind, value in opened]


def test_a_row_becomes_a_signup_and_a_purchase() -> None:
    """A date is midnight UTC, an empty field absent, a currency that is not named the given one."""
    signup, purchase = decoded(FULL)
    assert signup == Signup(
        "signup",
        "opening-balance",
        "c1",
        1_714_521_600_000,
        ("smb", None, None, None),
        cost_minor=3_050,
        trial=False,
    )
    assert purchase == Purchase("p-7", "shop", "c1", 1_772_355_600_000, amount_minor=1_999, currency="EUR")


def test_attributes_are_the_definitions_dimensions() -> None:
    """Under their names; another column is refused where it is read, and goes no further."""
    definition = Definition(dimensions=("industry", "store"))
    row: dict[str, str | int] = {"id": "c1", "since": "2024-05-01", "store": "north", "segment": "smb"}
    (opened,) = events_of(row, definition)
    assert (opened.value["store"], "segment" in opened.value) == ("north", False)
    (signup,) = [Decoder(definition).one("signup", None, msgspec.json.encode(opened.value), NOW_MS)]
    assert isinstance(signup, Signup)
    assert signup.attributes == (None, "north")


def test_whoever_never_bought_has_a_signup_alone() -> None:
    """Ids and times may be numbers."""
    (signup,) = decoded({"id": "c1", "since": 1_714_521_600_000})
    assert signup.at_ms == 1_714_521_600_000
    assert events_of({"id": 17, "since": "2024-05-01"}, Definition())[0].value["customer_id"] == "17"


def test_ids_do_not_depend_on_what_else_is_known() -> None:
    """A newer export of the same customer is a repeat."""
    newer = {**FULL, "plan": "pro", "last_purchase_amount": "20.00"}
    assert [(one.value["source"], one.value["event_id"]) for one in events_of(FULL, Definition())] == [
        (one.value["source"], one.value["event_id"]) for one in events_of(newer, Definition())
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"id": ""}, "no id"),
        ({"since": ""}, "no since"),
        ({"last_purchase_amount": ""}, "last_purchase_at without last_purchase_amount"),
        ({"last_purchase_id": ""}, "last_purchase_at without last_purchase_id: the event_id"),
        ({"last_purchase_at": ""}, "last_purchase_amount without last_purchase_at"),
        ({"last_purchase_at": "2024-04-30"}, "last_purchase_at is before since"),
    ],
)
def test_a_row_that_is_no_customer_says_why(change: dict[str, str | int], told: str) -> None:
    """In a few words."""
    with pytest.raises(OpeningError, match=told):
        events_of({**FULL, **change}, Definition())


@pytest.mark.parametrize("opening_first", [True, False])
@pytest.mark.parametrize("age_days", [5, 200])
def test_opening_balance_and_history_count_a_purchase_once(age_days: int, *, opening_first: bool) -> None:
    """Whichever comes first, and however old the last purchase is, revenue is that of the history alone."""
    times = [T - (age_days + n) * DAY_MS for n in range(4)]
    history = [
        record("purchase", "c1", ms, f"p{n}", source="shop", amount="10.00", currency="USD")
        for n, ms in reversed(list(enumerate(times)))
    ]
    row: dict[str, str | int] = {
        "id": "c1",
        "since": T - 900 * DAY_MS,
        "last_purchase_at": times[0],
        "last_purchase_amount": "10.00",
        "last_purchase_id": "p0",
        "last_purchase_source": "shop",
    }
    opening = [record(kind, "c1", T, **value) for kind, value in told(row)]
    one = driven(opening + history if opening_first else history + opening, Definition())
    within = 4 if age_days == 5 else 0
    counts = flows(one.state.totals().groups[OVERALL], one.definition, one.definition.windows[-1])
    assert (counts["orders"], counts["revenue"]) == (within, within * 1_000)


def told(row: dict[str, str | int]) -> list[tuple[Kind, dict[str, Any]]]:
    """The events of a row, without the customer's id."""
    return [
        (kind, {name: field for name, field in value.items() if name != "customer_id"})
        for kind, value in events_of(row, Definition())
    ]
