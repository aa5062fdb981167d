"""CloudEvents in both modes, Debezium with and without its schema, and what is neither."""

import json
import re
from typing import Any

import pytest

from streams.mapping import Foreign, Ignored, Mapped, MappingError, parse_mapping
from tests.mapping.support import (
    NOW,
    ORDER,
    TOPIC,
    foreign,
    mapper,
    members,
    outcome,
    refusal,
    toml,
)

CLOUD: dict[str, str | None] = {
    "format": '"cloudevents"',
    "event_id": '"id"',
    "customer_id": '"data.customer.id"',
    "occurred_at": '"time"',
    "amount": '"data.total"',
    "currency": '"data.currency"',
    "source": '"source"',
}
ENVELOPE: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/shop",
    "type": "order.paid",
    "time": "2026-03-01T11:00:00Z",
}


def test_a_cloudevent_is_the_same_in_both_modes() -> None:
    """All in the value, or attributes in headers."""
    structured = outcome(ENVELOPE | {"data": ORDER}, **CLOUD)
    headers = tuple((f"ce_{name}", text.encode()) for name, text in ENVELOPE.items())
    value = json.dumps(ORDER).encode()
    for content in ((), (("content-type", b"application/json"),)):
        binary = mapper(toml(**CLOUD)).one(Foreign(TOPIC, None, value, NOW, (*headers, *content)))
        assert binary == structured
    assert members(structured)["source"] == "/shop"


@pytest.mark.parametrize(
    "changed",
    [
        {"specversion": "0.3"},
        {"id": ""},
        {"source": None},
        {"type": 7},
        {"data": None, "data_base64": "e30="},
    ],
)
def test_what_is_no_cloudevent_is_refused(changed: dict[str, object]) -> None:
    """Its version, and the attributes that it must have."""
    found = outcome(ENVELOPE | {"data": ORDER} | changed, **CLOUD)
    assert refusal(found) == ("bad_envelope", "", "")


def test_a_batch_and_headers_that_are_no_text_are_refused() -> None:
    """Neither is one CloudEvent."""
    read = mapper(toml(**CLOUD))
    batch = (("content-type", b"application/cloudevents-batch+json"),)
    assert refusal(read.one(Foreign(TOPIC, None, b"[]", NOW, batch)))[0] == "bad_envelope"
    odd = (("ce_specversion", b"1.0"), ("ce_id", b"\xff"))
    assert refusal(read.one(Foreign(TOPIC, None, b"{}", NOW, odd)))[0] == "bad_envelope"
    bare = (("ce_specversion", b"1.0"),)
    assert refusal(read.one(Foreign(TOPIC, None, b"{}", NOW, bare)))[0] == "bad_envelope"


ROW: dict[str, str | None] = {
    "format": '"debezium"',
    "customer_id": '"after.customer.id"',
    "event_id": '"after.id"',
    "occurred_at": '{ path = "after.at", unit = "s" }',
    "amount": '"after.total"',
    "currency": '"after.currency"',
}


def change(op: str | None, after: object = ORDER) -> dict[str, object]:
    """A change of a row."""
    return {"before": None, "after": after, "op": op, "source": {"table": "orders"}, "ts_ms": NOW}


@pytest.mark.parametrize("op", ["c", "r", "u"])
def test_a_changed_row_is_an_event_with_and_without_its_schema(op: str) -> None:
    """The envelope is the same."""
    plain = outcome(change(op), **ROW)
    assert members(plain)["event_id"] == "17"
    assert outcome({"schema": {"type": "struct"}, "payload": change(op)}, **ROW) == plain


@pytest.mark.parametrize("value", [b"", None, b'{"schema":{},"payload":null}'])
def test_a_tombstone_is_no_event(value: bytes | None) -> None:
    """It follows a delete for the topic's sake."""
    found = mapper(toml(**ROW)).one(Foreign(TOPIC, None, value, NOW))
    assert found == Ignored("where", "a tombstone")


def test_a_delete_is_an_event_where_the_mapping_asks_for_op() -> None:
    """Else it is left out; so are messages that are no change of a row."""
    gone = change("d", None) | {"before": ORDER}
    assert outcome(gone, **ROW) == Ignored("where", "op is d, and the mapping does not ask for op")
    before = {key: text.replace("after", "before") for key, text in ROW.items() if text is not None} | {
        "kind": '"cancellation"',
        "where": '{ "op" = "d" }',
    }
    assert (
        members(
            outcome(
                gone,
                amount=None,
                currency=None,
                **{key: text for key, text in before.items() if key not in ("amount", "currency")},
            )
        )["customer_id"]
        == "c-7"
    )
    assert isinstance(outcome(change("t"), **ROW), Ignored)
    assert isinstance(outcome(change("m"), **ROW), Ignored)


def test_what_is_no_change_of_a_row_is_refused() -> None:
    """Without op it is something else."""
    assert refusal(outcome(ORDER, **ROW)) == ("bad_envelope", "", "")
    assert refusal(outcome(change(None), **ROW)) == ("bad_envelope", "", "")


EVENTS = 'version = "1"\n[[source]]\ntopic = "shop.orders"\nformat = "event"\nkind = "purchase"\n'


def test_an_event_passes_as_it_is_under_its_customers_key() -> None:
    """Byte by byte, spaces too; whatever key it had."""
    value = b'{ "event_id":"p-1","customer_id":"c-7","occurred_at":1772366000000,"amount":1,"currency":"EUR"}'
    found = mapper(EVENTS).one(foreign(value)._replace(key=b"order-1"))
    assert isinstance(found, Mapped)
    assert [(one.kind, one.key, one.value) for one in found.events] == [("purchase", b"c-7", value)]


def test_what_is_no_event_is_told_by_field() -> None:
    """As the contract has it: there is no path."""
    value = (
        b'{"event_id":"p-1","customer_id":"c-7","occurred_at":1772366000000,"amount":"x","currency":"EUR"}'
    )
    assert refusal(mapper(EVENTS).one(foreign(value))) == ("bad_money", "amount", "")
    assert refusal(mapper(EVENTS).one(foreign(b""))) == ("empty_value", "", "")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('where = { "a" = 1 }', "source[0].where: unknown key"),
        ('customer_id = "c"', "source[0].customer_id: unknown key"),
        ('[[source]]\ntopic = "shop.orders"\nformat = "event"\nkind = "signup"', "source[1].topic"),
    ],
)
def test_events_have_nothing_to_be_mapped(said: str, told: str) -> None:
    """And one kind a topic."""
    with pytest.raises(MappingError, match=re.escape(told)):
        parse_mapping(EVENTS + said, "m.toml")
    with pytest.raises(MappingError, match=r"source\[0\]\.kind"):
        parse_mapping(EVENTS.replace('"purchase"', '{ path = "t", values = { a = "signup" } }'), "m.toml")
