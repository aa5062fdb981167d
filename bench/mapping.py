"""What a foreign record costs: nested JSON to the bytes of a purchase, by a mapping."""

import json
from collections.abc import Iterator

from bench.figures import Figure
from bench.load import END_MS
from bench.timing import cost
from streams.core.definition.definition import SECOND_MS, Definition
from streams.mapping import Foreign, Mapped, Mapper, parse_mapping

TOPIC = "shop.orders"
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
    mapping = parse_mapping(MAPPING, "bench")

    def run(mapper: Mapper) -> int:
        return sum(isinstance(mapper.one(record), Mapped) for record in records)

    found = cost(rounds, lambda: Mapper(mapping, Definition()), run)
    yield Figure("mapping: nested JSON to purchases", "event", found.us, found.relative)


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
