"""Publishers are killed one after the other: in Redis hardly a tick is missed."""

import signal
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
from redis import Redis

from streams.embedded import KafkaCluster
from streams.publish.layout import Keys, Place
from tests.chaos.processes import Process
from tests.chaos.stage import Stage
from tests.chaos.watch import fetch
from tests.support.eventually import eventually

_TICK_S = 1.0
_MOST_S = 2 * _TICK_S
_POLL_S = 0.01
_TICKS_AFTER = 5
_BACK_S = 40.0


class Gaps(threading.Thread):
    """Notes every instant that appears in Redis, and when (s since the epoch) it did."""

    def __init__(self, url: str, tenant: str) -> None:
        super().__init__(name="gaps", daemon=True)
        self.seen: list[tuple[int, float]] = []
        self._redis = Redis.from_url(url)
        self._key = Keys(tenant).hash(Place("24h"))
        self._end = threading.Event()

    def run(self) -> None:
        """Look until told to stop."""
        while not self._end.wait(_POLL_S):
            t = int(self._redis.hget(self._key, "t") or 0)
            if t and (not self.seen or t != self.seen[-1][0]):
                self.seen.append((t, time.time()))

    def stop(self) -> None:
        """End."""
        self._end.set()
        self.join()
        self._redis.close()

    def longest_s(self) -> float:
        """The longest time from one new instant to the next."""
        moments = [at for _, at in self.seen]
        return max(after - before for before, after in pairwise(moments))


def kill_and_measure(stage: Stage, victim: Process) -> float:
    """How long Redis showed nothing new at most, from before a publisher's kill -9 to some ticks after it."""
    gaps = Gaps(stage.valkey.url, stage.definition.tenant)
    gaps.start()
    try:
        eventually(lambda: len(gaps.seen) > 1, within=_BACK_S)
        before = len(gaps.seen)
        victim.signal(signal.SIGKILL)
        eventually(lambda: len(gaps.seen) > before + _TICKS_AFTER, within=_BACK_S)
    finally:
        gaps.stop()
    instants = [t for t, _ in gaps.seen]
    assert instants == sorted(instants)
    eventually(lambda: victim.alive and fetch(victim.url), within=_BACK_S)
    return gaps.longest_s()


@pytest.mark.timeout(240)
def test_of_three_publishers_any_may_be_killed(kafka: KafkaCluster, tmp_path: Path) -> None:
    """New values come to Redis at most two ticks apart, and never go back."""
    stage = Stage(kafka, tmp_path, seed=1, roles=("worker",), rate=100, customers=100)
    try:
        stage.open()
        publishers = [stage.publisher, stage.add_publisher(), stage.add_publisher()]
        eventually(lambda: all(fetch(publisher.url) for publisher in publishers), within=_BACK_S)
        gaps = [kill_and_measure(stage, publisher) for publisher in publishers]
    finally:
        stage.close()
    assert max(gaps) <= _MOST_S, gaps
