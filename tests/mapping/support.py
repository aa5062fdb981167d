"""One order, its mapping, and how a record goes through it."""

import json
from typing import Any

from streams.core.decoding.decoder import Decoder
from streams.core.definition.definition import Definition
from streams.core.events import Event, Malformed
from streams.mapping import Foreign, Mapped, Mapper, Outcome, Refused, parse_mapping

NOW = 1_772_366_400_000
TOPIC = "shop.orders"
KEYS = {
    "topic": f'"{TOPIC}"',
    "format": '"json"',
    "kind": '"purchase"',
    "customer_id": '"customer.id"',
    "event_id": '"id"',
    "occurred_at": '{ path = "at", unit = "s" }',
    "amount": '"total"',
    "currency": '"currency"',
}
ORDER: dict[str, Any] = {
    "id": 17,
    "at": 1_772_366_000,
    "customer": {"id": "c-7", "name": "Ann"},
    "total": "12.50",
    "currency": "EUR",
    "lines": [{"sku": "a", "price": 1}, {"sku": "b", "price": 2}],
}
DECODER = Decoder(Definition())


def toml(**changed: str | None) -> str:
    """A mapping of orders with some keys otherwise; None: without it."""
    keys = KEYS | changed
    lines = (f"{name.replace('__', '.')} = {said}" for name, said in keys.items() if said is not None)
    return "\n".join(['version = "1"', "[[source]]", *lines, ""])


def mapper(text: str, definition: Definition | None = None) -> Mapper:
    """What does it."""
    return Mapper(parse_mapping(text, "m.toml"), definition or Definition())


def foreign(value: object, topic: str = TOPIC) -> Foreign:
    """A record; bytes are its value as they are."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Foreign(topic, None, raw, NOW)


def outcome(value: object, **changed: str | None) -> Outcome:
    """What becomes of a record."""
    return mapper(toml(**changed)).one(foreign(value))


def order(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """The order with some members otherwise."""
    return ORDER | changed


def members(found: Outcome) -> dict[str, Any]:
    """The members of the one event of a record."""
    assert isinstance(found, Mapped), found
    assert len(found.events) == 1
    loaded: dict[str, Any] = json.loads(found.events[0].value, parse_float=str)
    return loaded


def events(found: Outcome) -> list[Event]:
    """The events, as the service counts them: each is one, keyed by its customer."""
    assert isinstance(found, Mapped), found
    decoded = [DECODER.one(one.kind, one.key, one.value, one.timestamp_ms) for one in found.events]
    return [event for event in decoded if not isinstance(event, Malformed)]


def refusal(found: Outcome) -> tuple[str, str, str]:
    """Reason, field and path of a malformed record."""
    assert isinstance(found, Refused), found
    return found.reason, found.field, found.path
