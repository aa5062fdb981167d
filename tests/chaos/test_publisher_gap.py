"""Publishers are killed one after the other: in Redis hardly a tick is missed.

It is no clock that says so, because on a busy machine every tick is late: what is in Redis is held against
what the publishers that live show at that moment; where it is late anyway, against how late it was before.
"""

import signal
import threading
from collections.abc import Sequence
from pathlib import Path

from redis import Redis

from streams.embedded import KafkaCluster
from streams.redis_contract.layout import Keys, Place
from tests.chaos.processes import Process
from tests.chaos.stage import Stage
from tests.chaos.watch import fetch
from tests.support.eventually import eventually

_TICK_MS = 1_000
_MOST_MS = 2 * _TICK_MS
_POLL_S = 0.02
_TICKS = 5
_BACK_S = 40.0


class Behind(threading.Thread):
    """Looks at publishers and then at Redis, again and again: how far behind them Redis is."""

    def __init__(self, redis_url: str, tenant: str, publishers: Sequence[Process]) -> None:
        super().__init__(name="behind", daemon=True)
        self.seen: list[int] = []
        """Every instant that appeared in Redis."""
        self.most_ms = 0
        self._publishers = publishers
        self._redis = Redis.from_url(redis_url)
        self._key = Keys(tenant).hash(Place("24h"))
        self._end = threading.Event()

    def run(self) -> None:
        """Look until told to stop."""
        while not self._end.wait(_POLL_S):
            shown = [found.t for publisher in self._publishers if (found := fetch(publisher.url))]
            t = int(self._redis.hget(self._key, "t") or 0)
            if t and (not self.seen or t != self.seen[-1]):
                self.seen.append(t)
            self.most_ms = max(self.most_ms, *(there - t for there in shown), 0)

    def stop(self) -> None:
        """End."""
        self._end.set()
        self.join()
        self._redis.close()


def kill_and_measure(stage: Stage, victim: Process, others: Sequence[Process]) -> tuple[int, int]:
    """How far (ms) Redis was behind the others at most: in the ticks before a kill -9, and from it on."""
    behind = Behind(stage.valkey.url, stage.definition.tenant, others)
    behind.start()
    try:
        eventually(lambda: len(behind.seen) > _TICKS, within=_BACK_S)
        before, before_ms = len(behind.seen), behind.most_ms
        victim.signal(signal.SIGKILL)
        eventually(lambda: len(behind.seen) > before + _TICKS, within=_BACK_S)
    finally:
        behind.stop()
    assert behind.seen == sorted(behind.seen)
    eventually(lambda: victim.alive and fetch(victim.url), within=_BACK_S)
    return before_ms, behind.most_ms


def test_of_three_publishers_any_may_be_killed(kafka: KafkaCluster, tmp_path: Path) -> None:
    """Redis is at most two ticks behind those that live, and never goes back."""
    stage = Stage(kafka, tmp_path, seed=1, roles=("worker",), rate=100, customers=100)
    try:
        stage.open()
        publishers = [stage.publisher, stage.add_publisher(), stage.add_publisher()]
        eventually(lambda: all(fetch(publisher.url) for publisher in publishers), within=_BACK_S)
        behind_ms = [
            kill_and_measure(stage, victim, [other for other in publishers if other is not victim])
            for victim in publishers
        ]
    finally:
        stage.close()
    assert all(most <= max(_MOST_MS, usual + _TICK_MS) for usual, most in behind_ms), behind_ms
