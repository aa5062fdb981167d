"""Records over HTTP: 202 when Kafka has their events, and in no other case; who may send, and how much."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from streams.embedded import KafkaCluster
from streams.foreign.http_intake import MAX_BYTES, MAX_RECORDS
from tests.foreign.harness import Ingest, IngestProcess, summed
from tests.kafka.harness import run
from tests.support.eventually import patient

TOKEN = "a long random text"  # noqa: S105 - of a test
MAPPING = """
version = "1"
[[source]]
topic = "web.orders"
format = "json"
where = { "status" = "paid" }
kind = "purchase"
customer_id = "customer"
event_id = "id"
occurred_at = "at"
amount = "total"
currency = { value = "EUR" }
[[source]]
topic = "web.events"
format = "cloudevents"
kind = "signup"
customer_id = "data.user"
event_id = "id"
occurred_at = "time"
[[source]]
topic = "web.signups"
format = "event"
kind = "signup"
"""
HTTP = "web.orders,web.events,web.signups"
Answer = tuple[int, dict[str, Any]]
Post = Callable[..., Any]


@pytest.fixture
def stage(kafka: KafkaCluster, tmp_path: Path) -> Iterator[Ingest]:
    """A deployment without foreign topics in Kafka."""
    made = Ingest(kafka.bootstrap, tmp_path, MAPPING, {}, KPI_INGEST_HTTP=HTTP, KPI_INGEST_TOKEN=TOKEN)
    yield made
    made.end()


@asynccontextmanager
async def sending(process: IngestProcess) -> AsyncIterator[Post]:
    """A sender, with the token unless told otherwise."""
    timeout = aiohttp.ClientTimeout(total=patient(20))
    async with aiohttp.ClientSession(timeout=timeout) as session:

        async def post(path: str, body: object, **headers: str) -> Answer:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
            sent |= {name.replace("_", "-"): value for name, value in headers.items()}
            async with session.post(process.url + path, data=BytesIO(data), headers=sent) as answer:
                return answer.status, await answer.json()

        yield post


def order(number: int, **changed: object) -> dict[str, object]:
    """An order of now."""
    at = time.time_ns() // 1_000_000
    return {"id": number, "customer": f"c-{number}", "at": at, "total": "1.50", "status": "paid"} | changed


async def written(stage: Ingest) -> list[str]:
    """The ids of all events, sorted."""
    found = (await stage.found()).events
    return sorted(json.loads(one.value or b"")["event_id"] for one in found.elements())


def test_what_is_accepted_is_in_kafka(stage: Ingest) -> None:
    """One record, an array, one a line; CloudEvents of every mode; events as they are; repeats."""
    now = "2026-03-01T12:00:00Z"
    cloud = {"specversion": "1.0", "id": "e-1", "source": "/web", "type": "signup", "time": now}
    binary = {f"ce_{name}": value for name, value in (cloud | {"id": "e-2"}).items()}
    batch = [{**cloud, "id": f"e-{number}", "data": {"user": "c-1"}} for number in (3, 4)]
    event = {"event_id": "s-1", "customer_id": "c-9", "occurred_at": now, "plan": "pro"}

    async def test() -> None:
        await stage.make_topics()
        process = stage.start()
        await process.ready()
        async with sending(process) as post:
            one = await post("/events/web.orders", order(1))
            assert one == (202, {"records": 1, "events": 1, "ignored": 0})
            many = await post("/events/web.orders", [order(2), order(3, status="open")])
            assert many == (202, {"records": 2, "events": 1, "ignored": 1})
            lines = b"\n".join(json.dumps(order(number)).encode() for number in (4, 5)) + b"\n\n"
            assert (await post("/events/web.orders", lines, Content_Type="application/x-ndjson"))[0] == 202
            structured = "application/cloudevents+json"
            whole = {**cloud, "data": {"user": "c-1"}}
            assert (await post("/events/web.events", whole, Content_Type=structured))[0] == 202
            assert (await post("/events/web.events", {"user": "c-1"}, **binary))[0] == 202
            as_batch = "application/cloudevents-batch+json"
            assert (await post("/events/web.events", batch, Content_Type=as_batch))[0] == 202
            assert (await post("/events/web.signups", event))[0] == 202
            ids = ["1", "2", "4", "5", "e-1", "e-2", "e-3", "e-4", "s-1"]
            assert await written(stage) == ids
            assert (await post("/events/web.orders", order(1)))[0] == 202
            assert await written(stage) == sorted([*ids, "1"])
        page = await process.page()
        assert summed([page], "kpi_streams_ingest_http_requests_total") == {("202",): 8}
        assert summed([page], "kpi_streams_ingest_records_total").total() == 11
        assert await process.stopped() == 0

    run(test)


def test_a_request_with_a_malformed_record_is_refused_whole(stage: Ingest) -> None:
    """Each is told by its number, field, path and expectation, and nothing of what was sent."""

    async def test() -> None:
        await stage.make_topics()
        process = stage.start()
        await process.ready()
        async with sending(process) as post:
            sent = [order(1), order(2, total="much"), order(3, customer=None)]
            status, told = await post("/events/web.orders", sent)
            assert status == 422
            assert told["malformed"] == 2
            assert [(one["record"], one["reason"], one["field"], one["path"]) for one in told["records"]] == [
                (1, "bad_money", "amount", "total"),
                (2, "missing_field", "customer_id", "customer"),
            ]
            assert "much" not in json.dumps(told)
            for body in (b"{", b"[1", b""):
                assert (await post("/events/web.orders", body))[0] in {400, 422}
            assert await written(stage) == []

    run(test)


def test_who_may_send_and_how_much(stage: Ingest) -> None:
    """The token, whole; known topics; bounded bytes and records; no other method, no other host."""

    async def test() -> None:
        await stage.make_topics()
        process = stage.start()
        await process.ready()
        async with sending(process) as post:
            for shown in ("", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer"):
                assert (await post("/events/web.orders", order(1), Authorization=shown))[0] == 401
            assert (await post("/events/shop.orders", order(1)))[0] == 404
            assert (await post("/events/web.orders", b" " * (MAX_BYTES + 1)))[0] == 413
            many = [order(number) for number in range(MAX_RECORDS + 1)]
            assert (await post("/events/web.orders", many))[0] == 413
        timeout = aiohttp.ClientTimeout(total=patient(20))
        async with aiohttp.ClientSession(timeout=timeout) as session:
            url = f"{process.url}/events/web.orders"
            async with session.get(url) as answer:
                assert answer.status == 405
            async with session.post(url, data=b"{}", headers={"Host": "evil.example"}) as answer:
                assert answer.status == 421
        assert await written(stage) == []

    run(test)


def test_without_kafka_nothing_is_accepted(tmp_path: Path) -> None:
    """503, to be sent again later; once the broker is back, 202."""
    with KafkaCluster() as kafka:
        stage = Ingest(kafka.bootstrap, tmp_path, MAPPING, {}, KPI_INGEST_HTTP=HTTP, KPI_INGEST_TOKEN=TOKEN)

        async def test() -> None:
            await stage.make_topics()
            process = stage.start()
            await process.ready()
            async with sending(process) as post:
                await asyncio.to_thread(kafka.kill, 1)
                status, _ = await post("/events/web.orders", order(1))
                assert status == 503
                await asyncio.to_thread(kafka.restart, 1)
                accepted = 0
                for number in range(2, 40):
                    status, _ = await post("/events/web.orders", order(number))
                    accepted += status == 202
                    if accepted == 3:
                        break
                assert accepted == 3
                assert len(await written(stage)) >= 3

        try:
            run(test)
        finally:
            stage.end()


def test_over_http_and_from_kafka_at_once(kafka: KafkaCluster, tmp_path: Path) -> None:
    """One process does both; a topic of HTTP is not looked for in Kafka."""
    text = MAPPING + MAPPING.partition("[[source]]")[2].partition("[[source]]")[0].replace(
        'topic = "web.orders"', '[[source]]\ntopic = "{name}orders"'
    )
    stage = Ingest(
        kafka.bootstrap, tmp_path, text, {"orders": 2}, KPI_INGEST_HTTP=HTTP, KPI_INGEST_TOKEN=TOKEN
    )

    async def test() -> None:
        await stage.make_topics()
        process = stage.start()
        await process.ready()
        async with sending(process) as post, stage.producer() as producer:
            await producer.send_and_wait(f"{stage.name}orders", json.dumps(order(1)).encode())
            assert (await post("/events/web.orders", order(2)))[0] == 202
        await stage.settled()
        assert await written(stage) == ["1", "2"]
        assert await process.stopped() == 0

    try:
        run(test)
    finally:
        stage.end()
