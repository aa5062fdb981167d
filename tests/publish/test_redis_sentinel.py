"""Redis with Sentinels: written and read like one server, through a failover too."""

import asyncio
import contextlib
import socket
import time
from pathlib import Path
from uuid import uuid4

import pytest

from streams.publish.board.history import History
from streams.publish.board.past import Past
from streams.redis_contract.connection import RedisAddress
from streams.redis_contract.layout import Keys
from tests.client.test_watch import HOUR, AsyncWatched, Watched, change, snapshot
from tests.publish.fleets import TIMEOUT_S, everything_reads, holds, refusal, said_by_both, writer
from tests.publish.sinks import WITHIN_S
from tests.publish.test_redis_tls import tls_in_front_of
from tests.publish.world import T0
from tests.support import redis_fleets
from tests.support.certificates import Certificate
from tests.support.eventually import patient
from tests.support.redis_fleets import SERVICE


def copied(fleet: redis_fleets.Watched, tenant: str) -> bool:
    """Whether the replica holds what was written first."""
    return bool(redis_fleets.ask(fleet.replica.url, "HGET", Keys(tenant).version, "t") == str(T0))


def test_writer_readers_watch_and_history_follow_a_failover(caplog: pytest.LogCaptureFixture) -> None:
    """The primary is killed: the replica is written and read, one line says that Redis was away."""

    async def scene(fleet: redis_fleets.Watched) -> None:
        url, tenant = fleet.url(), f"sentinel-{uuid4().hex}"
        async with (
            writer(url, tenant) as sink,
            contextlib.aclosing(Watched(url, tenant)) as watched,
            contextlib.aclosing(AsyncWatched(url, tenant)) as twin,
        ):
            for second, kill in ((0, True), (100, False)):
                sink.publish(snapshot(second))
                assert [await watched.next(), await twin.next()] == [change(second)] * 2
                await everything_reads(url, tenant, second)
                if kill:
                    await holds(lambda: copied(fleet, tenant))
                    fleet.primary.kill()
        history = History(HOUR)
        await asyncio.wait_for(Past(RedisAddress(url), tenant).read_into(history), patient(WITHIN_S))
        assert len(history) == 2

    with redis_fleets.watched() as fleet:
        asyncio.run(scene(fleet))
    lines = [line.getMessage() for line in caplog.records if line.name == "streams.publish.redis.sink"]
    assert len(lines) <= 2, lines


def test_the_primary_is_left_when_it_is_demoted() -> None:
    """A failover by hand: no connection breaks by itself, and the old primary refuses to be written."""

    async def scene(fleet: redis_fleets.Watched) -> None:
        tenant = f"demoted-{uuid4().hex}"
        async with writer(fleet.url(), tenant) as sink:
            sink.publish(snapshot(0))
            await holds(lambda: sink.writes == 1)
            await asyncio.to_thread(fleet.demote)
            sink.publish(snapshot(1))
            await holds(lambda: sink.writes == 2)
            assert sink.failures == 0
            await everything_reads(fleet.url(), tenant, 1)

    with redis_fleets.watched() as fleet:
        asyncio.run(scene(fleet))


def test_sentinels_with_a_password_are_asked_with_ours(caplog: pytest.LogCaptureFixture) -> None:
    """The password of the data nodes serves there as well; it is in no message."""

    async def scene(fleet: redis_fleets.Watched) -> str:
        redis_fleets.ask(fleet.primary.url, "CONFIG SET", "requirepass", "s3cret-word")
        url = fleet.url().replace("//", "//:s3cret-word@")
        async with writer(url, "default") as sink:
            sink.publish(snapshot(0))
            await holds(lambda: sink.writes == 1)
        await everything_reads(url, "default", 0)
        return await said_by_both(fleet.url().replace("//", "//:wr0ng-word@"))

    with redis_fleets.watched("s3cret-word") as fleet:
        said = asyncio.run(scene(fleet))
    assert "refuses our user or password" in said
    assert not any(word in said + caplog.text for word in ("s3cret", "wr0ng"))


@pytest.mark.system("openssl")
def test_tls_reaches_the_sentinels_and_is_asked_of_the_primary(tmp_path: Path) -> None:
    """The primary of this fleet is plain: it is found over TLS, and then not talked to in the clear."""
    right, wrong = Certificate.make(tmp_path, "right"), Certificate.make(tmp_path, "wrong")

    async def scene(fleet: redis_fleets.Watched) -> tuple[str, str]:
        async with tls_in_front_of(fleet.sentinel.url + "/0", right) as front:
            url = front.removesuffix("/0").replace("rediss", "rediss+sentinel") + f"/{SERVICE}"
            return await refusal(url, wrong), await refusal(url, right)

    with redis_fleets.watched() as fleet:
        refused, found = asyncio.run(scene(fleet))
    assert refused.startswith("Redis refuses us (no Sentinel answers")
    assert "its certificate is not trusted" in refused
    assert found.startswith("Redis does not answer (no answer in time, or it speaks no TLS)")


def test_silent_sentinels_hold_nobody_longer_than_twice_the_timeout() -> None:
    """Eight that take connections and say nothing are together no slower than one."""
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(8)]
        hosts = ",".join(f"127.0.0.1:{each.getsockname()[1]}" for each in silent)
        began = time.monotonic()
        said = asyncio.run(said_by_both(f"redis+sentinel://{hosts}/{SERVICE}"))
        assert time.monotonic() - began < patient(2 * TIMEOUT_S)
    assert said.startswith("Redis does not answer (no Sentinel answers at ")
