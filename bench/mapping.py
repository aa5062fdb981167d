"""What a foreign record costs: nested JSON, and Avro, to the bytes of a purchase, by a mapping."""

import json
from collections.abc import Iterator
from importlib import import_module
from io import BytesIO

from bench.figures import Figure
from bench.load import END_MS
from bench.timing import cost
from streams.core.definition.definition import SECOND_MS, Definition
from streams.mapping import Foreign, Mapped, Mapper, parse_mapping
from streams.registry.client import RegistryClient, Schema
from streams.registry.formats import formats
from streams.registry.schemas import Schemas, made

TOPIC = "shop.orders"
_SOME = 64
"""Records that ``kpi ingest`` maps together."""
MAPPING = f"""version = "1"
[[source]]
topic = "{TOPIC}"
format = "json"
where = {{ "status" = ["paid", "refunded"] }}
kind = "purchase"
customer_id = "order.customer.id"
event_id = ["order.id", "status"]
occurred_at = {{ path = "created", unit = "s" }}
amount = {{ path = "order.total_cents", unit = "minor", negate_if = {{ "status" = "refunded" }} }}
currency = {{ path = "order.currency", upper = true }}
"""


def measure(*, quick: bool) -> Iterator[Figure]:
    """Microseconds of processor time a record."""
    rounds, n = (2, 10_000) if quick else (5, 100_000)
    records = list(orders(n))

    def run(mapper: Mapper) -> int:
        chunks = (records[at : at + _SOME] for at in range(0, n, _SOME))
        return sum(isinstance(outcome, Mapped) for chunk in chunks for outcome in mapper.many(chunk))

    plain = parse_mapping(MAPPING, "bench")
    found = cost(rounds, lambda: Mapper(plain, Definition()), run)
    yield Figure("mapping: nested JSON to purchases", "event", found.us, found.relative)
    try:
        schema = import_module("fastavro").parse_schema(_AVRO)
    except ModuleNotFoundError:
        return  # without the extra registry nobody reads Avro
    framed = parse_mapping(MAPPING.replace('"json"', '"avro"'), "bench")
    records = [record._replace(value=_in_avro(record, schema)) for record in records]

    def with_schemas() -> Mapper:
        schemas = Schemas(RegistryClient("http://127.0.0.1"), framed.sources)
        schemas.keep(1, made(1, Schema("AVRO", json.dumps(_AVRO), ())))
        return Mapper(framed, Definition(), formats(schemas))

    found = cost(rounds, with_schemas, run)
    yield Figure("mapping: Avro to purchases", "event", found.us, found.relative)


def orders(n: int) -> Iterator[Foreign]:
    """Records of a shop, every one a purchase."""
    for i in range(n):
        at_ms = END_MS - (n - i) * SECOND_MS
        yield Foreign(TOPIC, b"%d" % i, json.dumps(_order(i, at_ms // SECOND_MS)).encode(), at_ms)


def _order(i: int, at_s: int) -> dict[str, object]:
    customer = {"id": f"c-{i % 20_000}", "name": "somebody", "address": {"city": "Ulm", "country": "DE"}}
    lines = [{"sku": f"s-{i % 97}", "price": 1250, "quantity": 1}, {"sku": "b", "price": 749, "quantity": 1}]
    order = {
        "id": 100_000 + i,
        "number": f"A-{i}",
        "customer": customer,
        "total_cents": 1999 + i % 5_000,
        "currency": "eur",
        "lines": lines,
    }
    status = "refunded" if i % 50 == 0 else "paid"
    return {
        "id": f"evt_{i}",
        "type": "order",
        "status": status,
        "created": at_s,
        "live": True,
        "order": order,
    }


def _named(name: str, /, **fields: object) -> dict[str, object]:
    listed = [{"name": field, "type": kind} for field, kind in fields.items()]
    return {"type": "record", "name": name, "fields": listed}


_ADDRESS = _named("Address", city="string", country="string")
_CUSTOMER = _named("Customer", id="string", name="string", address=_ADDRESS)
_LINES = {"type": "array", "items": _named("Line", sku="string", price="long", quantity="int")}
_ORDER = _named(
    "Order",
    id="long",
    number="string",
    customer=_CUSTOMER,
    total_cents="long",
    currency="string",
    lines=_LINES,
)
_AVRO = _named(
    "Event", id="string", type="string", status="string", created="long", live="boolean", order=_ORDER
)
"""The same record in Avro."""


def _in_avro(record: Foreign, schema: object) -> bytes:
    out = BytesIO(b"\x00\x00\x00\x00\x01")
    out.seek(5)
    import_module("fastavro").schemaless_writer(out, schema, json.loads(record.value or b""))
    return out.getvalue()
