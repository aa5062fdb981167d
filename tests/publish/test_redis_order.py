"""Several writers of one tenant: the newest snapshot stands, whole, whoever wrote last."""

import asyncio
import json
import random

import pytest

from streams.core.definition.definition import Definition
from streams.core.kpi.snapshot import Snapshot
from streams.embedded import ValkeyServer
from tests.publish import world
from tests.publish.test_redis_layout import Written
from tests.publish.world import T0

DEFINITION = Definition(window_names=("1h", "24h"))


@pytest.fixture
def written(valkey: ValkeyServer) -> Written:
    """A tenant of its own."""
    return Written(valkey.url)


def snapshot(second: int, computed_s: int, size: int = 1) -> Snapshot:
    """A snapshot of a second, computed at another."""
    return world.snapshot(DEFINITION, T0 + 1000 * second, size, computed_at_ms=T0 + 1000 * computed_s)


def standing(written: Written) -> tuple[str, str, str]:
    """t, computed-at and a value of what stands."""
    t, computed_at, orders = written.client.hmget(written.key("kpi:24h"), "t", "computed_at", "orders")
    return t, computed_at, orders


def test_a_delayed_writer_never_replaces_a_greater_t(written: Written) -> None:
    """A replica that hung wakes up with an old snapshot: it is skipped, counted, and no failure."""

    async def scene() -> None:
        late = written.sink()
        async with written.sink() as write, late as write_late:
            await write(snapshot(5, 5, size=5))
            await write_late(snapshot(4, 9, size=4))
        assert (late.sink.writes, late.sink.skipped_as_older, late.sink.failures) == (0, 1, 0)
        assert late.sink.healthy

    asyncio.run(scene())
    assert standing(written) == (str(T0 + 5000), str(T0 + 5000), "200")


@pytest.mark.parametrize(("second_s", "stands"), [(4, 5), (6, 6)])
def test_at_equal_t_the_later_computed_at_wins(written: Written, second_s: int, stands: int) -> None:
    """So a change to stale gets through, and an older judgement does not."""
    written.write(snapshot(1, 5), snapshot(1, second_s, size=2))
    assert standing(written) == (
        str(T0 + 1000),
        str(T0 + 1000 * stands),
        "80" if stands == second_s else "40",
    )


def test_any_number_of_writers_in_any_order_leave_the_newest(written: Written) -> None:
    """Each with its own order, at the same time: the greatest (t, computed-at) stands in the end."""
    shuffle = random.Random(7).shuffle  # noqa: S311 - an order, no secret

    async def one(numbers: list[int]) -> None:
        async with written.sink() as write:
            for number in numbers:
                await write(snapshot(number // 3, number, size=number))

    async def scene() -> None:
        orders = [list(range(1, 20)) for _ in range(4)]
        for order in orders:
            shuffle(order)
        await asyncio.gather(*(one(order) for order in orders))

    asyncio.run(scene())
    assert standing(written) == (str(T0 + 6000), str(T0 + 19_000), str(40 * 19))


def test_a_reader_never_sees_two_snapshots_mixed(written: Written) -> None:
    """All keys, read in one transaction while a writer is at work, are of one t."""

    async def scene() -> int:
        seen = set()
        async with written.sink() as write:
            await write(snapshot(0, 0))
            for second in range(1, 40):
                writing = asyncio.create_task(write(snapshot(second, second, size=second)))
                while not writing.done():
                    seen.add(await asyncio.to_thread(one_t, written))
                await writing
        return len(seen)

    assert asyncio.run(scene()) > 5


def one_t(written: Written) -> int:
    """The t of everything, read at once.

    Raises:
        AssertionError: there are several.
    """
    question = written.client.pipeline(transaction=True)
    for place in ("kpi:1h", "kpi:24h", "kpi:now", "kpi:1h:plan:pro", "version"):
        question.hget(written.key(place), "t")
    question.get(written.key("snapshot"))
    *instants, document = question.execute()
    assert {*map(int, instants)} == {json.loads(document)["t"]}
    return int(instants[0])
