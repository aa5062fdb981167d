"""What goes to open pages: in which order, to how many, and what becomes of those that do not read."""

import asyncio
import socket
from collections.abc import Callable

import msgspec
import pytest
from aiohttp import web

from streams.core.definition.definition import Definition
from streams.core.kpi.snapshot import Snapshot
from streams.publish.board import document
from streams.publish.board.board import Board
from streams.publish.board.stream import MOST_PAGES, QUEUED, Broadcast, Page, frame
from tests.publish import world
from tests.publish.board.pages import ASK, EventPage, serving
from tests.publish.world import T0
from tests.support.eventually import eventually_async

DEFINITION = Definition(window_names=("1h", "24h"))
WITHIN_S = 15.0
SHUTDOWN_S = 60.0


def unhurried(runner: type[web.AppRunner]) -> Callable[..., web.AppRunner]:
    """Have a server wait a minute for its open connections."""
    return lambda app, **options: runner(app, **options | {"shutdown_timeout": SHUTDOWN_S})


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that happens in a task."""

    async def holds() -> bool:
        return condition()

    await eventually_async(holds, within=WITHIN_S)


def test_a_new_page_is_told_everything_in_order() -> None:
    """Definition and time first, then dimensions, then values; then what changes, and only that."""

    async def scene() -> list[str]:
        board, page = Board(DEFINITION, clock=lambda: T0), EventPage()
        async with serving(board, DEFINITION) as server:
            snapshot = world.snapshot(DEFINITION, T0)
            server.publish(snapshot)
            await page.open(server.port)
            await until(lambda: "values" in page.names)
            later = snapshot.with_condition("ok", computed_at_ms=T0 + 1_000)
            server.publish(later)
            await until(lambda: page.names.count("values") == 2)
            server.publish(world.snapshot(DEFINITION, T0 + 5_000, 2))
            await until(lambda: page.names.count("values") == 3)
            await page.close()
        return [name for name in page.names if name != "beat"]

    assert asyncio.run(scene()) == ["hello", "dimensions", "values", "values", "dimensions", "values"]


def test_while_nothing_is_published_there_are_beats() -> None:
    """With the server's time, so that a page can tell silence from a lost connection."""

    async def scene() -> list[bytes]:
        board, page = Board(DEFINITION, clock=lambda: T0), EventPage()
        async with serving(board, DEFINITION) as server:
            await page.open(server.port)
            await until(lambda: page.names.count("beat") >= 2)
            await page.close()
        return page.events

    events = asyncio.run(scene())
    beat = events[events.index(b"event: beat") + 1]
    assert msgspec.json.decode(beat.removeprefix(b"data: ")) == {"clock": T0, "reasons": []}


def test_values_are_those_of_the_document() -> None:
    """Every KPI that is shown has the parts that it has in the snapshot."""
    snapshot = world.snapshot(DEFINITION, T0)
    whole = snapshot.document()
    told = msgspec.json.decode(document.encode(document.values(snapshot, ())))
    windows = msgspec.convert(whole["windows"], dict[str, dict[str, object]])
    for window, values in told["windows"].items():
        assert values == {kpi: windows[window][kpi] for kpi in document.SHOWN if kpi in windows[window]}
    assert (told["now"], told["t"], told["partitions"]) == (whole["now"], whole["t"], whole["partitions"])


def test_all_pages_get_the_very_same_bytes() -> None:
    """An event is made once, whoever is listening."""
    broadcast = Broadcast()
    pages = [Page(lambda: None) for _ in range(3)]
    assert all(broadcast.join(page) for page in pages)
    event = frame("values", {"t": 1})
    broadcast.send(event)
    broadcast.end()

    async def read(page: Page) -> list[bytes]:
        return [one async for one in page.events()]

    assert all(asyncio.run(read(page))[0] is event for page in pages)


def test_a_full_queue_cuts_its_page_off_and_no_other() -> None:
    """Bounded: nobody is waited for."""
    cut: list[str] = []
    broadcast = Broadcast()
    slow, quick = Page(lambda: cut.append("slow")), Page(lambda: cut.append("quick"))
    assert broadcast.join(slow)
    for _ in range(QUEUED):
        broadcast.send(b"event")
    assert broadcast.join(quick)
    broadcast.send(b"event")
    assert (cut, len(broadcast), broadcast.dropped) == (["slow"], 1, 1)


def test_there_is_a_limit_on_pages() -> None:
    """The next one is refused until another leaves; after the end all are."""
    broadcast = Broadcast()
    pages = [Page(lambda: None) for _ in range(MOST_PAGES + 1)]
    assert [broadcast.join(page) for page in pages] == [True] * MOST_PAGES + [False]
    broadcast.leave(pages[0])
    assert broadcast.join(pages[-1])
    broadcast.end()
    assert not broadcast.join(pages[0])


def test_a_page_that_does_not_read_is_dropped() -> None:
    """Over a real connection whose reader sleeps; memory stays within the queue, and the metrics say so."""

    async def scene() -> dict[str, float]:
        board = Board(DEFINITION, clock=lambda: T0)
        async with serving(board, DEFINITION) as server:
            with socket.create_connection(("127.0.0.1", server.port)) as sleeper:
                sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                sleeper.sendall(ASK)
                await until(lambda: board.pages == 1)
                snapshot = world.snapshot(DEFINITION, T0)

                async def dropped() -> bool:
                    server.publish(snapshot)
                    return board.dropped == 1

                await eventually_async(dropped, within=60)
            return {sample.name: sample.value for sample in board.samples()}

    assert asyncio.run(scene()) == {
        "kpi_streams_board_pages": 0,
        "kpi_streams_board_pages_dropped_total": 1,
    }


def test_a_page_that_leaves_is_forgotten() -> None:
    """At the next event."""

    async def scene() -> None:
        board, page = Board(DEFINITION), EventPage()
        async with serving(board, DEFINITION) as server:
            await page.open(server.port)
            await until(lambda: board.pages == 1)
            await page.close()

            async def gone() -> bool:
                server.publish(world.snapshot(DEFINITION, T0))
                return board.pages == 0

            await eventually_async(gone, within=WITHIN_S)
            assert board.dropped == 0

    asyncio.run(scene())


def test_stopping_ends_open_pages_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are told, and nobody waits for them to go, however long the server would."""
    monkeypatch.setattr(web, "AppRunner", unhurried(web.AppRunner))

    async def scene() -> float:
        board, page = Board(DEFINITION), EventPage()
        loop = asyncio.get_running_loop()
        async with serving(board, DEFINITION) as server:
            await page.open(server.port)
            await until(lambda: board.pages == 1)
            began = loop.time()
        ended = loop.time() - began
        await page.close()
        return ended

    assert asyncio.run(scene()) < SHUTDOWN_S


def test_no_page_no_work() -> None:
    """Nothing is encoded while nobody looks: the process is not even asked about itself."""
    asked: list[Snapshot] = []

    async def scene() -> None:
        def process() -> tuple[()]:
            asked.append(world.snapshot(DEFINITION, T0))
            return ()

        board = Board(DEFINITION, process=process)
        async with serving(board, DEFINITION) as server:
            server.publish(world.snapshot(DEFINITION, T0))

    asyncio.run(scene())
    assert asked == []
