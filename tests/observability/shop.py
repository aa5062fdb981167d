"""A simulated business, live on two pages: its records are applied as they arrive, and shown every second.

The core, the snapshot, the exposition and the HTTP server are the product's own; only Kafka is left out.
"""

import asyncio
import threading
import time
from collections.abc import Iterator
from itertools import groupby
from types import TracebackType
from typing import Self

from streams.core.customer.identity import Identity
from streams.core.definition.definition import HOUR_MS, Definition
from streams.core.events import Kind
from streams.core.kpi.alarm_watch import AlarmWatch, Row, SeriesPart
from streams.core.kpi.breakdown import named_values
from streams.core.kpi.snapshot import build
from streams.core.partition.state import PartitionState
from streams.core.partition.sweep.steps import finish
from streams.engine.ownership.stats import Stats
from streams.publish.board.board import Board
from streams.publish.http.health import Health
from streams.publish.http.listener import Address
from streams.publish.http.server import HttpServer
from streams.publish.prometheus.exposition import Exposition
from streams.publish.prometheus.metrics import Sample
from streams.replay.recount import SOURCE_TOPICS
from streams.simulate import Business, SimRecord, Spike
from tests.support.eventually import patient

TICK_S = 1.0
_AHEAD_MS = 240_000
_HISTORY_STEP_MS = 12 * HOUR_MS
"""How far the clock goes at once in the history; what arrives after it has passed is late, as it is live."""
_PAGES = 2


class Shop:
    """A context manager; ``addresses`` are those of its two pages.

    Args:
        customers: how many.
        days: of history, applied at the start.
        spike: begins so many seconds after the start (below 0: before it); None: none.
        factor: of the spike.
    """

    def __init__(self, customers: int, days: int, *, spike: float | None = None, factor: float = 1.0) -> None:
        self.started_s = time.time()
        now = int(self.started_s * 1000)
        planned = None
        if spike is not None:
            ahead_ms = _AHEAD_MS - min(0, int(spike * 1000))
            planned = Spike("smb", now + int(spike * 1000), factor, ahead_ms)
        business = Business(7, customers, days, now + _AHEAD_MS, spike=planned)
        self._history_ms = range(business.start_ms, now, _HISTORY_STEP_MS)
        self._records = _Arrivals(business)
        self._definition = Definition()
        self._state = PartitionState(self._definition, Identity(b"shop"))
        self._watch = AlarmWatch(self._definition)
        self._rows: dict[Row, bytes] = {}
        self._stats = Stats()
        self._boards = [Board(self._definition) for _ in range(_PAGES)]
        self._expositions = [Exposition(self._definition, self._process) for _ in range(_PAGES)]
        self._servers = [
            HttpServer(Address(port=0), exposition, board, alive=Health, ready=Health)
            for exposition, board in zip(self._expositions, self._boards, strict=True)
        ]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))
        self._ready = threading.Event()
        self._ended = threading.Event()

    @property
    def addresses(self) -> list[str]:
        """Host and port of each page."""
        return [f"127.0.0.1:{server.port}" for server in self._servers]

    def __enter__(self) -> Self:
        for instant in self._history_ms:
            self._go_on(instant)
        self._tick()
        self._thread.start()
        assert self._ready.wait(patient(30))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._loop.close()

    async def _run(self) -> None:
        for server in self._servers:
            await server.start()
        self._ready.set()
        while not self._ended.is_set():
            self._tick()
            await asyncio.sleep(TICK_S)
        for server in self._servers:
            await server.stop()

    def _tick(self) -> None:
        now = int(time.time() * 1000)
        began = time.perf_counter()
        self._go_on(now // 1000 * 1000)
        totals = self._state.totals()
        named = named_values(totals.groups, self._definition)
        snapshot = build(
            totals,
            self._definition,
            computed_at_ms=now,
            partitions={"0": {"lag": 0, "state": "ok"}},
            sweeps=self._state.sweep(named),
            alarms=self._watch.judge([self._series()], named),
        )
        self._stats.flushed(time.perf_counter() - began)
        for exposition in self._expositions:
            exposition.publish(snapshot)

    def _series(self) -> SeriesPart:
        """The counts for alarms, with what has changed."""
        for group, day, packed in finish(self._state.telling_series()):
            if packed is None:
                self._rows.pop((group, day), None)
            else:
                self._rows[group, day] = packed
        return SeriesPart(self._state.clock, dict(self._rows))

    def _go_on(self, clock_ms: int) -> None:
        """Apply what has arrived by then, and move the clock there."""
        for kind, records in self._records.until(clock_ms):
            self._state.apply(kind, records)
            self._stats.records[f"crm.customer.{kind}.v1"] += len(records)
            self._stats.batches["taken"] += 1
        self._state.advance(clock_ms)

    def _process(self) -> Iterator[Sample]:
        """What a worker that is well says of itself."""
        for name, labels, value in self._stats.samples():
            yield Sample(name, value, labels)
        yield from self._boards[0].samples()
        ticks = self._stats.flushes["committed"]
        of_partition = {"partition": "0"}
        yield Sample("kpi_streams_partitions_owned", 1)
        yield Sample("kpi_streams_partitions_live", 1)
        yield Sample("kpi_streams_commit_age_seconds", 0.4, of_partition)
        yield Sample("kpi_streams_recovery_seconds", 1.5, of_partition)
        yield Sample("kpi_streams_owned_lag", 0, of_partition)
        yield Sample("kpi_streams_snapshots_total", ticks)
        yield Sample("kpi_streams_snapshot_seconds_total", self._stats.flush_seconds_total)
        yield Sample("kpi_streams_totals_refused_total", 0)
        yield Sample("kpi_streams_redis_up", 1)
        yield Sample("kpi_streams_redis_writes_total", ticks)
        yield Sample("kpi_streams_redis_failures_total", 0)
        yield Sample("kpi_streams_redis_skipped_total", 0)
        yield Sample("kpi_streams_redis_foreign", 0)


class _Record:
    """A record as the core takes it."""

    __slots__ = ("key", "timestamp", "value")

    def __init__(self, record: SimRecord) -> None:
        self.key, self.value, self.timestamp = record.key, record.value, record.timestamp_ms


class _Arrivals:
    """The records of a business in the order of their arrival, taken as time goes on."""

    def __init__(self, business: Business) -> None:
        self._history = business.history()
        self._next = next(self._history, None)

    def until(self, now_ms: int) -> Iterator[tuple[Kind, list[_Record]]]:
        """What has arrived by now, in batches of one kind."""
        for topic, records in groupby(self._taken(now_ms), key=lambda record: record.topic):
            yield SOURCE_TOPICS[topic], [_Record(record) for record in records]

    def _taken(self, now_ms: int) -> Iterator[SimRecord]:
        while self._next is not None and self._next.timestamp_ms <= now_ms:
            yield self._next
            self._next = next(self._history, None)
