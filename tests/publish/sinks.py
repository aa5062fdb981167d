"""The sinks as the outside sees them: what each shows, read by the means of its own readers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import msgspec
from prometheus_client import parser as text_parser

from streams.client import AsyncKpiReader
from streams.core.definition.definition import Definition
from streams.publish.board.board import Board
from streams.publish.http.health import Health
from streams.publish.http.listener import Address
from streams.publish.http.server import HttpServer
from streams.publish.prometheus.exposition import Exposition
from streams.publish.redis.sink import RedisSink
from streams.publish.sink import Sink
from streams.redis_contract.connection import RedisAddress
from tests.publish.file_sink import FileSink
from tests.publish.world import T0
from tests.support.eventually import eventually_async, patient

WITHIN_S = 10.0
DEFINITION = Definition(window_names=("1h", "24h"))


@dataclass(frozen=True)
class View:
    """What a sink shows of one KPI (orders in 24 h, overall or of one value of ``plan``)."""

    t_ms: int
    value: float | None
    numerator: float | None


class Harness(Protocol):
    """A sink and the eyes on it."""

    @property
    def sink(self) -> Sink:
        """The sink, not started."""

    async def view(self, plan: str | None = None) -> View | None:
        """What it shows now; None: nothing."""


async def shows(harness: Harness, expected: View | None, plan: str | None = None) -> None:
    """Wait until the sink shows this.

    Raises:
        AssertionError: it does not.
    """

    async def arrived() -> bool:
        return await harness.view(plan) == expected

    await eventually_async(arrived, within=WITHIN_S)


class PrometheusHarness:
    """Reads the page."""

    def __init__(self) -> None:
        self.sink = Exposition(DEFINITION)

    async def view(self, plan: str | None = None) -> View | None:
        """Parse what a scrape would get."""
        text = self.sink.render()[0].decode()
        labels = {"window": "24h"} | ({"dimension": "plan", "value": plan} if plan else {})
        found: dict[str, float] = {}
        for family in text_parser.text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.labels in ({}, labels, {"kpi": "orders", "window": "24h"}):
                    found[sample.name] = sample.value
        if "crm_snapshot_timestamp_seconds" not in found:
            return None
        value = found.get("crm_orders_by" if plan else "crm_orders")
        if plan and value is None:
            return None
        t_ms = round(found["crm_snapshot_timestamp_seconds"] * 1000)
        return View(t_ms, value, value if plan else found.get("crm_kpi_numerator"))


class RedisHarness:
    """Reads through the client."""

    def __init__(self, url: str, tenant: str) -> None:
        self.sink = RedisSink(RedisAddress(url), tenant)
        self._open: Callable[[], AsyncKpiReader] = lambda: AsyncKpiReader(
            url, tenant, max_age=3600, clock=lambda: T0 / 1000
        )

    async def view(self, plan: str | None = None) -> View | None:
        """Ask for the KPI."""
        async with self._open() as reader:
            reading = await reader.get("orders", "24h", "plan" if plan else None, plan)
        return None if reading.t_ms is None else View(reading.t_ms, reading.value, reading.numerator)


class HttpHarness:
    """Reads /api/snapshot."""

    def __init__(self) -> None:
        self.sink = HttpServer(
            Address(port=0), Exposition(DEFINITION), Board(DEFINITION), alive=Health, ready=Health
        )

    async def view(self, plan: str | None = None) -> View | None:
        """Get the document."""
        url = f"http://127.0.0.1:{self.sink.port}/api/snapshot"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            document = await answer.json()
        return view_of(document, plan) if answer.status == 200 else None


class FileHarness:
    """Reads the file of the example in docs/extending.md."""

    def __init__(self, path: Path) -> None:
        self.sink, self._path = FileSink(path), path

    async def view(self, plan: str | None = None) -> View | None:
        """Whatever stands there is a whole document."""
        return view_of(msgspec.json.decode(self._path.read_bytes()), plan) if self._path.exists() else None


def view_of(document: dict[str, Any], plan: str | None) -> View | None:
    """What a snapshot document says."""
    place = document["dimensions"].get("plan", {}).get(plan) if plan else document["windows"]
    if place is None:
        return None
    orders = place["24h"]["orders"]
    return View(document["t"], orders["value"], orders["numerator"])


@contextlib.asynccontextmanager
async def running(sink: Sink) -> AsyncIterator[None]:
    """Start and stop a sink."""
    await sink.start()
    try:
        yield
    finally:
        await asyncio.wait_for(sink.stop(), patient(WITHIN_S))
