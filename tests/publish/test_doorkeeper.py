"""Connections that never become requests neither fill the server nor keep others out."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from streams.embedded import free_port
from streams.publish.board.board import Board
from streams.publish.http.doorkeeper import Doorkeeper, most_connections
from streams.publish.http.health import Health
from streams.publish.http.listener import Address
from streams.publish.http.server import HttpServer
from streams.publish.prometheus.exposition import Exposition
from tests.publish.sinks import DEFINITION, running
from tests.support.eventually import eventually_async

HALF = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def serving(*, most: int, head_s: float) -> AsyncIterator[int]:
    """A server with such limits; its port."""
    server = HttpServer(
        Address(port=0),
        Exposition(DEFINITION),
        Board(DEFINITION),
        alive=Health,
        ready=Health,
        most=most,
        head_s=head_s,
    )
    async with running(server):
        yield server.port


async def half_open(port: int, count: int) -> list[Connection]:
    """Connections that have begun a request."""
    made = []
    for _ in range(count):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HALF)
        made.append((reader, writer))
    return made


async def answer(port: int) -> bytes:
    """The first line that a probe gets."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(WHOLE)
    line = await reader.readline()
    writer.close()
    return line


async def is_closed(connection: Connection) -> bool:
    """Whether the server has ended a connection."""
    reader, writer = connection
    try:
        ended = not await asyncio.wait_for(reader.read(1), 0.01)
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    finally:
        if reader.at_eof():
            writer.close()
    return ended


def close(connections: list[Connection]) -> None:
    """End them from this side."""
    for _, writer in connections:
        writer.transport.abort()


def test_a_probe_is_answered_among_half_open_requests() -> None:
    """Ten times as many as there is room for: the oldest go."""

    async def test() -> None:
        async with serving(most=20, head_s=3_600) as port:
            waiting = await half_open(port, 200)
            assert b"200" in await answer(port)

            async def most_are_gone() -> bool:
                return sum([await is_closed(one) for one in waiting[:180]]) >= 180

            await eventually_async(most_are_gone, within=30)
            assert not await is_closed(waiting[-1])
            close(waiting)

    asyncio.run(test())


def test_a_request_that_does_not_come_in_time_is_ended() -> None:
    """Whether nothing comes, or a byte now and then; also a second one of a connection."""

    async def test() -> None:
        async with serving(most=20, head_s=0.5) as port:
            silent = await asyncio.open_connection("127.0.0.1", port)
            (slow,) = await half_open(port, 1)
            again = await asyncio.open_connection("127.0.0.1", port)
            again[1].write(WHOLE.replace(b"close", b"keep-alive"))
            assert b"200" in await again[0].readline()
            await again[0].readuntil(b"}")
            again[1].write(HALF)

            async def all_ended() -> bool:
                if not slow[1].is_closing():
                    slow[1].write(b"x")
                return all([await is_closed(one) for one in (silent, slow, again)])

            await eventually_async(all_ended, within=30)
            assert b"200" in await answer(port)

    asyncio.run(test())


@pytest.mark.parametrize(
    ("asked", "within"),
    [
        pytest.param(WHOLE.replace(b"close", b"keep-alive"), 1, id="idle after an answer"),
        pytest.param(WHOLE.replace(b"close", b"keep-alive") * 40_000, 10, id="answers that nobody reads"),
        pytest.param(
            b"POST /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n", 1, id="half a body"
        ),
    ],
)
def test_whoever_holds_connections_does_not_keep_probes_out(asked: bytes, within: float) -> None:
    """Idle ones give way at once, others after a moment."""

    async def test() -> None:
        async with serving(most=3, head_s=0.5) as port:
            held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
            for reader, writer in held:
                writer.write(asked)
                with suppress(ConnectionError):  # either way, a slow machine: ended before we have read of it
                    await reader.readline()

            async def probed() -> bool:
                try:
                    return b"200" in await answer(port)
                except ConnectionError:
                    return False

            try:
                await eventually_async(probed, within=within)
            finally:
                close(held)

    asyncio.run(test())


def test_an_answer_that_takes_long_is_not_cut_off() -> None:
    """The time is that of the head alone: a page of the board stays open."""

    async def test() -> None:
        async with serving(most=4, head_s=0.2) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert b"200" in await reader.readline()
            for _ in range(8):
                waiting = await half_open(port, 4)
                assert b"200" in await answer(port)
                close(waiting)
            assert not reader.at_eof()
            writer.transport.abort()

    asyncio.run(test())


@pytest.mark.parametrize(("soft", "most"), [(1_024, 512), (600, 344), (256, 16), (10**6, 512)])
def test_the_limit_leaves_descriptors_for_others(
    monkeypatch: pytest.MonkeyPatch, soft: int, most: int
) -> None:
    """By the limit of the process, within bounds."""
    monkeypatch.setattr("resource.getrlimit", lambda _: (soft, soft))
    assert most_connections() == most


def test_a_keeper_without_room_refuses_the_newest() -> None:
    """Where everybody is at work."""

    class Working:
        _messages = ("a request",)
        _current_request = None

    keeper = Doorkeeper(Working, most=1)
    first, second = keeper(), keeper()
    assert keeper.admit(first)
    assert not keeper.admit(second)
    assert (len(keeper), keeper.closed) == (1, 1)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[tuple[int, Path, "subprocess.Popen[bytes]"]]:
    """A publisher with few descriptors, and no Kafka to read."""
    port, log = free_port(), tmp_path / "log"
    environ = {"KPI_DEMO": "true", "KPI_ROLE": "publisher", "KPI_REDIS_URL": "", "KPI_HTTP_PORT": str(port)}
    environ["KPI_BROKERS"] = f"127.0.0.1:{free_port()}"
    with log.open("wb") as file:
        process = subprocess.Popen(
            ["sh", "-c", f"ulimit -n 1024; exec {sys.executable} -m streams.cli.main worker"],
            env=os.environ | environ,
            stderr=file,
        )
    yield port, log, process
    process.terminate()
    process.wait(20)


def test_bad_requests_leave_nothing_in_the_log(worker: tuple[int, Path, "subprocess.Popen[bytes]"]) -> None:
    """Neither a line each, nor what they sent."""
    port, log, _ = worker

    async def test() -> None:
        async def up() -> bool:
            try:
                return b"200" in await answer(port)
            except ConnectionError:
                return False

        await eventually_async(up, within=60)
        for _ in range(300):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"G\x00T /personal-data HTTP/9\r\n\r\n")
            assert b"400" in await reader.readline()
            writer.transport.abort()

    asyncio.run(test())
    assert "personal-data" not in log.read_text()
    assert log.read_text().count("\n") < 20
