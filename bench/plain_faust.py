"""The same work the way Faust's documentation does it: an agent, one event at a time, tables with changelogs.

Decode, drop duplicates, keep a record of each customer, count in buckets of five minutes. It is given what
makes it fast: our decoder's library, tables in memory, raw keys, no web server, no waiting for empty streams.
It computes no KPI, no window and no dimension, publishes nothing, and counts at least once.

The bench starts it as ``python -m bench.plain_faust BOOTSTRAP PREFIX EVENTS DIRECTORY``. It prints, as one
line of JSON, the processor time from the first event to the last, and ends.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

import faust
import msgspec

from bench.stage import PARTITIONS
from streams.core.events import KINDS

_BUCKET_MS = 300_000
_KEPT_IDS = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Event(msgspec.Struct):
    """What is used of an event of any kind."""

    event_id: str
    source: str
    customer_id: str
    occurred_at: int | datetime
    amount: float | str | None = None
    score: int | None = None


_decode = msgspec.json.Decoder(Event).decode


class Counting:
    """Applies events to the tables."""

    def __init__(self, app: faust.App) -> None:
        self._customers = app.Table("customers", partitions=PARTITIONS, key_type=bytes)
        self._buckets = app.Table("buckets", partitions=PARTITIONS)

    def apply(self, topic: str, key: bytes, value: bytes) -> None:
        """Count one event, once."""
        event = _decode(value)
        at_ms = event.occurred_at
        if isinstance(at_ms, datetime):
            at_ms = int((at_ms - _EPOCH).total_seconds() * 1_000)
        kind = topic.rpartition(".")[2]
        customer = self._customers.get(key) or {"ids": [], "last": {}, "counts": {}, "revenue": 0.0}
        event_id = f"{event.source}/{event.event_id}"
        if event_id in customer["ids"]:
            return
        amount = float(event.amount or 0)
        customer["ids"] = [*customer["ids"][1 - _KEPT_IDS :], event_id]
        customer["last"][kind] = max(at_ms, customer["last"].get(kind, 0))
        customer["counts"][kind] = customer["counts"].get(kind, 0) + 1
        customer["revenue"] += amount
        self._customers[key] = customer
        name = f"{kind}-{at_ms - at_ms % _BUCKET_MS}"
        bucket = self._buckets.get(name) or {"events": 0, "revenue": 0.0, "score": 0}
        bucket["events"] += 1
        bucket["revenue"] += amount
        bucket["score"] += event.score or 0
        self._buckets[name] = bucket


class Meter:
    """Processor time between the first and the last event."""

    def __init__(self, events: int) -> None:
        self._events = events
        self._left = events
        self._began = 0.0

    def count(self) -> None:
        """One more event is done; after the last one, tell and end the process."""
        if self._left == self._events:
            self._began = time.process_time()
        self._left -= 1
        if not self._left:
            print(json.dumps({"seconds": time.process_time() - self._began}), flush=True)
            os._exit(0)


def make_app(bootstrap: str, prefix: str, events: int, directory: str) -> faust.App:
    """The app: one agent for all kinds, two tables."""
    app = faust.App(
        f"{prefix}-faust",
        broker=f"kafka://{bootstrap}",
        store="memory://",
        datadir=directory,
        topic_partitions=PARTITIONS,
        topic_replication_factor=1,
        consumer_auto_offset_reset="earliest",
        stream_wait_empty=False,
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    names = [f"{prefix}.{kind}" for kind in KINDS]
    sources = app.topic(*names, key_serializer="raw", value_serializer="raw", partitions=PARTITIONS)
    counting, meter = Counting(app), Meter(events)

    @app.agent(sources)
    async def count(stream: Any) -> None:  # noqa: ANN401 - Faust has no types for it
        async for event in stream.events():
            counting.apply(event.message.topic, event.key, event.value)
            meter.count()

    return app


if __name__ == "__main__":
    bootstrap, prefix, events, directory = sys.argv[1:5]
    worker = faust.Worker(make_app(bootstrap, prefix, int(events), directory), loglevel="WARNING", quiet=True)
    worker.spinner = None
    worker.execute_from_commandline()
