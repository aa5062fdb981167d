"""The core by itself on the skewed mix, without Kafka: processor time an event, of both halves.

    python -m bench.skewed_core [--events N] [--ticks N] [--profile]

A worker that catches up asks for no totals; ``--ticks`` takes all of them, and what is told of alarms, every
so many events, as one that is live does. The core is the compiled one under `scripts/on-compiled-core`.
"""

import argparse
import cProfile
import pstats
import time
from collections.abc import Iterable, Iterator

import msgspec

from bench.core import Core
from bench.figures import Figure
from bench.load import END_MS, Batch, by_kind, chunked
from bench.skewed import OTHERS, SKEWED, Mix, skewed_mix
from bench.timing import calibrate
from streams.build import build
from streams.core.partition.sweep.steps import finish
from streams.engine.garbage import calm_collector

_EVENTS = 300_000
_FLUSH_EVERY = 20_000


class _Live(Core):
    """As a worker that is live: totals of everything now and then."""

    def run(self, batches: Iterable[Batch]) -> int:
        """Apply batches; nobody is promised that no totals are asked for."""
        done = 0
        for kind, records in batches:
            self.state.advance(records[-1].timestamp)
            self.state.apply(kind, records)
            done += len(records)
            self._unflushed += len(records)
            if self._unflushed >= self._flush_every:
                self.flush()
        return done

    def flush(self) -> None:
        """What a worker does at a tick."""
        self.state.totals()
        finish(self.state.telling_series())
        super().flush()


def measure(*, quick: bool) -> Iterator[Figure]:
    """The skewed mix and its relatives, and what the second half of it costs."""
    n = 50_000 if quick else _EVENTS
    for mix in (SKEWED, *OTHERS):
        whole, second = _spent(mix, n, 0)
        yield Figure(f"core: {mix.name}", "event", whole)
        if mix is SKEWED:
            yield Figure(f"core: {mix.name}, second half", "event", second)


def batches(mix: Mix, n: int) -> list[Batch]:
    """The mix as fetches bring it."""
    return [batch for chunk in chunked(skewed_mix(n, end_ms=END_MS, mix=mix)) for batch in by_kind(chunk)]


def _core(ticks: int) -> Core:
    return _Live(ticks) if ticks else Core(_FLUSH_EVERY)


def _spent(mix: Mix, n: int, ticks: int) -> tuple[float, float]:
    """Microseconds of processor time an event, of all and of the second half."""
    events, core = batches(mix, n), _core(ticks)
    calm_collector()
    began, half = time.process_time(), len(events) // 2
    first = core.run(events[:half])
    middle = time.process_time()
    second = core.run(events[half:])
    core.flush()
    end = time.process_time()
    return (end - began) / (first + second) * 1e6, (end - middle) / second * 1e6


def main() -> None:
    """Measure what is asked for, and print a line of JSON for each."""
    parser = argparse.ArgumentParser(prog="python -m bench.skewed_core", description=__doc__)
    parser.add_argument("--events", type=int, default=_EVENTS)
    parser.add_argument("--ticks", type=int, default=0, help="events between two evaluations; 0: none")
    parser.add_argument("--profile", action="store_true", help="the calls, under the profiler")
    options = parser.parse_args()
    if options.profile:
        events, core = batches(SKEWED, options.events), _core(options.ticks)
        profiler = cProfile.Profile()
        profiler.runcall(core.run, events)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(40)
        return
    whole, second = _spent(SKEWED, options.events, options.ticks)
    step_us = calibrate() * 1e6
    told = {"core": build().core, "us": round(whole, 2), "second half": round(second, 2), "step": step_us}
    print(msgspec.json.encode(told).decode(), flush=True)


if __name__ == "__main__":
    main()
