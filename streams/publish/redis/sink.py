"""Writes the newest snapshot to Redis, whole or not at all; a Sink.

Rules: one script writes a tick atomically after comparing it with what stands (a smaller t never replaces a
greater one, at equal t the later computed-at wins), renews every TTL and deletes what is no longer published.
Dimension values and the early-warning set are sent only when they changed or Redis lost them. While Redis is
away nothing queues: the newest snapshot is written when it is back. A tenant has one owner, the deployment
whose values stand there; another one is refused until they have expired. One line is logged when Redis, or
the tenant, is lost and one when it is back; in between, one for each refusal that only a person can mend.

Never: lets Redis hold up anything else, retries an old snapshot, or logs an address with credentials.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, cast

import redis

from streams.core.kpi.breakdown import Breakdown
from streams.core.kpi.early_warning import EarlyWarning
from streams.core.kpi.snapshot import Snapshot
from streams.publish.prometheus.metrics import Sample
from streams.publish.redis.fields import (
    KEEP,
    Hashes,
    PackedAtRisk,
    at_risk_members,
    dimension_hashes,
    overall_hashes,
    script_head,
)
from streams.redis_contract.connection import BackOff, RedisAddress, answered
from streams.redis_contract.failures import SETTINGS, Cause
from streams.redis_contract.layout import Keys

Outcome = Literal["written", "older", "incomplete"]
_FOREIGN = "foreign:"
_MOST_TOLD = 8
"""Lines about one and the same trouble."""

_SCRIPT = Path(__file__).with_name("write.lua")
_log = logging.getLogger(__name__)


class ForeignOwnerError(Exception):
    """Another deployment writes this tenant; the argument is its name."""


class RedisSink:
    """Keeps Redis at the newest snapshot.

    Args:
        address: where Redis is; its timeout bounds every wait for it.
        tenant: whose keys these are.
        owner: names the deployment that writes, equal for its replicas and over restarts.

    Raises:
        ValueError: an address or a tenant that cannot be.
    """

    def __init__(self, address: RedisAddress, tenant: str, owner: Callable[[], str] = str) -> None:
        self._explain = address.explain
        self._client = address.async_client(tenant)
        self._script = self._client.register_script(_SCRIPT.read_text(encoding="utf-8"))
        self._keys = Keys(tenant)
        self._owner = owner
        self._newest: Snapshot | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._dimensions = _Dimensions(self._keys)
        self._at_risk = _LastAtRisk()
        self._down_since_s: float | None = None
        self._told: set[str] = set()
        """What was said of the trouble that there is."""
        self.healthy = False
        """Whether the last write reached Redis."""
        self.foreign: str | None = None
        """Why nothing is written: another deployment owns the tenant."""
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
        yield Sample("kpi_streams_redis_foreign", int(self.foreign is not None))
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
            except ForeignOwnerError as error:
                self._refused(str(error))
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
            ForeignOwnerError: another deployment writes this tenant.
        """
        overall = await asyncio.to_thread(overall_hashes, snapshot, self._keys)
        dimensions, digest = await self._dimensions.of(snapshot)
        at_risk = await self._at_risk.of(snapshot.early_warning)
        head = script_head(snapshot, self._keys, self._owner(), digest, at_risk)
        kept = dict.fromkeys(dimensions.packed, KEEP)
        outcome = await self._send(snapshot, head, overall.packed | kept, KEEP)
        if outcome == "incomplete":
            outcome = await self._send(snapshot, head, overall.packed | dimensions.packed, at_risk.packed)
        return outcome

    async def _send(
        self, snapshot: Snapshot, head: bytes, hashes: dict[str, bytes], at_risk: bytes
    ) -> Outcome:
        keys = self._keys
        fixed = [keys.version, keys.index, keys.snapshot, keys.history, keys.at_risk, keys.alarms]
        asked = self._script(keys=[*fixed, *hashes], args=[head, snapshot.json(), at_risk, *hashes.values()])
        outcome: str = await answered(asked)
        if outcome.startswith(_FOREIGN):
            raise ForeignOwnerError(outcome.removeprefix(_FOREIGN))
        return cast("Outcome", outcome)

    def _refused(self, other: str) -> None:
        self.healthy = False
        known = self.foreign
        self.foreign = (
            f"tenant {self._keys.tenant} in Redis is written by {other}, not by {self._owner()}: "
            "give one of them another tenant (definition) or another KPI_REDIS_URL, or stop the other one"
        )
        if known != self.foreign:
            _log.error("%s", self.foreign)

    def _failed(self, error: Exception) -> None:
        self.failures += 1
        self.healthy = False
        failure = self._explain(error)
        if self._down_since_s is None:
            self._down_since_s = time.monotonic()
        elif failure.cause is not Cause.REFUSED or failure.why in self._told or len(self._told) >= _MOST_TOLD:
            return
        self._told.add(failure.why)
        cure = failure.cured(SETTINGS)
        _log.warning("Redis cannot be written (%s); everything else goes on; %s", failure.why, cure)

    def _reached(self, outcome: Outcome) -> None:
        self.healthy = True
        if self.foreign is not None:
            self.foreign = None
            _log.warning("tenant %s in Redis is free again and written from now on", self._keys.tenant)
        if outcome == "older":
            self.skipped_as_older += 1
        else:
            self.writes += 1
        if self._down_since_s is not None:
            away_s = time.monotonic() - self._down_since_s
            self._down_since_s = None
            self._told.clear()
            _log.warning("Redis is back after %.1f s", away_s)


class _Dimensions:
    """The packed hashes of the newest dimension values, made once for all ticks that share them."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._breakdown: Breakdown | None = None
        self._packed: tuple[Hashes, str] = (Hashes({}), "")

    async def of(self, snapshot: Snapshot) -> tuple[Hashes, str]:
        """The hashes of its values by dimension, and their digest."""
        if snapshot.dimensions is not self._breakdown:
            self._packed = await asyncio.to_thread(self._pack, snapshot)
            self._breakdown = snapshot.dimensions
        return self._packed

    def _pack(self, snapshot: Snapshot) -> tuple[Hashes, str]:
        hashes = dimension_hashes(snapshot, self._keys)
        return hashes, hashes.digest()


class _LastAtRisk:
    """The packed members of the newest early-warning set, made once for all ticks that share it."""

    def __init__(self) -> None:
        self._warning: EarlyWarning | None = None
        self._members = at_risk_members(None)

    async def of(self, warning: EarlyWarning | None) -> PackedAtRisk:
        """The members of this set."""
        if warning is not self._warning:
            self._members = await asyncio.to_thread(at_risk_members, warning)
            self._warning = warning
        return self._members
