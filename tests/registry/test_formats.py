"""Avro, JSON Schema and Protobuf as a mapping reads them: the same events as from plain JSON."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, TypeVar

import pytest

pytest.importorskip("fastavro")
pytest.importorskip("google.protobuf")

from streams.core.definition.definition import Definition
from streams.mapping import Foreign, Mapped, Mapper, Outcome, Refused, parse_mapping
from streams.registry.client import RegistryClient
from streams.registry.formats import formats
from streams.registry.schemas import Schemas
from tests.registry.framing import AVRO, avro, framed, proto_classes, proto_file, serialized
from tests.registry.server import Registry
from tests.support.eventually import eventually_async

NOW = 1_772_366_400_000
T = TypeVar("T")
ORDER = {
    "id": 17,
    "customer": {"id": "c-7"},
    "placed": NOW - 1_000,
    "total": Decimal("12.50"),
    "currency": "EUR",
}
MAPPING = """
version = "1"
[[source]]
topic = "shop.orders"
format = "FORMAT"
kind = "purchase"
customer_id = "customer.id"
event_id = "id"
occurred_at = { path = "placed", unit = "ms" }
amount = "total"
currency = "currency"
"""
PROTOBUF = """
version = "1"
[[source]]
topic = "shop.orders"
format = "protobuf"
kind = "purchase"
customer_id = "customer"
event_id = "id"
occurred_at = "placed"
amount = { path = "cents", unit = "minor" }
currency = { value = "EUR" }
[[source]]
topic = "shop.answers"
format = "protobuf"
kind = "survey"
customer_id = "customer"
event_id = "customer"
occurred_at = { path = "at", unit = "ms" }
survey = { value = "nps" }
score = "score"
"""


def with_registry(test: Callable[[Registry], Awaitable[T]]) -> T:
    """Run a test beside a registry."""

    async def main() -> T:
        registry = Registry()
        await registry.start()
        try:
            return await test(registry)
        finally:
            await registry.stop()

    return asyncio.run(main())


def mapping_of(text: str, registry: Registry) -> tuple[Mapper, Schemas]:
    """What maps records with schemas of a registry."""
    mapping = parse_mapping(text, "m.toml")
    schemas = Schemas(RegistryClient(registry.url), mapping.sources)
    return Mapper(mapping, Definition(), formats(schemas)), schemas


async def mapped(text: str, registry: Registry, *values: bytes, topic: str = "shop.orders") -> list[Outcome]:
    """What becomes of records, whose schemas are loaded as ``kpi ingest`` does it."""
    mapper, schemas = mapping_of(text, registry)
    outcomes = []
    for value in values:
        if (missing := schemas.missing(topic, value)) is not None:
            await schemas.load(missing)
        outcomes.append(mapper.one(Foreign(topic, None, value, NOW)))
    await schemas.close()
    return outcomes


def plain(record: dict[str, Any], **said: str) -> Outcome:
    """What the same mapping makes of the record in plain JSON."""
    text = MAPPING.replace("FORMAT", "json")
    for old, new in said.items():
        text = text.replace(old, new)
    value = json.dumps(record, default=float).encode()
    return Mapper(parse_mapping(text, "m.toml"), Definition()).one(Foreign("shop.orders", None, value, NOW))


def members(outcome: Outcome) -> dict[str, Any]:
    """The one event of an outcome, its numbers as texts."""
    assert isinstance(outcome, Mapped), outcome
    return dict(json.loads(outcome.events[0].value, parse_float=Decimal))


def test_avro_gives_the_events_that_json_gives() -> None:
    """Nested records, a union, a decimal; a time is the number that it is in Avro."""

    async def test(registry: Registry) -> list[Outcome]:
        registry.add(3, json.dumps(AVRO))
        return await mapped(MAPPING.replace("FORMAT", "avro"), registry, avro(3, ORDER))

    (outcome,) = with_registry(test)
    assert members(outcome) == members(plain(ORDER))
    assert members(outcome)["amount"] == Decimal("12.50")


def test_json_schema_gives_the_events_that_json_gives() -> None:
    """The frame is taken off."""

    async def test(registry: Registry) -> list[Outcome]:
        registry.add(4, '{"type":"object"}', "JSON")
        value = framed(4, json.dumps(ORDER, default=float).encode())
        return await mapped(MAPPING.replace("FORMAT", "json-schema"), registry, value)

    (outcome,) = with_registry(test)
    assert members(outcome) == members(plain(ORDER))


def test_protobuf_with_a_timestamp_a_default_and_a_nested_message() -> None:
    """Indexes in front of a record say which message of the file it is; 0 is a score."""
    order, answer = proto_classes(proto_file())
    record = order(id=17, customer="c-7", cents=1250)
    record.placed.FromMilliseconds(NOW - 1_000)

    async def test(registry: Registry) -> list[Outcome]:
        registry.add(5, "syntax …", "PROTOBUF", serialized=serialized(proto_file()))
        first = await mapped(PROTOBUF, registry, framed(5, b"\x00" + record.SerializeToString()))
        nested = framed(5, b"\x04\x00\x00" + answer(customer="c-8", score=0, at=NOW).SerializeToString())
        return first + await mapped(PROTOBUF, registry, nested, topic="shop.answers")

    one, two = map(members, with_registry(test))
    assert (one["customer_id"], one["event_id"], one["amount"]) == ("c-7", "17", Decimal("12.50"))
    assert one["occurred_at"].startswith("2026-03-01T11:59:59")
    assert (two["customer_id"], two["score"]) == ("c-8", 0)


def test_references_are_fetched() -> None:
    """Of Avro by name; what is referred to refers to more."""
    customer = {"type": "record", "name": "Customer", "fields": [{"name": "id", "type": "CustomerId"}]}
    ident = {"type": "enum", "name": "CustomerId", "symbols": ["c7", "c8"]}
    order = AVRO | {
        "fields": [
            field if field["name"] != "customer" else {"name": "customer", "type": "Customer"}
            for field in AVRO["fields"]
        ]
    }
    whole = json.loads(json.dumps(order))
    whole["fields"][1]["type"] = customer | {"fields": [{"name": "id", "type": ident}]}

    async def test(registry: Registry) -> list[Outcome]:
        registry.add(1, json.dumps(ident), subject="ident")
        registry.add(2, json.dumps(customer), subject="customer", references=[("CustomerId", "ident", 1)])
        registry.add(3, json.dumps(order), references=[("Customer", "customer", 1)])
        value = avro(3, ORDER | {"customer": {"id": "c8"}}, whole)
        return await mapped(MAPPING.replace("FORMAT", "avro"), registry, value)

    (outcome,) = with_registry(test)
    assert members(outcome)["customer_id"] == "c8"


def refusals(outcomes: list[Outcome]) -> list[tuple[str, str]]:
    """Reason and field of each."""
    found: list[tuple[str, str]] = []
    for outcome in outcomes:
        assert isinstance(outcome, Refused), outcome
        found.append((outcome.reason, outcome.field))
    return found


def test_what_is_no_record_of_its_schema_is_malformed() -> None:
    """No frame, an unknown id, a schema that is none or of another kind, bytes too few or too many."""

    async def test(registry: Registry) -> list[Outcome]:
        registry.add(3, json.dumps(AVRO))
        registry.add(4, "{}", "JSON")
        registry.add(6, '{"type":"nothing"}')
        good = avro(3, ORDER)
        values = (b"", b"{}", b"\x01" + good[1:], framed(9, b"x"), framed(6, b"x"), framed(4, b"{}"))
        return await mapped(MAPPING.replace("FORMAT", "avro"), registry, *values, good[:-3], good + b"\x00")

    assert refusals(with_registry(test)) == [
        ("empty_value", ""),
        ("bad_envelope", ""),
        ("bad_envelope", ""),
        ("unknown_schema", ""),
        ("unknown_schema", ""),
        ("bad_envelope", ""),
        ("bad_payload", ""),
        ("bad_payload", ""),
    ]


@pytest.mark.parametrize(
    ("changed", "record", "refused"),
    [
        ({"name": "total", "type": "string"}, {"total": "much"}, ("bad_money", "amount")),
        ({"name": "total", "type": "double"}, {"total": float("nan")}, ("wrong_type", "amount")),
        ({"name": "sum", "type": "string"}, {"sum": "12.50"}, ("missing_field", "amount")),
        ({"name": "total", "type": "bytes"}, {"total": b"12.50"}, ("wrong_type", "amount")),
    ],
)
def test_a_schema_that_changed_incompatibly_is_told_by_field(
    changed: dict[str, str], record: dict[str, Any], refused: tuple[str, str]
) -> None:
    """The mapping's field, and what was expected there."""
    schema = AVRO | {"fields": [changed if one["name"] == "total" else one for one in AVRO["fields"]]}
    rest = {name: value for name, value in ORDER.items() if name != "total"}

    async def test(registry: Registry) -> list[Outcome]:
        registry.add(8, json.dumps(schema))
        return await mapped(MAPPING.replace("FORMAT", "avro"), registry, avro(8, rest | record, schema))

    assert refusals(with_registry(test)) == [refused]


def test_a_registry_that_is_down_is_waited_for() -> None:
    """While it is away, or fails, the reason is told; nothing is taken for unknown."""

    async def test(registry: Registry) -> list[Outcome]:
        registry.add(3, json.dumps(AVRO))
        mapper, schemas = mapping_of(MAPPING.replace("FORMAT", "avro"), registry)
        await registry.stop()
        loading = asyncio.create_task(schemas.load(3))

        async def told() -> bool:
            return schemas.trouble is not None and registry.url in schemas.trouble

        await eventually_async(told, within=10)
        assert not loading.done()
        registry.failing = 1
        await registry.start()
        await asyncio.wait_for(loading, 60)
        assert schemas.trouble is None
        found = mapper.one(Foreign("shop.orders", None, avro(3, ORDER), NOW))
        await schemas.close()
        return [found]

    (outcome,) = with_registry(test)
    assert members(outcome)["event_id"] == "17"


def test_a_registry_that_has_protobuf_as_text_alone_is_told_and_nothing_is_dropped() -> None:
    """As Apicurio does: its records are well-formed, and wait for a registry that can tell them."""

    async def test(registry: Registry) -> str:
        registry.add(5, 'syntax = "proto3";', "PROTOBUF", serialized='syntax = "proto3";')
        _, schemas = mapping_of(PROTOBUF, registry)
        loading = asyncio.create_task(schemas.load(5))

        async def told() -> bool:
            return schemas.trouble is not None

        await eventually_async(told, within=10)
        assert not loading.done()
        loading.cancel()
        trouble = schemas.trouble
        await schemas.close()
        return trouble or ""

    assert "gives Protobuf's .proto text alone" in with_registry(test)


def test_a_schema_is_fetched_once() -> None:
    """However many records have it."""

    async def test(registry: Registry) -> list[str]:
        registry.add(3, json.dumps(AVRO))
        await mapped(MAPPING.replace("FORMAT", "avro"), registry, *[avro(3, ORDER)] * 5)
        return registry.asked

    assert with_registry(test) == ["/schemas/ids/3"]
