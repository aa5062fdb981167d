"""Whatever Redis has against us: commands, readers and the worker's log say it, with what to change."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from streams.cli.exits import Exit
from streams.client import AsyncKpiReader, DeniedError, KpiReader, UnavailableError
from streams.embedded import ValkeyServer, free_port
from streams.publish.board.history import History
from streams.publish.board.past import Past
from streams.publish.redis.sink import RedisSink
from streams.redis_contract.connection import RedisAddress
from streams.redis_contract.failures import ARGUMENTS, SETTINGS, Cause
from streams.rights import redis_rights
from tests.cli.conftest import Kpi, kpi
from tests.publish import world
from tests.publish.redis_arranged import KEYS, TENANT, Access, Place
from tests.publish.redis_troubles import TROUBLES
from tests.publish.sinks import DEFINITION, WITHIN_S, running
from tests.publish.test_redis_faults import failing, lines
from tests.publish.world import T0
from tests.support.certificates import Certificate
from tests.support.eventually import eventually_async

__all__ = ["kpi"]
pytestmark = pytest.mark.system("openssl")

CODES = {Cause.UNREACHABLE: Exit.UNREACHABLE, Cause.REFUSED: Exit.DENIED, Cause.FAILED: Exit.FAILED}
READING = {
    "get": ("get", "orders", "--tenant", TENANT),
    "watch": ("watch", "--tenant", TENANT),
    "explain": ("explain", "orders", "--tenant", TENANT),
}
"""Every command that reads values from Redis. ``kpi explain`` reads one key alone."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A Valkey that tests may trouble, with certificates to stand before it."""
    folder = tmp_path_factory.mktemp("troubles")
    with ValkeyServer() as server:
        yield Place(server, *(Certificate.make(folder, name) for name in ("right", "wrong")))


def address_of(access: Access) -> RedisAddress:
    """For the worker."""
    return RedisAddress(
        access.url, access.username or None, access.password or None, access.ca_file or None, access.wait_s
    )


def environ_of(access: Access) -> dict[str, str]:
    """The same as settings; Kafka is not there, and is not needed."""
    return {
        "KPI_REDIS_URL": access.url,
        "KPI_REDIS_USERNAME": access.username,
        "KPI_REDIS_PASSWORD": access.password,
        "KPI_REDIS_CAFILE": access.ca_file,
        "KPI_REDIS_TIMEOUT": f"{access.wait_s * 1000:.0f}ms",
        "KPI_BROKERS": f"127.0.0.1:{free_port()}",
        "KPI_DEMO": "true",
    }


def options_of(access: Access) -> dict[str, Any]:
    """The same as arguments of a reader."""
    given = {"username": access.username, "password": access.password, "ca_file": access.ca_file}
    return {name: text for name, text in given.items() if text} | {"timeout": access.wait_s}


@pytest.mark.parametrize("name", [name for name, trouble in TROUBLES.items() if trouble.who != "writer"])
def test_readers_and_commands_say_what_to_change(place: Place, kpi: Kpi, name: str) -> None:
    """An error of ours with its cause; one line and the exit code of its kind; no secret, no traceback."""
    trouble = TROUBLES[name]
    with trouble.arranged(place) as access:
        kind = DeniedError if trouble.cause is Cause.REFUSED else UnavailableError
        with KpiReader(access.url, TENANT, **options_of(access)) as reader, pytest.raises(kind) as raised:
            reader.get("orders")
        assert asyncio.run(said_by_the_twin(access)) == str(raised.value)
        assert isinstance(raised.value.__cause__, redis.RedisError)
        assert trouble.says in str(raised.value)
        assert ARGUMENTS.get(trouble.change, trouble.change) in str(raised.value)
        for command in ("get",) if trouble.who == "values" else READING:
            ran = kpi(*READING[command], **environ_of(access))
            assert (ran.code, ran.err.count("\n")) == (CODES[trouble.cause], 1), ran.err
            assert trouble.says in ran.err
            assert SETTINGS.get(trouble.change, trouble.change) in ran.err
        if trouble.who == "all":
            ran = kpi("doctor", "--json", **environ_of(access))
            (found,) = [one for one in json.loads(ran.out)["findings"] if one["check"] == "redis"]
            assert (found["verdict"], trouble.says in found["says"]) == ("fail", True), found
            assert SETTINGS.get(trouble.change, trouble.change) in found["cure"]
        assert "not-the-word" not in ran.out + ran.err + str(raised.value)


async def said_by_the_twin(access: Access) -> str:
    """What the reader of asyncio says."""
    async with AsyncKpiReader(access.url, TENANT, **options_of(access)) as reader:
        with pytest.raises(UnavailableError) as raised:
            await reader.get("orders")
    return str(raised.value)


@pytest.mark.parametrize("name", TROUBLES)
def test_the_worker_says_it_once(place: Place, caplog: pytest.LogCaptureFixture, name: str) -> None:
    """One line with the setting, not one a tick; the metric says that Redis is not written."""
    trouble = TROUBLES[name]

    async def scene(access: Access) -> dict[str, float]:
        sink = RedisSink(address_of(access), TENANT)
        async with running(sink):
            sink.publish(world.snapshot(DEFINITION))
            await failing(sink, times=2 if access.url.startswith("redis://127") else 1)
            return {sample.name: sample.value for sample in sink.samples()}

    with trouble.arranged(place) as access:
        told = asyncio.run(scene(access))
    (line,) = lines(caplog)
    assert line.startswith("Redis cannot be written (")
    assert trouble.says in line
    assert SETTINGS.get(trouble.change, trouble.change) in line
    assert told["kpi_streams_redis_up"] == 0
    assert told["kpi_streams_redis_failures_total"] >= 1


def test_a_full_redis_is_written_all_the_same(place: Place) -> None:
    """A script that has begun to delete is not stopped: what it frees is more than what it takes."""

    async def scene() -> int:
        sink = RedisSink(RedisAddress(place.url), TENANT)
        async with running(sink):
            sink.publish(world.snapshot(DEFINITION))
            await written(sink)
        return sink.failures

    with redis.Redis.from_url(place.url) as client:
        client.config_set("maxmemory", 1)
        try:
            with pytest.raises(redis.exceptions.OutOfMemoryError):
                place.ask("SET", "more", "x")
            assert asyncio.run(scene()) == 0
        finally:
            client.config_set("maxmemory", 0)


async def written(sink: RedisSink) -> None:
    """Wait until it was."""

    async def done() -> bool:
        return sink.healthy

    await eventually_async(done, within=WITHIN_S)


def test_one_refusal_behind_another_is_told_and_so_is_the_end(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """A person who mends one thing hears of the next; then that all is well."""
    rules = redis_rights("publisher", TENANT)

    def allow(*more: str) -> None:
        place.ask("ACL", "SETUSER", "steps", "reset", "on", ">pw", *rules, *more)

    async def told(count: int) -> None:
        async def enough() -> bool:
            return len(lines(caplog)) >= count

        await eventually_async(enough, within=WITHIN_S)

    async def scene() -> None:
        sink = RedisSink(RedisAddress(place.url, "steps", "pw"), TENANT)
        async with running(sink):
            sink.publish(world.snapshot(DEFINITION))
            for count, lacking in enumerate((("-hmget",), ("-publish",), ()), 1):
                await told(count)
                allow(*lacking)
            await told(4)
            assert sink.healthy

    place.ask("ACL", "SETUSER", "steps", "reset", "off")
    asyncio.run(scene())
    words = ("wrong user or password", "the command hmget", "the command publish", "Redis is back after")
    assert [word in line for word, line in zip(words, lines(caplog), strict=True)] == [True] * 4


def test_a_watch_ends_where_waiting_is_of_no_use(place: Place) -> None:
    """A right that is missing: an error, not a silence for ever."""
    place.ask("ACL", "SETUSER", "deaf", "reset", "on", ">pw", *redis_rights("reader", TENANT), "-subscribe")

    async def all_of_it() -> None:
        async with AsyncKpiReader(place.url, TENANT, username="deaf", password="pw") as reader:  # noqa: S106
            assert [change async for change in reader.watch()]

    refused = pytest.raises(DeniedError, match="user deaf may not run the command subscribe")
    with KpiReader(place.url, TENANT, username="deaf", password="pw") as reader, refused:  # noqa: S106
        assert list(reader.watch())
    with refused:
        asyncio.run(all_of_it())


def test_a_history_that_may_not_be_read_is_told_once(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """The sink, which may write it, says nothing; the board's own line does, and it comes once it may."""
    rules = redis_rights("publisher", TENANT)
    place.ask("ACL", "SETUSER", "past", "reset", "on", ">pw", *rules, "-xrange")
    place.ask("DEL", KEYS.history)
    place.ask("XADD", KEYS.history, f"{T0}-0", "orders", "1")

    async def scene() -> None:
        history = History(DEFINITION)
        past = Past(RedisAddress(place.url, "past", "pw"), TENANT)
        reading = asyncio.create_task(past.read_into(history))

        async def told() -> bool:
            return "xrange" in caplog.text

        await eventually_async(told, within=WITHIN_S)
        place.ask("ACL", "SETUSER", "past", "+xrange")
        await asyncio.wait_for(reading, 60)

    asyncio.run(scene())
    (line,) = [record.getMessage() for record in caplog.records if record.name.endswith("board.past")]
    assert line.startswith("the board has no history yet: Redis refuses us (user past may not run")
