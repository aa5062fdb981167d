"""Alarms as every sink shows them: Prometheus, HTTP, Redis, the readers; known, stale and unknown."""

import asyncio
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import aiohttp
import msgspec
import pytest
import redis
from prometheus_client import parser

from streams.client import AsyncKpiReader, KpiReader
from streams.core.alarms import day as d
from streams.core.alarms.evidence import REACH
from streams.core.definition.alarms import Alarm
from streams.core.definition.definition import Definition
from streams.core.kpi.alarm_watch import BEFORE, Row, SeriesPart
from streams.core.kpi.alarms import Alarms, StreamState, WindowState
from streams.core.kpi.snapshot import Snapshot
from streams.core.totals import OVERALL
from streams.embedded import ValkeyServer
from streams.publish.merge.merger import Merger
from streams.publish.prometheus.exposition import Exposition
from streams.publish.redis.sink import RedisSink
from streams.redis_contract.connection import RedisAddress
from tests.publish import world
from tests.publish.sinks import HttpHarness, running
from tests.publish.world import T0
from tests.support.eventually import eventually_async

DEFINITION = Definition(window_names=("1h", "24h"), alarms=(Alarm("spike", "churned_customers", "up", ()),))
OK = StreamState("spike", "churned_customers", "up", "", "", "ok", -1.5, 3, 2.5, 900_000, 1.25)
ON = StreamState(
    "spike",
    "churned_customers",
    "up",
    "segment",
    "smb",
    "alarm",
    9.5,
    20,
    2.5,
    3_600_000,
    1.4,
    T0 - 600_000,
    11.0,
    (WindowState(3_600_000, 20, 2.5, 9.5),),
)
LEARNS = StreamState("drop", "orders", "down", "", "", "learning")
ALARMS = Alarms(T0, 8.7, 3_650 * d.DAY_MS, (OK, ON, LEARNS))


def snapshot(alarms: Alarms | None = ALARMS) -> Snapshot:
    """A snapshot with alarms."""
    return replace(world.snapshot(Definition(window_names=("1h", "24h"))), alarms=alarms)


def shown(alarms: Alarms | None) -> dict[tuple[str, ...], float]:
    """Name and label values -> number, of everything about alarms on the page."""
    page = Exposition(DEFINITION)
    page.publish(snapshot(alarms))
    families = parser.text_string_to_metric_families(page.render()[0].decode())
    return {
        (sample.name.removeprefix("crm_"), *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
        if sample.name.startswith("crm_alarm")
    }


def test_prometheus_shows_streams_that_can_say_something() -> None:
    """Those that learn are counted alone."""
    found = shown(ALARMS)
    smb = ("spike", "segment", "smb")
    assert found["alarm_active", *smb] == 1
    assert found["alarm_active", "spike", "", ""] == 0
    assert found["alarm_evidence_log10", *smb] == 9.5
    assert (found["alarm_observed", *smb], found["alarm_expected", *smb]) == (20, 2.5)
    assert found["alarm_tolerance_ratio", *smb] == 1.4
    assert found["alarm_started_timestamp_seconds", *smb] == T0 / 1000 - 600
    assert found["alarm_started_timestamp_seconds", "spike", "", ""] == 0
    assert found["alarm_threshold_log10",] == 8.7
    assert found["alarms_timestamp_seconds",] == T0 / 1000
    assert {key: n for key, n in found.items() if key[0] == "alarm_streams" and n} == {
        ("alarm_streams", "spike", "ok"): 1,
        ("alarm_streams", "spike", "alarm"): 1,
        ("alarm_streams", "drop", "learning"): 1,
    }
    assert not [key for key in found if key[:2] == ("alarm_active", "drop")]


def test_stale_and_unknown_alarms_have_no_row() -> None:
    """Nobody can conclude anything from an old one."""
    assert shown(None) == {}
    stale = shown(ALARMS.stale())
    assert {key[0] for key in stale} == {"alarms_timestamp_seconds", "alarm_threshold_log10", "alarm_streams"}
    assert stale["alarm_streams", "spike", "stale"] == 2
    no_evidence = Alarms(T0, 8.7, 1, (replace_evidence(OK),))
    assert not [key for key in shown(no_evidence) if key[0] == "alarm_evidence_log10"]


def replace_evidence(stream: StreamState) -> StreamState:
    """Without any evidence."""
    return StreamState(
        stream.alarm, stream.measure, stream.direction, "", "", "ok", None, 0, 0.0, 900_000, 1.25
    )


def test_the_document_has_alarms_once_one_says_something() -> None:
    """And is what it was before."""
    document = snapshot().document()
    assert json.loads(msgspec.json.encode(document)) == json.loads(snapshot().json())
    assert json.loads(snapshot().json())["alarms"] == json.loads(ALARMS.json)
    learning = Alarms(T0, 8.7, 1, (LEARNS,))
    assert "alarms" not in snapshot(learning).document()
    assert "alarms" not in snapshot(None).document()


@pytest.fixture
def tenant(valkey: ValkeyServer) -> Iterator[str]:
    """A tenant of its own, and what is left of it taken away."""
    name = f"alarms-{uuid4().hex}"
    yield name
    with redis.Redis.from_url(valkey.url) as client:
        for key in client.scan_iter(f"crm:{{{name}}}:*"):
            client.delete(key)


def test_redis_and_both_readers_have_them(valkey: ValkeyServer, tenant: str) -> None:
    """As JSON under a key of their own, named in the notice; gone when nothing is known any more."""

    async def play() -> None:
        sink = RedisSink(RedisAddress(valkey.url), tenant)
        async with running(sink), AsyncKpiReader(valkey.url, tenant) as reader:
            changes = reader.watch()
            sink.publish(snapshot())
            change = await anext(changes)
            assert change.alarms == ("spike",)
            found = await reader.alarms()
            assert found is not None
            assert json.loads(ALARMS.json)["streams"][1]["windows"][0]["observed"] == 20
            assert [one.name for one in found.active] == ["spike (segment smb)"]
            assert [one.name for one in found.streams][::2] == ["spike (the whole)", "drop (the whole)"]
            assert (found.t, found.threshold_log10) == (T0, 8.7)
            with KpiReader(valkey.url, tenant) as other:
                assert other.alarms() == found
            again = AsyncKpiReader(valkey.url, tenant)
            async with again:
                standing = await anext(again.watch())
                assert standing.alarms == ("spike",)
            sink.publish(replace(snapshot(None), t_ms=T0 + 1_000, computed_at_ms=T0 + 1_300))

            async def gone() -> bool:
                return await reader.alarms() is None

            await eventually_async(gone, within=10)
            assert (await anext(changes)).alarms == ()

    asyncio.run(play())


def test_http_answers_with_the_same_document() -> None:
    """Or says that nothing is known."""

    async def play() -> None:
        sink = HttpHarness().sink

        async def asked() -> tuple[int, bytes]:
            url = f"http://127.0.0.1:{sink.port}/api/alarms"
            async with aiohttp.ClientSession() as session, session.get(url) as answer:
                return answer.status, await answer.read()

        async with running(sink):
            assert (await asked())[0] == 503
            sink.publish(snapshot(None))
            assert (await asked())[0] == 503
            sink.publish(snapshot())
            assert await asked() == (200, ALARMS.json)

    asyncio.run(play())


# ---- the merger


def series(t_ms: int) -> SeriesPart:
    """Five weeks and more of one churn a slot, up to an instant."""
    end = t_ms // d.SLOT_MS
    rows: dict[Row, bytes] = {(OVERALL, BEFORE): d.pack_count(1_000)}
    first = end // d.SLOTS_A_DAY - 40
    for day in range(first, end // d.SLOTS_A_DAY + 1):
        slots = {
            slot: [1, 0, 0, 0, 0, 0, 0, 0]
            for slot in range(d.SLOTS_A_DAY)
            if day * d.SLOTS_A_DAY + slot < end
        }
        if slots:
            rows[OVERALL, day] = d.pack_day(slots)
    assert (end - first * d.SLOTS_A_DAY) > REACH
    return SeriesPart(end * d.SLOT_MS, rows)


def test_the_merger_adds_alarms_and_withholds_them_with_the_values() -> None:
    """Beside the loop; the same object while nothing changes; stale while a partition is away."""
    merger = Merger(DEFINITION, 2)
    for number in range(2):
        merger.offer(replace(world.part(DEFINITION, number, T0, with_dimensions=True), series=series(T0)))
    first = merger.snapshot(T0 + 100)
    assert first is not None
    assert first.alarms is None
    assert merger.sweeps_wait
    merger.merge_sweeps()
    assert not merger.sweeps_wait
    known = merger.snapshot(T0 + 200)
    assert known is not None
    assert known.alarms is not None
    (stream,) = known.alarms.streams
    assert (stream.status, stream.observed) == ("ok", 2 * (stream.window_ms or 0) // d.SLOT_MS)
    assert stream.evidence_log10 is not None
    assert math.isfinite(stream.evidence_log10)
    again = merger.snapshot(T0 + 300)
    assert again is not None
    assert again.alarms is known.alarms
    away = merger.snapshot(T0 + 60_000)
    assert away is not None
    assert away.condition == "stale"
    assert away.alarms is not None
    assert [one.status for one in away.alarms.streams] == ["stale"]
    later = merger.snapshot(T0 + 61_000)
    assert later is not None
    assert later.alarms is away.alarms
