"""One run of one fault: play it under load, let everything settle, judge, and say how it went."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from streams.demo.observe import ObservationError, Observer
from streams.embedded import KafkaCluster
from streams.settings import Settings
from tests.chaos import judge, logs
from tests.chaos.faults import Fault
from tests.chaos.settling import settled
from tests.chaos.stage import RATE, SESSION_S, Stage

_AFTER_S = SESSION_S + 3
"""Freshness is judged so long after a fault: by then a worker that died is missed."""
_SHOWN = 12
_LOOKS = 5


@dataclass(frozen=True)
class Outcome:
    """How a run went."""

    fault: str
    nodes: int
    seed: int
    events: int
    rate: float
    """Live events a second, on average."""
    compared: int
    """Published values held against the recount, besides totals, customers and accounting."""
    mismatches: list[str]
    fresh_s: float | None
    """From the fault to the begin of lasting freshness; 0: nothing was interrupted; None: not looked at."""
    recovering: bool
    """Whether a partition was shown as recovering meanwhile."""
    exits: list[int]
    """Exit codes of processes that ended."""


def play(fault: Fault, kafka: KafkaCluster, folder: Path, seed: int, rate: float = RATE) -> Outcome:
    """Play a fault under so many live records a second, and judge it.

    Raises:
        AssertionError: the service does not come back.
    """
    stage = Stage(kafka, folder, seed=seed, steered=fault.steered, proxied=fault.proxied, rate=rate)
    try:
        stage.open()
        fault.act(stage)
        fresh_s = _time_to_fresh(stage) if fault.published else None
        stage.load.stop()
        return asyncio.run(_judge(fault, stage, seed, fresh_s))
    finally:
        stage.close()


def _time_to_fresh(stage: Stage) -> float:
    since = stage.wait_fresh(stage.mark, at_least_s=_AFTER_S)
    looks = [look for look in stage.watch.looks if look.at >= stage.mark]
    interrupted = any(not look.fresh for look in looks)
    return max(0.0, since - stage.mark) if interrupted else 0.0


async def _judge(fault: Fault, stage: Stage, seed: int, fresh_s: float | None) -> Outcome:
    since_ms, held = await _read_when_settled(stage.settings)
    found = [line for one in held for line in judge.mismatches(one, stage.definition, stage.secret)]
    compared = 0
    if fault.published:
        compared, told = await _published(stage, held, since_ms)
        found += told
    found += stage.watch.violations
    mark = stage.mark
    return Outcome(
        fault.name,
        fault.nodes,
        seed,
        sum(len(one.sources) for one in held),
        stage.load.live_rate,
        compared,
        found[:_SHOWN],
        fresh_s,
        any(look.recovering for look in stage.watch.looks if look.at >= mark),
        [code for process in stage.supervisor.processes for code in process.ends],
    )


async def _read_when_settled(settings: Settings) -> tuple[int, list[logs.Held]]:
    """A t (ms) from which on everything is counted, and what the logs hold then.

    Read again where a partition has just moved: on a busy machine workers miss heartbeats.
    """
    for _ in range(_LOOKS):
        since_ms = await settled(settings)
        held = await judge.read_all(settings)
        if all(one.live for one in held):
            break
    return since_ms, held


async def _published(stage: Stage, held: list[logs.Held], since_ms: int) -> tuple[int, list[str]]:
    urls = {one.name: one.url for one in stage.supervisor.processes if one.alive and one.publishes}
    try:
        async with Observer(stage.valkey.url, stage.definition.tenant, urls, lambda: None) as observer:
            return await judge.published(observer, held, stage.definition, since_ms)
    except ObservationError as error:
        return 0, [str(error)]
