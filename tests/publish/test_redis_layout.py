"""What stands in Redis after a write: keys, fields, TTLs, history, changes (docs/contract.md, section 10)."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any
from uuid import uuid4

import pytest
import redis

from streams.client.reader import KpiReader
from streams.core.definition.definition import Definition
from streams.core.kpi.snapshot import Snapshot, build, build_accounting_only
from streams.core.totals import OVERALL, Accounting, Totals
from streams.embedded import ValkeyServer
from streams.publish.redis.sink import RedisSink
from streams.redis_contract.connection import RedisAddress
from tests.publish import world
from tests.publish.sinks import WITHIN_S, running
from tests.publish.world import T0
from tests.support.eventually import eventually_async, patient

DEFINITION = Definition(window_names=("1h", "24h"))
PLACES = ("1h", "24h", "now")
VALUES = ("segment:smb", "plan:pro", "reason:price", "touchpoint:onboarding")


class Written:
    """A tenant of its own in the shared Valkey."""

    def __init__(self, url: str) -> None:
        self.tenant = f"layout-{uuid4().hex}"
        self.prefix = f"crm:{{{self.tenant}}}:"
        self.url = url
        # Any: redis-py's types cannot say that answers come decoded
        self.client: Any = redis.Redis.from_url(url, decode_responses=True)

    def write(self, *snapshots: Snapshot) -> None:
        """Write these one after the other."""

        async def scene() -> None:
            async with self.sink() as write:
                for snapshot in snapshots:
                    await write(snapshot)

        asyncio.run(scene())

    def sink(self) -> "Writer":
        """A sink of its own connection."""
        return Writer(RedisSink(RedisAddress(self.url, timeout_s=WITHIN_S), self.tenant))

    def key(self, rest: str) -> str:
        """A key of the tenant."""
        return self.prefix + rest

    def keys(self) -> set[str]:
        """All keys of the tenant, without the prefix."""
        return {key.removeprefix(self.prefix) for key in self.client.scan_iter(match=self.prefix + "*")}


class Writer:
    """A running sink that is waited for."""

    def __init__(self, sink: RedisSink) -> None:
        self.sink = sink
        self._running = running(sink)

    async def __aenter__(self) -> Callable[[Snapshot], Coroutine[None, None, None]]:
        await self._running.__aenter__()
        return self._write

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._running.__aexit__(kind, error, trace)

    async def _write(self, snapshot: Snapshot) -> None:
        done = self.sink.writes + self.sink.skipped_as_older
        self.sink.publish(snapshot)

        async def written() -> bool:
            return self.sink.writes + self.sink.skipped_as_older > done

        await eventually_async(written, within=WITHIN_S)


@pytest.fixture
def written(valkey: ValkeyServer) -> Written:
    """A tenant of its own."""
    return Written(valkey.url)


def bare(t: int) -> Snapshot:
    """A snapshot without dimension values."""
    totals = Totals(t, {OVERALL: world.vector(DEFINITION, 1)})
    return build(totals, DEFINITION, computed_at_ms=t, partitions={})


def test_a_person_finds_a_value_with_one_command(written: Written) -> None:
    """`HGET crm:{tenant}:kpi:24h churn_ratio` and its parts."""
    written.write(world.snapshot(DEFINITION))
    fields = (
        "churn_ratio",
        *(f"churn_ratio:{p}" for p in ("numerator", "denominator", "n", "low", "high", "status")),
    )
    values = written.client.hmget(written.key("kpi:24h"), fields)
    assert values[:4] == [repr(3 / 47), "3", "47", "47"]
    assert float(values[4]) < 3 / 47 < float(values[5])
    assert values[6] == "ok"


def test_what_the_definition_chose_stands_beside_the_value(written: Written) -> None:
    """Of the whole and of each dimension value, and it follows a definition that chooses otherwise."""
    other = Definition(window_names=("1h", "24h"), formula="simple", nps_basis="responses")
    for definition, formula, basis in ((DEFINITION, "standard", "latest"), (other, "simple", "responses")):
        written.write(world.snapshot(definition))
        with KpiReader(written.url, written.tenant, timeout=WITHIN_S) as reader:
            assert reader.get("churn_ratio").variant == formula
            for dimension, value in ((None, None), ("segment", "smb")):
                readings = reader.get_all("24h", dimension, value)
                found = {kpi: reading.variant for kpi, reading in readings.items() if reading.variant}
                assert found == {"churn_ratio": formula, "nps_score": basis}


def test_each_hash_says_what_it_is_of(written: Written) -> None:
    """t, computed-at, the window's edges and the definition stand in it; now has no edges."""
    written.write(world.snapshot(DEFINITION))
    head = ("t", "computed_at", "start", "end", "definition_version")
    for place in ("kpi:1h", "kpi:1h:segment:smb"):
        values = written.client.hmget(written.key(place), head)
        assert values == [str(T0), str(T0 + 300), str(T0 - 3_600_000), str(T0), "1"]
    assert written.client.hmget(written.key("kpi:now"), head) == [str(T0), str(T0 + 300), "", "", "1"]


def test_every_value_of_the_document_stands_in_its_hash(written: Written) -> None:
    """Nothing is left out, nothing is rounded, null is an empty field."""
    snapshot = world.snapshot(DEFINITION)
    written.write(snapshot)
    document = json.loads(snapshot.json())
    places = {f"kpi:{window}": values for window, values in document["windows"].items()}
    places["kpi:now"] = document["now"]
    for dimension, listed in document["dimensions"].items():
        for value, periods in listed.items():
            places |= {f"kpi:{period}:{dimension}:{value}": kpis for period, kpis in periods.items()}
    for place, kpis in places.items():
        fields = written.client.hgetall(written.key(place))
        for kpi, parts in kpis.items():
            for part, expected in parts.items():
                text = fields.pop(kpi if part == "value" else f"{kpi}:{part}")
                assert text == ("" if expected is None else expected if part == "status" else repr(expected))
            if kpi in document["variants"]:
                assert fields.pop(f"{kpi}:variant") == document["variants"][kpi]
        assert set(fields) == {"t", "computed_at", "start", "end", "definition_version"}


def test_the_keys_are_those_of_the_layout_and_all_expire(written: Written) -> None:
    """The index lists the hashes; what nobody renews is gone in a minute, the history in a day."""
    written.write(world.snapshot(DEFINITION))
    hashes = {f"kpi:{place}" for place in PLACES}
    hashes |= {f"kpi:{place}:{value}" for value in VALUES[:2] for place in PLACES}
    hashes |= {f"kpi:{place}:{value}" for value in VALUES[2:] for place in PLACES[:2]}
    assert written.keys() == hashes | {"snapshot", "index", "history", "version"}
    assert written.client.smembers(written.key("index")) == {written.key(key) for key in hashes}
    for key in hashes | {"snapshot", "index", "version"}:
        assert 50 < written.client.ttl(written.key(key)) <= 60
    assert 86_000 < written.client.ttl(written.key("history")) <= 86_400


def test_the_document_is_there_byte_for_byte(written: Written) -> None:
    """`GET crm:{tenant}:snapshot` is what the HTTP side answers."""
    snapshot = world.snapshot(DEFINITION)
    written.write(snapshot)
    assert written.client.get(written.key("snapshot")).encode() == snapshot.json()


def test_what_is_no_longer_published_is_deleted(written: Written) -> None:
    """Hashes of dimension values that are not in the newest snapshot, and their place in the index."""
    written.write(world.snapshot(DEFINITION), bare(T0 + 1000))
    hashes = {f"kpi:{place}" for place in PLACES}
    assert written.keys() == hashes | {"snapshot", "index", "history", "version"}
    assert written.client.smembers(written.key("index")) == {written.key(key) for key in hashes}


def test_before_the_first_values_only_the_document_is_there(written: Written) -> None:
    """A first catch-up has no KPI, so no hash, and says so."""
    accounting = Accounting(received=5)
    snapshot = build_accounting_only(accounting, DEFINITION, t_ms=T0, computed_at_ms=T0, partitions={})
    written.write(snapshot)
    assert written.keys() == {"snapshot", "version"}
    assert written.client.hget(written.key("version"), "complete") == "0"


def test_dimension_values_are_sent_only_when_they_changed(written: Written) -> None:
    """Ticks that share them leave their hashes as they are, and keep them from expiring."""
    totals = world.whole(DEFINITION, T0)
    first = build(totals, DEFINITION, computed_at_ms=T0, partitions={})
    second = build(
        Totals(T0 + 1000, totals.groups),
        DEFINITION,
        computed_at_ms=T0 + 1000,
        partitions={},
        dimensions=first.dimensions,
    )
    key = written.key("kpi:24h:plan:pro")

    async def scene() -> None:
        async with written.sink() as write:
            await write(first)
            written.client.expire(key, 20)
            await write(second)

    asyncio.run(scene())
    assert written.client.hmget(written.key("kpi:24h"), "t", "computed_at") == [str(T0 + 1000)] * 2
    assert written.client.hmget(key, "t", "computed_at") == [str(T0)] * 2
    assert written.client.ttl(key) > 50


def test_dimension_values_that_redis_lost_are_sent_again(written: Written) -> None:
    """Evicted or deleted by hand: the next tick brings them back."""
    first = world.snapshot(DEFINITION)
    again = first.with_condition("ok", computed_at_ms=T0 + 1000)
    key = written.key("kpi:24h:plan:pro")

    async def scene() -> None:
        async with written.sink() as write:
            await write(first)
            written.client.delete(key)
            await write(again)

    asyncio.run(scene())
    assert written.client.hget(key, "orders") == "40"


def test_the_history_has_one_entry_a_minute(written: Written) -> None:
    """Headline values with their status, under the t that they are of."""
    seconds = (0, 1, 59, 60, 61, 300)
    written.write(*(world.snapshot(DEFINITION, T0 + 1000 * s, size=s + 1) for s in seconds))
    entries = written.client.xrange(written.key("history"))
    assert [name for name, _ in entries] == [f"{T0 + 1000 * s}-0" for s in (0, 60, 300)]
    fields = entries[1][1]
    assert (fields["24h:orders"], fields["24h:orders:status"]) == (str(40 * 61), "ok")
    assert fields["now:active_customers"] == str(50 * 61)
    assert not any("." in field for field in fields)


def test_the_history_keeps_a_day(written: Written) -> None:
    """1,440 entries; the oldest goes for the newest."""
    for minute in range(1440, 0, -1):
        written.client.xadd(written.key("history"), {"x": ""}, id=f"{T0 - 60_000 * minute}-0")
    written.write(world.snapshot(DEFINITION))
    entries = written.client.xrange(written.key("history"))
    assert (len(entries), entries[0][0], entries[-1][0]) == (1440, f"{T0 - 60_000 * 1439}-0", f"{T0}-0")


def test_the_history_goes_on_after_an_outage(written: Written) -> None:
    """Nothing is written for longer than values live: they are gone, the minutes before are not."""
    written.write(world.snapshot(DEFINITION))
    for key in written.keys() - {"history"}:
        written.client.delete(written.key(key))
    written.write(world.snapshot(DEFINITION, T0 + 600_000))
    names = [name for name, _ in written.client.xrange(written.key("history"))]
    assert names == [f"{T0}-0", f"{T0 + 600_000}-0"]


def test_every_write_is_announced(written: Written) -> None:
    """Subscribers of the changes learn t, computed-at, definition and condition."""
    with written.client.pubsub(ignore_subscribe_messages=True) as channel:
        channel.subscribe(written.key("changes"))
        channel.get_message(timeout=patient(WITHIN_S))
        written.write(world.snapshot(DEFINITION))
        message = channel.get_message(timeout=patient(WITHIN_S))
    assert json.loads(message["data"]) == {
        "t": T0,
        "computed_at": T0 + 300,
        "definition_version": "1",
        "condition": "ok",
        "alarms": [],
    }


def test_a_snapshot_of_many_fields_is_written_whole(written: Written) -> None:
    """More keys and fields than one call of Lua takes."""
    groups = tuple((d, f"v{i}") for d in ("segment", "plan", "channel", "region") for i in range(50))
    definition = Definition(max_values=50)
    vectors = {group: world.vector(definition, 1) for group in (*groups, OVERALL)}
    totals = Totals(T0, vectors)
    written.write(build(totals, definition, computed_at_ms=T0, partitions={}))
    assert written.client.scard(written.key("index")) == 6 * (200 + 1)
    assert written.client.hget(written.key("kpi:30d:region:v49"), "orders") == "40"
