"""What every sink promises, held against each of them."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from streams.core.kpi.snapshot import build
from streams.core.kpi.values.value import Condition
from streams.core.totals import OVERALL, Totals
from streams.embedded import ValkeyServer
from tests.publish import world
from tests.publish.sinks import (
    DEFINITION,
    FileHarness,
    Harness,
    HttpHarness,
    PrometheusHarness,
    RedisHarness,
    View,
    running,
    shows,
)
from tests.publish.world import T0

Make = Callable[[], Harness]


@pytest.fixture(params=["prometheus", "redis", "http", "file"])
def make(request: pytest.FixtureRequest, valkey: ValkeyServer, tmp_path: Path) -> Make:
    """Makes a sink with its reader; inside the event loop."""
    tenant = f"contract-{uuid4().hex}"
    makers: dict[str, Make] = {
        "prometheus": PrometheusHarness,
        "redis": lambda: RedisHarness(valkey.url, tenant),
        "http": HttpHarness,
        "file": lambda: FileHarness(tmp_path / "snapshot.json"),
    }
    return makers[request.param]


def test_nothing_is_shown_before_the_first_snapshot(make: Make) -> None:
    """No snapshot is no value, and no error."""

    async def scene() -> None:
        harness = make()
        async with running(harness.sink):
            await shows(harness, None)

    asyncio.run(scene())


def test_a_snapshot_is_shown_with_its_values_and_its_t(make: Make) -> None:
    """Overall and by dimension."""

    async def scene() -> None:
        harness = make()
        async with running(harness.sink):
            harness.sink.publish(world.snapshot(DEFINITION, T0, 2))
            await shows(harness, View(T0, 80, 80))
            await shows(harness, View(T0, 80, 80), plan="pro")

    asyncio.run(scene())


def test_only_the_newest_of_many_snapshots_counts(make: Make) -> None:
    """Snapshots that come faster than they can be shown are not queued up."""

    async def scene() -> None:
        harness = make()
        async with running(harness.sink):
            for second in range(50):
                harness.sink.publish(world.snapshot(DEFINITION, T0 + 1000 * second, second))
            await shows(harness, View(T0 + 49_000, 40 * 49, 40 * 49))

    asyncio.run(scene())


@pytest.mark.parametrize("condition", ["recovering", "stale"])
def test_withheld_values_are_not_shown_and_their_parts_are(make: Make, condition: Condition) -> None:
    """The value goes, the numerator stays as last known; the value comes back with its condition."""

    async def scene() -> None:
        harness = make()
        snapshot = world.snapshot(DEFINITION, T0)
        withheld = snapshot.with_condition(condition, computed_at_ms=T0 + 2000)
        async with running(harness.sink):
            harness.sink.publish(snapshot)
            await shows(harness, View(T0, 40, 40))
            harness.sink.publish(withheld)
            await shows(harness, View(T0, None, 40))
            harness.sink.publish(withheld.with_condition("ok", computed_at_ms=T0 + 3000))
            await shows(harness, View(T0, 40, 40))

    asyncio.run(scene())


def test_what_the_newest_snapshot_does_not_have_is_gone(make: Make) -> None:
    """A dimension value that is no longer published leaves nothing behind."""

    async def scene() -> None:
        harness = make()
        bare = Totals(T0 + 1000, {OVERALL: world.vector(DEFINITION, 1)})
        async with running(harness.sink):
            harness.sink.publish(world.snapshot(DEFINITION, T0))
            await shows(harness, View(T0, 40, 40), plan="pro")
            harness.sink.publish(build(bare, DEFINITION, computed_at_ms=T0 + 1000, partitions={}))
            await shows(harness, View(T0 + 1000, 40, 40))
            await shows(harness, None, plan="pro")

    asyncio.run(scene())


def test_publishing_never_waits(make: Make) -> None:
    """Even before the sink has started."""

    async def scene() -> None:
        harness = make()
        harness.sink.publish(world.snapshot(DEFINITION, T0))
        async with running(harness.sink):
            await shows(harness, View(T0, 40, 40))

    asyncio.run(scene())
