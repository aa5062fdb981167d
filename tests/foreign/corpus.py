"""Records of three foreign systems: some are events, some are none, and some are broken."""

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import aiokafka

MAPPING = """
version = "1"

[[source]]
topic = "{name}shop.*"
format = "json"
where = { "status" = ["paid", "refunded"] }
kind = "purchase"
customer_id = "order.customer.id"
event_id = ["order.id", "status"]
occurred_at = { path = "created", unit = "ms" }
amount = { path = "order.total_cents", unit = "minor", negate_if = { "status" = "refunded" } }
currency = { path = "order.currency", upper = true }

[[source]]
topic = "{name}app.events"
format = "cloudevents"
customer_id = "data.user"
event_id = "id"
source = "source"
occurred_at = { path = "time", unit = "rfc3339" }
attributes = { plan = "data.plan" }
reason = "data.why"
survey = { value = "csat" }
score = "data.score"

[source.kind]
path = "type"
values = { "user.registered" = "signup", "user.left" = "cancellation", "user.rated" = "survey" }

[[source]]
topic = "{name}db.public.lines"
format = "debezium"
kind = "purchase"
customer_id = "after.customer_id"
event_id = "after.id"
occurred_at = { path = "ts_ms", unit = "ms" }
each = "after.lines"
amount = "after.lines.price"
currency = { value = "EUR" }
"""
TOPICS = {"shop.orders": 3, "app.events": 2, "db.public.lines": 1}


class Sent(NamedTuple):
    """A record for a topic without its prefix."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def shop(chance: random.Random, number: int, now: int) -> Sent:
    """An order in nested JSON, under the order's key."""
    order = {
        "created": "yesterday" if chance.random() < 0.02 else now - chance.randrange(3_600_000),
        "status": chance.choice(("paid", "paid", "paid", "refunded", "open")),
        "order": {
            "id": number,
            "customer": {"id": f"c-{chance.randrange(300)}", "name": "Ann"},
            "total_cents": chance.randrange(10_000),
            "currency": chance.choice(("eur", "usd", "jpy", "xxx")),
        },
    }
    return Sent("shop.orders", b"order-%d" % number, json.dumps(order).encode(), [])


def app(chance: random.Random, number: int, now: int) -> Sent:
    """A CloudEvent, structured or binary, without a key."""
    kind = chance.choice(("user.registered", "user.left", "user.rated", "user.seen"))
    data = {
        "user": f"c-{chance.randrange(300)}",
        "plan": "pro",
        "why": "price",
        "score": chance.randrange(1, 7),
    }
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now / 1_000 - chance.randrange(3_600)))
    attributes = {"specversion": "1.0", "id": f"e-{number}", "source": "/app", "type": kind, "time": at}
    if chance.random() < 0.02:
        attributes["specversion"] = "0.3"
    if chance.random() < 0.5:
        return Sent("app.events", None, json.dumps({**attributes, "data": data}).encode(), [])
    headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
    headers.append(("content-type", b"application/json"))
    return Sent("app.events", None, json.dumps(data).encode(), headers)


def row(chance: random.Random, number: int, now: int) -> Sent:
    """A change of a row with lines, a tombstone, or no JSON."""
    key = b'{"id":%d}' % number
    drawn = chance.random()
    if drawn < 0.1:
        return Sent("db.public.lines", key, None if drawn < 0.08 else b"{", [])
    lines = [{"price": str(chance.randrange(100))} for _ in range(chance.randrange(4))]
    after = {"id": number, "customer_id": chance.randrange(300), "lines": lines}
    change = {"before": None, "after": after, "op": "c", "source": {}, "ts_ms": now - 1_000}
    value = {"schema": {}, "payload": change} if chance.random() < 0.5 else change
    return Sent("db.public.lines", key, json.dumps(value).encode(), [])


MAKERS: tuple[Callable[[random.Random, int, int], Sent], ...] = (shop, app, row)


def records(count: int, seed: int, first: int = 0) -> Iterator[Sent]:
    """So many records, of all systems by turns."""
    chance = random.Random(seed)  # noqa: S311 - test data
    now = time.time_ns() // 1_000_000
    for number in range(first, first + count):
        yield MAKERS[number % len(MAKERS)](chance, number, now)


async def send(producer: aiokafka.AIOKafkaProducer, name: str, sent: Iterator[Sent]) -> None:
    """Send records to the topics with this prefix; they are there when this returns."""
    futures = [await producer.send(name + one.topic, one.value, one.key, headers=one.headers) for one in sent]
    await asyncio.gather(*futures)
