"""Writes the newest snapshot to Redis, whole or not at all; a Sink.

Rules: one script writes a tick atomically after comparing it with what stands (a smaller t never replaces a
greater one, at equal t the later computed-at wins), renews every TTL and deletes what is no longer published.
Dimension values and the early-warning set are sent only when they changed or Redis lost them. While Redis is
away nothing queues: the newest snapshot is written when it is back. One line is logged when it goes and one
when it comes.

Never: lets Redis hold up anything else, retries an old snapshot, or logs an address with credentials.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import redis
from redis.asyncio import Redis

from streams.core.breakdown import Breakdown
from streams.core.early_warning import EarlyWarning
from streams.core.snapshot import Snapshot
from streams.publish.catalogue import Sample
from streams.publish.connection import BackOff, RedisAddress, answered
from streams.publish.layout import Keys
from streams.publish.redis_fields import (
    KEEP,
    AtRisk,
    Hashes,
    at_risk_members,
    dimension_hashes,
    overall_hashes,
    script_head,
)

Outcome = Literal["written", "older", "incomplete"]

_SCRIPT = Path(__file__).with_name("redis_write.lua")
_log = logging.getLogger(__name__)


class RedisSink:
    """Keeps Redis at the newest snapshot.

    Args:
        address: where Redis is; its timeout bounds every wait for it.
        tenant: whose keys these are.

    Raises:
        ValueError: an address or a tenant that cannot be.
    """

    def __init__(self, address: RedisAddress, tenant: str) -> None:
        # Any: redis-py's types cannot say that answers come decoded
        self._client: Any = Redis.from_url(address.url, retry=address.async_retry(), **address.options())
        self._script = self._client.register_script(_SCRIPT.read_text(encoding="utf-8"))
        self._keys = Keys(tenant)
        self._newest: Snapshot | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._dimensions = _Dimensions(self._keys)
        self._at_risk = _AtRisk()
        self._down_since_s: float | None = None
        self.healthy = False
        """Whether the last write reached Redis."""
        self.writes = 0
        self.failures = 0
        self.skipped_as_older = 0

    async def start(self) -> None:
        """Begin to write what is published."""
        self._task = asyncio.create_task(self._run(), name="redis sink")

    def publish(self, snapshot: Snapshot) -> None:
        """Write this snapshot as soon as Redis is free for it."""
        self._newest = snapshot
        self._wake.set()

    async def stop(self) -> None:
        """End the writer; a write under way is given up."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._client.aclose()

    def samples(self) -> Iterator[Sample]:
        """What the metrics say of this sink."""
        yield Sample("kpi_streams_redis_up", int(self.healthy))
        yield Sample("kpi_streams_redis_writes_total", self.writes)
        yield Sample("kpi_streams_redis_failures_total", self.failures)
        yield Sample("kpi_streams_redis_skipped_total", self.skipped_as_older)

    async def _run(self) -> None:
        back_off = BackOff()
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._newest is None:
                continue
            try:
                outcome = await self._write(self._newest)
            except (redis.RedisError, OSError) as error:
                self._failed(error)
                await asyncio.sleep(back_off.next_s())
                self._wake.set()
            else:
                back_off.reset()
                self._reached(outcome)

    async def _write(self, snapshot: Snapshot) -> Outcome:
        """Write, at first without the dimension values that stand in Redis already.

        Raises:
            redis.RedisError, OSError: Redis did not answer or refused.
        """
        overall = await asyncio.to_thread(overall_hashes, snapshot, self._keys)
        dimensions, digest = await self._dimensions.of(snapshot.dimensions, snapshot.definition_version)
        at_risk = await self._at_risk.of(snapshot.early_warning)
        head = script_head(snapshot, self._keys, digest, at_risk)
        kept = dict.fromkeys(dimensions.packed, KEEP)
        outcome = await self._send(snapshot, head, overall.packed | kept, KEEP)
        if outcome == "incomplete":
            outcome = await self._send(snapshot, head, overall.packed | dimensions.packed, at_risk.packed)
        return outcome

    async def _send(
        self, snapshot: Snapshot, head: bytes, hashes: dict[str, bytes], at_risk: bytes
    ) -> Outcome:
        keys = self._keys
        fixed = [keys.version, keys.index, keys.snapshot, keys.history, keys.at_risk]
        asked = self._script(keys=[*fixed, *hashes], args=[head, snapshot.json(), at_risk, *hashes.values()])
        outcome: Outcome = await answered(asked)
        return outcome

    def _failed(self, error: Exception) -> None:
        self.failures += 1
        self.healthy = False
        if self._down_since_s is None:
            self._down_since_s = time.monotonic()
            _log.warning("Redis cannot be written (%s); everything else goes on", type(error).__name__)

    def _reached(self, outcome: Outcome) -> None:
        self.healthy = True
        if outcome == "older":
            self.skipped_as_older += 1
        else:
            self.writes += 1
        if self._down_since_s is not None:
            away_s = time.monotonic() - self._down_since_s
            self._down_since_s = None
            _log.warning("Redis is back after %.1f s", away_s)


class _Dimensions:
    """The packed hashes of the newest dimension values, made once for all ticks that share them."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._breakdown: Breakdown | None = None
        self._packed: tuple[Hashes, str] = (Hashes({}), "")

    async def of(self, breakdown: Breakdown, definition_version: str) -> tuple[Hashes, str]:
        """The hashes of these values, and their digest."""
        if breakdown is not self._breakdown:
            self._packed = await asyncio.to_thread(self._pack, breakdown, definition_version)
            self._breakdown = breakdown
        return self._packed

    def _pack(self, breakdown: Breakdown, definition_version: str) -> tuple[Hashes, str]:
        hashes = dimension_hashes(breakdown, self._keys, definition_version)
        return hashes, hashes.digest()


class _AtRisk:
    """The packed members of the newest early-warning set, made once for all ticks that share it."""

    def __init__(self) -> None:
        self._warning: EarlyWarning | None = None
        self._members = at_risk_members(None)

    async def of(self, warning: EarlyWarning | None) -> AtRisk:
        """The members of this set."""
        if warning is not self._warning:
            self._members = await asyncio.to_thread(at_risk_members, warning)
            self._warning = warning
        return self._members
