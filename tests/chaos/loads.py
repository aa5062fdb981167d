"""``python -m tests.chaos.loads``: loads that must not make memory grow, nor values old.

``--only TEXT``, ``--seconds N`` (default 30) of each, ``--backlog MILLIONS`` (default 2). One worker, four
partitions, definition and dimension interval as they come. A row for each: the worker's memory before, at
the most in the first and in the second half, and after; how old values were at worst, and how far behind any
partition.
"""

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from streams.embedded import KafkaCluster
from streams.engine.kafka.client import Client
from tests.chaos.flood import Flood, Stream, essay, garbage, hot_order, new_profile, new_touchpoint, order
from tests.chaos.gauge import Gauge
from tests.chaos.stage import Stage
from tests.support.eventually import eventually

_OTHERS = Stream(order, 1_000)
_WARM_S = 10.0
_DRAIN_S = 1_800.0
_FRESH_S = 5.0
_GROWTH_MB = 40.0


@dataclass(frozen=True)
class Load:
    """One load: its name, what is sent, and what is sent before, so that memory is not that of a start."""

    name: str
    streams: tuple[Stream, ...]
    warm: tuple[Stream, ...] = (_OTHERS,)


LOADS = (  # dimension values: until there are as many as are told apart, memory may grow
    Load("one customer has every second event", (Stream(hot_order, 2_500), Stream(order, 2_500))),
    Load(
        "5,000 new dimension values a second",
        (Stream(new_touchpoint, 3_000), Stream(new_profile, 500), _OTHERS),
        (Stream(new_touchpoint, 1_000), Stream(new_profile, 5_000), _OTHERS),
    ),
    Load("comments of 890,000 bytes", (Stream(essay, 10), _OTHERS), (Stream(essay, 2), _OTHERS)),
    Load("10,000 malformed records a second", (Stream(garbage, 10_000), _OTHERS)),
)
_BACKLOG = "a backlog"


@dataclass(frozen=True)
class Result:
    """What a load did."""

    name: str
    sent: int
    seconds: float
    rss_mb: tuple[float, float, float, float]
    """Before, at the most in each half, after."""
    age_s: float
    """Of the values at worst."""
    lag: int
    """Of the partition that was furthest behind, ever."""

    @property
    def failures(self) -> list[str]:
        """What is not as it must be."""
        _, first, second, _ = self.rss_mb
        found = []
        if second - first > _GROWTH_MB:
            found.append(f"memory went on growing: {first:.0f} MB, then {second:.0f} MB")
        if self.age_s > _FRESH_S:
            found.append(f"values were {self.age_s:.1f} s old")
        return found

    def __str__(self) -> str:
        memory = " | ".join(f"{mb:.0f}" for mb in self.rss_mb)
        rate = self.sent / self.seconds
        age = f"{self.age_s:.1f}" if self.age_s else "-"
        return f"| {self.name} | {self.sent:,} | {rate:,.0f} | {memory} | {age} | {self.lag:,} |"


HEAD = (
    "| load | records | records/s | before, MB | first half | second half | after | oldest value, s | lag |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
)


def under_load(stage: Stage, load: Load, seconds: float) -> Result:
    """Play a load and measure."""
    stage.begin()
    flood = Flood(Client(stage.settings).options, stage.topics)
    flood.play(load.warm, _WARM_S)
    stage.wait_fresh(time.time(), at_least_s=1)
    _applied(stage, flood.sent)
    before, warm = stage.workers[0].rss_mb, flood.sent
    with Gauge(stage) as gauge:
        flood.play(load.streams, seconds)
        _applied(stage, flood.sent)
    return Result(
        load.name,
        flood.sent - warm,
        seconds,
        (before, *gauge.halves, stage.workers[0].rss_mb),
        gauge.oldest_s,
        gauge.lag,
    )


def work_off(stage: Stage, records: int) -> Result:
    """Measure a worker that finds a backlog; its values are withheld meanwhile, so there is no age."""
    flood = Flood(Client(stage.settings).options, stage.topics)
    flood.backlog(records)
    begin = time.time()
    stage.begin()
    eventually(lambda: stage.watch.received, within=_DRAIN_S)
    before = stage.workers[0].rss_mb
    with Gauge(stage) as gauge:
        _applied(stage, records)
    seconds = time.time() - begin
    memory = (before, *gauge.halves, stage.workers[0].rss_mb)
    return Result(f"{_BACKLOG} of {records:,}", records, seconds, memory, 0.0, gauge.lag)


def _applied(stage: Stage, sent: int) -> None:
    def all_applied() -> bool:
        newest = stage.watch.newest
        return newest is not None and not newest.withheld and newest.accounting.received == sent

    eventually(all_applied, within=_DRAIN_S)


def main(arguments: list[str]) -> int:
    """Measure what is asked for; 1 if anything was not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.loads")
    parser.add_argument("--only", default="", help="loads whose name contains this")
    parser.add_argument("--seconds", type=float, default=30, help="of each load (default 30)")
    parser.add_argument("--backlog", type=float, default=2, help="million records (default 2)")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.CRITICAL)  # clients tell of every broker that we kill
    measures: list[tuple[str, Callable[[Stage], Result]]] = [
        (load.name, partial(under_load, load=load, seconds=options.seconds)) for load in LOADS
    ]
    measures.append((_BACKLOG, partial(work_off, records=int(options.backlog * 1_000_000))))
    sys.stdout.write(f"{HEAD}\n")
    failed = False
    with KafkaCluster() as kafka:
        for name, measure in measures:
            if options.only in name:
                failed |= _measured(kafka, measure)
    return int(failed)


def _measured(kafka: KafkaCluster, measure: Callable[[Stage], Result]) -> bool:
    """Measure on a stage of its own, and print; whether anything was not as it must be."""
    with tempfile.TemporaryDirectory(prefix="kpi-streams-loads-") as folder:
        stage = Stage(kafka, Path(folder), seed=1, roles=("all",), definition="")
        del stage.environ["KPI_DIMENSION_INTERVAL"]
        try:
            stage.prepare()
            result = measure(stage)
        finally:
            stage.close()
    lines = [str(result), *(f"    {failure}" for failure in result.failures)]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
    return bool(result.failures)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
