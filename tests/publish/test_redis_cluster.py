"""Redis Cluster: written and read from any node; and what is told of addresses where nobody is found."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from streams.cli.exits import Exit
from streams.cli.main import run
from streams.client import AsyncKpiReader, KpiReader
from streams.publish.board.history import History
from streams.publish.board.past import Past
from streams.redis_contract.connection import RedisAddress
from streams.rights import Role, redis_rights
from tests.client.test_watch import HOUR, AsyncWatched, Watched, change, snapshot
from tests.publish import world
from tests.publish.fleets import everything_reads, holds, refusal, said_by_both, writer
from tests.publish.sinks import WITHIN_S
from tests.publish.test_redis_tls import tls_in_front_of
from tests.publish.world import T0
from tests.support import redis_fleets
from tests.support.certificates import Certificate
from tests.support.eventually import patient
from tests.support.redis_fleets import SERVICE, Sharded, port_of

SERVERS = "check url, and whether those servers run"
NOBODY = "check url, and whether Redis runs"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Sharded]:
    """A Redis Cluster, which every test leaves whole."""
    with redis_fleets.sharded() as cluster:
        yield cluster


@pytest.mark.parametrize("away", [1, 2])
def test_a_cluster_is_written_and_read_from_a_node_without_the_slot(cluster: Sharded, away: int) -> None:
    """The address names one node, and never the one that holds the tenant."""
    tenant = f"cluster-{uuid4().hex}"
    url = cluster.url((cluster.owner(tenant) + away) % 3)

    async def scene() -> None:
        async with (
            writer(url, tenant) as sink,
            contextlib.aclosing(Watched(url, tenant)) as watched,
            contextlib.aclosing(AsyncWatched(url, tenant)) as twin,
        ):
            for second in (0, 100):
                sink.publish(snapshot(second))
                assert [await watched.next(), await twin.next()] == [change(second)] * 2
                await everything_reads(url, tenant, second)
            assert (sink.writes, sink.failures) == (2, 0)
        history = History(HOUR)
        await asyncio.wait_for(Past(RedisAddress(url), tenant).read_into(history), patient(WITHIN_S))
        assert len(history) == 2

    asyncio.run(scene())


def test_a_slot_that_moves_to_another_node_is_followed(cluster: Sharded) -> None:
    """Connections that are open see MOVED, in and outside of transactions, and the caller does not."""

    async def scene() -> None:
        tenant = f"moves-{uuid4().hex}"
        old = cluster.owner(tenant)
        new = (old + 1) % 3
        url = cluster.url(new)
        async with writer(url, tenant) as sink, AsyncKpiReader(url, tenant) as twin:
            with KpiReader(url, tenant) as reader:
                sink.publish(snapshot(0))
                await holds(lambda: sink.writes == 1)
                assert reader.get("orders", "1h").t_ms == (await twin.get("orders", "1h")).t_ms == T0
                await asyncio.to_thread(cluster.move, tenant, new)
                assert reader.get("orders", "1h").t_ms == (await twin.get("orders", "1h")).t_ms == T0
                sink.publish(snapshot(1))
                await holds(lambda: sink.writes == 2)
                assert len(reader.keys()) == len(await twin.keys()) > 0
            assert sink.failures == 0

    asyncio.run(scene())


def test_a_cluster_that_is_down_is_one_clear_line_until_it_is_back(cluster: Sharded) -> None:
    """One node hangs: the others refuse all slots, the sink waits, and writes on once it is back."""

    async def scene() -> str:
        tenant = f"down-{uuid4().hex}"
        own = cluster.owner(tenant)
        other, url = cluster.nodes[(own + 1) % 3], cluster.url(own)
        async with writer(url, tenant) as sink:
            sink.publish(snapshot(0))
            await holds(lambda: sink.writes == 1)
            os.kill(other.pid, signal.SIGSTOP)
            try:
                await holds(lambda: cluster.is_down(own))
                sink.publish(snapshot(1))
                await holds(lambda: sink.failures > 0)
                said = await said_by_both(url, tenant)
            finally:
                os.kill(other.pid, signal.SIGCONT)
            await holds(lambda: sink.writes == 2)
        await everything_reads(url, tenant, 1)
        return said

    assert asyncio.run(scene()) == f"Redis does not answer (the Redis Cluster is down); {SERVERS}"


def test_the_rights_of_kpi_acls_are_enough_in_a_cluster(cluster: Sharded) -> None:
    """A user of them on every node writes and reads; without the right to ask for slots it is told so."""
    tenant = f"acl-{uuid4().hex}"

    def user(role: Role, *, asks: bool) -> str:
        name = f"{tenant}-{role}-{asks}"
        rules = redis_rights(role, tenant, cluster.url(0) if asks else "redis://")
        for node in cluster.nodes:
            redis_fleets.ask(node.url, "ACL", "SETUSER", name, "reset", "on", ">pw", *rules)
        return cluster.url(0).replace("//", f"//{name}:pw@")

    async def scene() -> str:
        reader = user("reader", asks=True)
        async with (
            writer(user("publisher", asks=True), tenant) as sink,
            contextlib.aclosing(AsyncWatched(reader, tenant)) as watched,
        ):
            sink.publish(snapshot(0))
            assert await watched.next() == change(0)
        await everything_reads(reader, tenant, 0)
        return await said_by_both(user("reader", asks=False), tenant)

    said = asyncio.run(scene())
    assert said.startswith("Redis refuses us (127.0.0.1:")
    assert "forbids us CLUSTER SLOTS: user " in said


def test_kpi_get_reads_through_sentinels_and_a_cluster(
    cluster: Sharded, capsys: pytest.CaptureFixture[str]
) -> None:
    """An address that cannot be ends with 2, one where nobody answers with 3, in one line."""
    tenant = f"cli-{uuid4().hex}"

    def get(url: str) -> tuple[int, str, int]:
        code = run(("get", "orders", "--window", "1h", "--tenant", tenant, "--redis", url))
        out, err = capsys.readouterr()
        return code, out, err.count("\n")

    async def write(url: str) -> None:
        now_ms = time.time_ns() // 1_000_000
        async with writer(url, tenant) as sink:
            sink.publish(world.snapshot(HOUR, now_ms, computed_at_ms=now_ms))
            await holds(lambda: sink.writes == 1)

    with redis_fleets.watched() as fleet:
        for url in (fleet.url(), cluster.url(0)):
            asyncio.run(write(url))
            code, out, lines = get(url)
            assert (code, lines) == (Exit.OK, 0)
            assert out.startswith("orders 40 ")
        assert get(fleet.url(service="nobody"))[::2] == (Exit.UNREACHABLE, 1)
    assert get("redis+cluster://127.0.0.1:1")[::2] == (Exit.UNREACHABLE, 1)
    assert get("redis+sentinel://127.0.0.1:1")[::2] == (Exit.USAGE, 1)


@pytest.mark.system("openssl")
def test_tls_reaches_the_nodes_of_a_cluster(tmp_path: Path, cluster: Sharded) -> None:
    """Those that are asked, and the one that holds the tenant; with another authority nothing is read."""
    right, wrong = Certificate.make(tmp_path, "right"), Certificate.make(tmp_path, "wrong")
    owner = cluster.nodes[cluster.owner("tls")].url

    async def scene() -> tuple[str, str]:
        async with tls_in_front_of(owner, right) as front:
            url = front.removesuffix("/0").replace("rediss", "rediss+cluster")
            redis_fleets.ask(owner, "CONFIG SET", "cluster-announce-port", url.rpartition(":")[2])
            return await refusal(url, wrong), await refusal(url, right)

    try:
        refused, read = asyncio.run(scene())
    finally:
        redis_fleets.ask(owner, "CONFIG SET", "cluster-announce-port", 0)
    assert read == ""
    assert refused.startswith("Redis refuses us (no Redis Cluster node answers")
    assert "its certificate is not trusted" in refused


def test_what_is_wrong_is_told_in_one_line(cluster: Sharded) -> None:
    """A service nobody knows, nobody there, somebody else there, a cluster asked as if it were one server."""

    async def scene(fleet: redis_fleets.Watched) -> dict[str, str]:
        primary = port_of(fleet.primary)
        plain = cluster.nodes[(cluster.owner("default") + 1) % 3].url
        urls = {
            "wrong service": fleet.url(service="crm"),
            "no sentinel": f"redis+sentinel://127.0.0.1:1,127.0.0.1:2/{SERVICE}",
            "no node": "redis+cluster://:s3cret@127.0.0.1:1",
            "no cluster": f"redis+cluster://127.0.0.1:{primary}",
            "not a sentinel": f"redis+sentinel://127.0.0.1:{primary}/{SERVICE}",
            "one server": plain,
        }
        return {what: await said_by_both(url) for what, url in urls.items()}

    with redis_fleets.watched() as fleet:
        primary = port_of(fleet.primary)
        said = asyncio.run(scene(fleet))
    assert said == {
        what: f"Redis does not answer ({text}); {cure}"
        for what, (text, cure) in {
            "wrong service": (f"the Sentinels watch no service crm; they know {SERVICE}", SERVERS),
            "no sentinel": ("no Sentinel answers at 127.0.0.1:1, 127.0.0.1:2: nothing listens there", NOBODY),
            "no node": ("no Redis Cluster node answers at 127.0.0.1:1: nothing listens there", NOBODY),
            "no cluster": (f"127.0.0.1:{primary} is no Redis Cluster node", SERVERS),
            "not a sentinel": (f"127.0.0.1:{primary} is no Sentinel", SERVERS),
            "one server": ("it is a node of a Redis Cluster", "begin url with redis+cluster://"),
        }.items()
    }
