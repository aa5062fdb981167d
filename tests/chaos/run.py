"""One run of one fault: play it under load, let everything settle, judge, and say how it went."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from streams.demo.observe import ObservationError, Observer
from streams.embedded import KafkaCluster
from streams.engine.client import Client
from streams.engine.totals_reader import Told, TotalsReader
from tests.chaos import judge, logs
from tests.chaos.faults import Fault
from tests.chaos.stage import SESSION_S, Stage
from tests.support.eventually import eventually_async

_AFTER_S = SESSION_S + 3
"""Freshness is judged so long after a fault: by then a worker that died is missed."""
_SETTLE_S = 90.0
_SHOWN = 12


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
    fresh_s: float
    """From the fault to the begin of lasting freshness; 0: nothing was interrupted."""
    recovering: bool
    """Whether a partition was shown as recovering meanwhile."""
    exits: list[int]
    """Exit codes of processes that ended."""


def play(fault: Fault, kafka: KafkaCluster, folder: Path, seed: int) -> Outcome:
    """Play a fault and judge it.

    Raises:
        AssertionError: the service does not come back.
    """
    stage = Stage(kafka, folder, seed=seed, steered=fault.steered)
    try:
        stage.open()
        fault.act(stage)
        fresh_s = _time_to_fresh(stage) if fault.published else 0.0
        stage.load.stop()
        return asyncio.run(_judge(fault, stage, seed, fresh_s))
    finally:
        stage.close()


def _time_to_fresh(stage: Stage) -> float:
    since = stage.wait_fresh(stage.mark, at_least_s=_AFTER_S)
    looks = [look for look in stage.watch.looks if look.at >= stage.mark]
    interrupted = any(not look.fresh for look in looks)
    return max(0.0, since - stage.mark) if interrupted else 0.0


async def _judge(fault: Fault, stage: Stage, seed: int, fresh_s: float) -> Outcome:
    since_ms = await settled(stage)
    held = await judge.read_all(stage.settings)
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


async def _published(stage: Stage, held: list[logs.Held], since_ms: int) -> tuple[int, list[str]]:
    urls = {one.name: one.url for one in stage.supervisor.processes if one.alive and one.publishes}
    try:
        async with Observer(stage.valkey.url, stage.definition.tenant, urls, lambda: None) as observer:
            return await judge.published(observer, held, stage.definition, since_ms)
    except ObservationError as error:
        return 0, [str(error)]


async def settled(stage: Stage) -> int:
    """Wait until everything in the source logs is counted, nothing is parked, and dimensions know it too.

    Returns:
        A t (ms) from which on that is so.

    Raises:
        AssertionError: it does not come to that.
    """
    settings = stage.settings
    newest: dict[int, Told] = {}

    def tell(told: Told) -> None:
        newest[told.partition] = told

    reader = TotalsReader(Client(settings), settings.topic_totals, settings.partitions, tell)
    reading = asyncio.create_task(reader.run())
    expected = await logs.ends(settings)
    since: dict[int, int] = {}

    async def all_counted() -> bool:
        return len(newest) == settings.partitions and _counted(newest, expected, since)

    try:
        await eventually_async(all_counted, within=_SETTLE_S)
    except AssertionError as error:
        raise AssertionError(f"{_state(newest)}; {expected} records sent") from error
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    return max(since.values())


def _counted(newest: dict[int, Told], expected: int, since: dict[int, int]) -> bool:
    """Whether all is counted, and dimension totals are of an instant after that was first seen."""
    parts = newest.values()
    received = sum(told.header.accounting.received for told in parts)
    parked = sum(told.header.accounting.parked for told in parts)
    if received != expected or parked or not all(told.header.live for told in parts):
        return False
    for told in parts:
        since.setdefault(told.partition, told.header.t)
    return all((told.header.dimensions_t or 0) >= since[told.partition] for told in parts)


def _state(newest: dict[int, Told]) -> str:
    return ", ".join(
        f"partition {number}: live {told.header.live}, received {told.header.accounting.received}, "
        f"parked {told.header.accounting.parked}, lag {told.header.lag}, t {told.header.t}"
        for number, told in sorted(newest.items())
    )
