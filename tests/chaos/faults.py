"""Every fault of the suite: what is done to which part of a running service, under load.

A fault hurts something and, where that would not mend by itself, mends it: a killed broker is started again.
Dead workers are the supervisor's business. It never looks at values; judging is done afterwards.
"""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from tests.chaos.processes import Process
from tests.chaos.stage import SESSION_S, Stage
from tests.support.eventually import eventually

_READY_S = 60.0
_READY = ": ready: "
_MS = 1_000
_STEP_MS = 10 * 60 * _MS
_REFUSED = 20


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        name: as in the table.
        act: does it; returns when the world is mended.
        nodes: how many Kafka nodes it needs.
        short: whether it belongs to the short form.
        steered: whether it needs workers with a clock and failpoints.
        proxied: whether it needs a proxy before the broker.
        published: whether published values can be compared at one t afterwards.
    """

    name: str
    act: Callable[[Stage], None]
    nodes: Literal[1, 3] = 1
    short: bool = False
    steered: bool = False
    proxied: bool = False
    published: bool = True


def pause(seconds: float) -> None:
    """Let a fault last, or load flow: the one thing here that only time can tell."""
    time.sleep(seconds)


def _until_ended(process: Process, hurt: Callable[[], None]) -> None:
    """Hurt a process, and wait for its end."""
    before = len(process.ends)
    hurt()
    eventually(lambda: len(process.ends) > before, within=_READY_S)


def _join(stage: Stage) -> None:
    stage.now()
    joined = stage.add_worker()
    eventually(lambda: _READY in joined.told(), within=_READY_S)


def _kill(stage: Stage) -> None:
    victim = stage.worker()
    stage.now()
    _until_ended(victim, lambda: victim.signal(signal.SIGKILL))


def _lose(stage: Stage) -> None:
    stage.now()
    victim = stage.workers.pop(0)
    victim.kill()


def _crash_in_transaction(stage: Stage) -> None:
    victim = stage.worker()
    stage.now()
    _until_ended(victim, lambda: victim.order("crash"))
    victim.withdraw("crash")


def _stall_in_transaction(stage: Stage) -> None:
    victim = stage.worker()
    victim.order("stall")
    eventually(victim.stopped, within=_READY_S)
    stage.now()
    pause(2 * SESSION_S)
    victim.signal(signal.SIGCONT)


def _stop_and_continue(stage: Stage) -> None:
    victim = stage.worker()
    stage.now()
    victim.signal(signal.SIGSTOP)
    pause(2 * SESSION_S)
    victim.signal(signal.SIGCONT)


def _terminate(stage: Stage) -> None:
    victim = stage.worker()
    stage.now()
    _until_ended(victim, lambda: victim.signal(signal.SIGTERM))


def _ready_again(process: Process, before: int) -> bool:
    return process.told().count(_READY) > before


def _rolling_restart(stage: Stage) -> None:
    stage.now()
    for process in stage.workers:
        ready = process.told().count(_READY)
        _until_ended(process, partial(process.signal, signal.SIGTERM))
        eventually(partial(_ready_again, process, ready), within=_READY_S)


def _kill_broker(stage: Stage) -> None:
    stage.now()
    stage.kafka.kill(1)
    pause(2)
    stage.kafka.restart(1)


def _compaction(stage: Stage) -> None:
    for topic in (stage.settings.topic_changelog, stage.settings.topic_totals):
        stage.configure(
            topic,
            cleanup__policy="compact",
            min__compaction__lag__ms="0",
            max__compaction__lag__ms="1000",
            segment__ms="1000",
            segment__bytes="1048576",
            min__cleanable__dirty__ratio="0.01",
            delete__retention__ms="100",
        )
    pause(5)
    eventually(stage.compacted, within=_READY_S)
    _kill(stage)
    pause(5)


def _clock(stage: Stage) -> None:
    stage.now()
    for victim, step in zip(stage.workers, (-_STEP_MS, _STEP_MS), strict=False):
        victim.order("clock", str(step))
        pause(4)
        victim.order("clock", "0")
        pause(2)


def _kill_redis(stage: Stage) -> None:
    stage.now()
    stage.valkey.kill()
    pause(3)
    stage.valkey.restart()


def _hang_redis(stage: Stage) -> None:
    stage.now()
    os.kill(stage.valkey.pid, signal.SIGSTOP)
    pause(8)
    os.kill(stage.valkey.pid, signal.SIGCONT)


def _kill_publisher(stage: Stage) -> None:
    stage.add_publisher()
    stage.now()
    _until_ended(stage.publisher, lambda: stage.publisher.signal(signal.SIGKILL))


def _storage_errors(stage: Stage) -> None:
    proxy = stage.proxy
    if proxy is None:
        raise RuntimeError("no proxy to fail")
    stage.now()
    proxy.failing = True
    eventually(lambda: proxy.refused > _REFUSED, within=_READY_S)
    pause(5)
    proxy.failing = False


def _fail_over(stage: Stage) -> None:
    node = stage.leader(stage.settings.topic_changelog, 0)
    stage.now()
    stage.kafka.kill(node)
    pause(6)
    stage.kafka.restart(node)


def _roll_brokers(stage: Stage) -> None:
    stage.now()
    for node in (1, 2, 3):
        stage.kafka.restart(node)
        pause(3)


def _not_enough_replicas(stage: Stage) -> None:
    """Until a worker says so; or, if each was committing just then, that the next transaction had to wait."""
    topics = (stage.settings.topic_changelog, stage.settings.topic_totals)
    for topic in topics:
        stage.configure(topic, min__insync__replicas="3", cleanup__policy="compact")
    stage.now()
    stage.kafka.kill(3)
    signs = ("NotEnoughReplicas", "flush failed: KafkaTimeoutError")
    eventually(
        lambda: any(sign in worker.told() for worker in stage.workers for sign in signs), within=_READY_S
    )
    pause(5)
    for topic in topics:
        stage.configure(topic, min__insync__replicas="2", cleanup__policy="compact")
    pause(3)
    stage.kafka.restart(3)


def _two_nodes_down(stage: Stage) -> None:
    stage.now()
    stage.kafka.kill(2)
    stage.kafka.kill(3)
    pause(6)
    stage.kafka.restart(2)
    stage.kafka.restart(3)


_BLOWS = (_kill, _terminate, _crash_in_transaction, _stop_and_continue, _kill_broker, _kill_redis)


def _several(stage: Stage) -> None:
    """Three by chance, each into what the one before has left."""
    begin = time.time()
    for act in stage.random.choices(_BLOWS, k=3):
        act(stage)
        pause(stage.random.uniform(0, 3))
    stage.mark = begin


FAULTS = (
    Fault("worker joins", _join),
    Fault("worker killed (kill -9)", _kill, short=True),
    Fault("worker lost for good (kill -9)", _lose),
    Fault("worker killed in the middle of a transaction", _crash_in_transaction, steered=True),
    Fault("worker stopped beyond its session, then continued", _stop_and_continue),
    Fault("worker stopped in the middle of a transaction", _stall_in_transaction, short=True, steered=True),
    Fault("worker ended in order (SIGTERM)", _terminate),
    Fault("rolling restart of all workers", _rolling_restart),
    Fault("clocks of workers 10 min off, and back", _clock, steered=True, published=False),
    Fault("real compaction, aggressive, and kill -9", _compaction),
    Fault("publisher killed (kill -9)", _kill_publisher),
    Fault("Redis killed, restarted empty", _kill_redis),
    Fault("Redis hangs", _hang_redis),
    Fault("broker killed (kill -9) and restarted", _kill_broker),
    Fault("KAFKA_STORAGE_ERROR", _storage_errors, proxied=True),
    Fault("three of these at random", _several, steered=True),
    Fault("leader killed, failover", _fail_over, nodes=3, short=True),
    Fault("brokers restarted one by one", _roll_brokers, nodes=3),
    Fault("NOT_ENOUGH_REPLICAS", _not_enough_replicas, nodes=3),
    Fault("two brokers of three killed and restarted", _two_nodes_down, nodes=3),
)
