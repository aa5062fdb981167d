"""The whole worker on a genuine Kafka: catching up, live, and recovering.

Start-up (interpreter, imports, joining the group) is measured on empty topics and subtracted; what is left is
everything else: reading, decoding, counting, the changelog's transactions, publishing to Redis.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from statistics import median

from bench.figures import Figure, Unit
from bench.load import CUSTOMERS, three_events
from bench.stage import Run, Servers
from bench.timing import Cost, elsewhere, middle
from streams.core.definition.definition import SECOND_MS
from streams.ingest.sender import paced
from streams.simulate import SimRecord, bench_mix, topic_of

_MAKING_US = 60
"""Time to make a record of the mix, at the worst."""


def measure(servers: Servers, *, quick: bool) -> Iterator[Figure]:
    """Processor time of the worker's process."""
    yield from measure_run("worker", partial(Run, servers), quick=quick)


def measure_run(name: str, new_run: Callable[[], Run], *, quick: bool) -> Iterator[Figure]:
    """The same for workers of another kind; ``name``: before each figure's own."""
    rounds, n, customers = (1, 100_000, 20_000) if quick else (3, 500_000, 100_000)
    rate, seconds = (5_000, 5) if quick else (20_000, 15)
    start_s = median(_catch_up(new_run(), []) for _ in range(rounds))
    yield Figure(f"{name}: start, nothing to read", "s", start_s)
    for events, purchases_only in (("purchases", True), ("mix", False)):
        more = partial(_caught_up, new_run, n, start_s, purchases_only=purchases_only)
        yield _figure(f"{name}: {events}", "event", [elsewhere(n, more) for _ in range(rounds)])
    live = elsewhere(rate * seconds, lambda: _live(new_run(), rate, seconds))
    yield _figure(f"{name}: live, ticks of 1 s", "event", [live])
    recover = _recovery(new_run(), customers)
    recoveries = [elsewhere(customers, lambda: recover() - start_s) for _ in range(rounds)]
    yield _figure(f"{name}: recovery", "customer", recoveries)


def _figure(name: str, unit: Unit, costs: list[Cost]) -> Figure:
    found = middle(costs)
    return Figure(name, unit, found.us, found.relative)


def _now_ms() -> int:
    return int(time.time() * SECOND_MS)


def _caught_up(new_run: Callable[[], Run], n: int, start_s: float, *, purchases_only: bool) -> float:
    """Processor time for ``n`` records that are there at the start, without the start itself."""
    records = bench_mix(n, customers=CUSTOMERS, end_ms=_now_ms(), purchases_only=purchases_only)
    return _catch_up(new_run(), records) - start_s


def _catch_up(run: Run, records: Iterable[SimRecord]) -> float:
    """Start a worker on records that are there; its processor time until they are applied."""
    sent = asyncio.run(_prepare(run, records))
    worker = run.worker()
    try:
        return worker.applied(sent)
    finally:
        worker.stop()


def _recovery(run: Run, customers: int) -> Callable[[], float]:
    """A state that a worker left; called, the processor time of another one on it until it is ready."""
    records = (
        SimRecord(topic_of(kind), record.key, record.value, record.timestamp)
        for kind, batch in three_events(customers, _now_ms())
        for record in batch
    )
    _catch_up(run, records)

    def recovered() -> float:
        worker = run.worker()
        try:
            return worker.ready()
        finally:
            worker.stop()

    return recovered


def _live(run: Run, rate: int, seconds: int) -> float:
    """Records of the mix at a rate, each when its time has come; the worker's processor time for them."""
    asyncio.run(run.make_topics())
    worker = run.worker()
    try:
        worker.applied(0)
        n = rate * seconds
        begin_ms = _now_ms() + n * _MAKING_US // 1_000
        end_ms, span_ms = begin_ms + seconds * SECOND_MS, seconds * SECOND_MS
        records = run.renamed(bench_mix(n, customers=CUSTOMERS, end_ms=end_ms, span_ms=span_ms))
        time.sleep(max(0.0, (begin_ms - _now_ms()) / SECOND_MS))
        before = worker.cpu_s
        asyncio.run(_send_live(run, records))
        return worker.applied(n) - before
    finally:
        worker.stop()


async def _prepare(run: Run, records: Iterable[SimRecord]) -> int:
    await run.make_topics()
    return await run.send(records)


async def _send_live(run: Run, records: list[SimRecord]) -> None:
    async with run.sender() as sender:
        async for chunk in paced(records):
            await sender.submit(chunk)
        await sender.drain()
