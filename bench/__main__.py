"""What an event costs: ``python -m bench``, or ``make bench ARGS="…"``.

Rules: processor time, not time on the wall; the genuine Kafka is not in it; nothing is tuned for the
benchmark that a worker does not do itself. Prints every figure as it is found.
"""

import argparse
import logging
import sys
from collections.abc import Callable, Iterator, Sequence

from bench import (
    against,
    alarm_counts,
    baseline,
    compiled,
    core,
    customers,
    due,
    history,
    hotspots,
    ingest,
    kafka_streams,
    mapping,
    memory,
    report,
    shares,
    tick,
    worker,
)
from bench.figures import Figure
from bench.stage import BenchError, Servers
from streams.embedded import EmbeddedError

_WITHOUT_KAFKA: dict[str, Callable[..., Iterator[Figure]]] = {
    "core": core.measure,
    "alarms": alarm_counts.measure,
    "mapping": mapping.measure,
    "shares": shares.measure,
    "tick": tick.measure,
    "memory": memory.measure,
    "history": history.measure,
    "customers": customers.measure,
    "due": due.measure,
}
_ON_KAFKA: dict[str, Callable[..., Iterator[Figure]]] = {
    "worker": worker.measure,
    "ingest": ingest.measure,
    "compiled": compiled.measure,
    "faust": against.measure,
    "streams": kafka_streams.measure,
}
_AGAINST = (
    ("worker: mix", "worker: against plain Faust, mix"),
    ("compiled worker: mix", "compiled worker: against plain Faust, mix"),
)


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; 1 if a comparison found a loss or something could not be run."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.ERROR)
    wanted = options.only or [*_WITHOUT_KAFKA, *_ON_KAFKA]
    if report.load() > report.QUIET_LOAD:
        print(f"load {report.load():.1f}: others use this machine, every figure is too dear", file=sys.stderr)
    figures: list[Figure] = []
    try:
        for figure in _measure(wanted, quick=options.quick):
            figures.append(figure)
            print(report.line(figure), flush=True)
    except (BenchError, EmbeddedError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    stored = baseline.load()
    if options.save:
        report.write(baseline.store(figures), hotspots.profile(quick=options.quick))
    if not options.compare:
        return 0
    changes = baseline.compare(figures, stored)
    print("", *changes, sep="\n")
    return int(any(change.is_loss for change in changes))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="What an event costs.")
    parser.add_argument("--quick", action="store_true", help="fewer events and rounds: a look, no figure")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[*_WITHOUT_KAFKA, *_ON_KAFKA],
        help="some of it; from worker on they need Java, compiled and streams a C compiler, too",
    )
    parser.add_argument(
        "--compare", action="store_true", help="exit 1 if a figure is 10 %% dearer than the baseline"
    )
    parser.add_argument(
        "--save", action="store_true", help="make these figures the baseline, and rewrite bench/README.md"
    )
    return parser


def _measure(wanted: Sequence[str], *, quick: bool) -> Iterator[Figure]:
    """Every figure of the groups, then what follows from two of them."""
    found: dict[str, Figure] = {}
    for figure in _groups(wanted, quick=quick):
        found[figure.name] = figure
        yield figure
    plain = found.get(against.NAME)
    for name, times in _AGAINST:
        ours = found.get(name)
        if plain and ours:
            yield Figure(times, "times", plain.value / ours.value, quiet=plain.quiet and ours.quiet)


def _groups(wanted: Sequence[str], *, quick: bool) -> Iterator[Figure]:
    for name in wanted:
        if name in _WITHOUT_KAFKA:
            yield from _noted(_WITHOUT_KAFKA[name](quick=quick))
    on_kafka = [name for name in wanted if name in _ON_KAFKA]
    if on_kafka:
        with Servers() as servers:
            for name in on_kafka:
                yield from _noted(_ON_KAFKA[name](servers, quick=quick))


def _noted(figures: Iterator[Figure]) -> Iterator[Figure]:
    """The figures, each with a note of whether the machine was quiet."""
    for figure in figures:
        quiet = figure.quiet and report.load() <= report.QUIET_LOAD
        yield Figure(figure.name, figure.unit, figure.value, figure.relative, quiet)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
