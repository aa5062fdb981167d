"""The skewed mix side by side: Kafka Streams, our worker and plain Faust, on the same topics of one Kafka.

Processor time of each whole process, from the first event to the last one committed, start excluded; and that
of the second half by itself, when code is warm and state is large. Kafka Streams (`Counting.java`) does less:
see there.
"""

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench import against
from bench.figures import Figure
from bench.skewed import OTHERS, SKEWED, Mix, skewed_mix
from bench.stage import BenchError, Run, Servers, compiled_core
from streams.core.definition.definition import SECOND_MS
from streams.core.events import KINDS
from streams.embedded.java import JavaTools, fetch_jars

_HERE = Path(__file__).parent
_GUARANTEES = {"at least once": "at_least_once", "exactly once": "exactly_once_v2"}
_WITHIN_S = 1_800
_OTHERS = 5
"""The other mixes have so many times fewer events."""


class _Spent(NamedTuple):
    """Seconds of processor time; ``second`` for so many ``late`` events, the others' are in ``whole``."""

    whole: float
    second: float
    late: int


def measure(servers: Servers, *, quick: bool) -> Iterator[Figure]:
    """Every side on the skewed mix, then our compiled worker on mixes that differ from it."""
    n = 50_000 if quick else 5_000_000
    classes = _compile(servers)
    folder = compiled_core(servers)
    run = _sent(servers, n, SKEWED)
    for name, guarantee in _GUARANTEES.items():
        yield from _figures(f"Kafka Streams, {name}", SKEWED, n, _streams(run, classes, n, guarantee))
    yield from _figures("worker", SKEWED, n, _ours(servers, run, n))
    yield from _figures("compiled worker", SKEWED, n, _ours(servers, run, n, folder))
    few = 5_000 if quick else 20_000
    own = _sent(servers, few, SKEWED)
    yield Figure("plain Faust with tables: skewed mix", "event", against.processor_s(own, few) / few * 1e6)
    m = n // _OTHERS
    for mix in OTHERS[:1] if quick else OTHERS:
        other = _sent(servers, m, mix)
        theirs = _streams(other, classes, m, _GUARANTEES["exactly once"])
        yield from _figures("Kafka Streams, exactly once", mix, m, theirs)
        yield from _figures("compiled worker", mix, m, _ours(servers, other, m, folder))


def _figures(side: str, mix: Mix, n: int, spent: _Spent) -> Iterator[Figure]:
    yield Figure(f"{side}: {mix.name}", "event", spent.whole / n * 1e6)
    if mix is SKEWED:
        yield Figure(f"{side}: {mix.name}, second half", "event", spent.second / spent.late * 1e6)


def _sent(servers: Servers, n: int, mix: Mix) -> Run:
    """A run whose topics hold the mix."""
    run = Run(servers)
    asyncio.run(run.make_topics())
    asyncio.run(run.send(skewed_mix(n, end_ms=int(time.time() * SECOND_MS), mix=mix)))
    return run


def _compile(servers: Servers) -> Path:
    """The classes of `Counting.java`, with the jars beside them.

    Raises:
        BenchError: there is no compiler, or it refuses.
    """
    tools = JavaTools.find()
    if tools.java is None:
        raise BenchError(f"Kafka Streams needs {tools.lacking}")
    jars, classes = fetch_jars(tools.maven, _HERE / "pom.xml"), servers.directory / "classes"
    command = [str(Path(tools.java).with_name("javac")), "-Xlint:all", "-Werror", "-cp", f"{jars}/*"]
    try:
        told = subprocess.run(
            [*command, "-d", str(classes), str(_HERE / "Counting.java")],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise BenchError(f"Kafka Streams needs a JDK: there is no {command[0]}") from error
    if told.returncode:
        raise BenchError(f"javac refuses Counting.java:\n{told.stderr[-2_000:]}")
    (servers.directory / "classpath").write_text(f"{classes}:{jars}/*")
    return classes


def _streams(run: Run, classes: Path, n: int, guarantee: str) -> _Spent:
    """What Kafka Streams spends."""
    java = JavaTools.find().java or "java"
    path = (classes.parent / "classpath").read_text()
    state = run.directory / f"streams-{guarantee}"
    arguments = [run.servers.bootstrap, run.name, str(n), guarantee, str(state)]
    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
    told = subprocess.run(
        [java, quiet, "-cp", path, "Counting", *arguments],
        capture_output=True,
        text=True,
        timeout=_WITHIN_S,
        check=False,
    )
    if told.returncode:
        raise BenchError(f"Kafka Streams ended with {told.returncode}:\n{told.stderr[-2_000:]}")
    at = json.loads(told.stdout.splitlines()[-1])
    return _Spent(at["end"] - at["start"], at["end"] - at["middle"], n - n // 2)


def _ours(servers: Servers, source: Run, n: int, compiled: Path | None = None) -> _Spent:
    """What a worker with a state of its own spends on the topics of a run."""
    empty = Run(servers, compiled)
    asyncio.run(empty.make_topics())
    idle = empty.worker()
    try:
        start_s = idle.applied(0)
    finally:
        idle.stop()
    run = Run(servers, compiled)
    run.environ |= {f"KPI_TOPIC_{kind.upper()}": source.topic(kind) for kind in KINDS}
    worker = run.worker()
    try:
        middle_s, done = worker.taken(n // 2, within=_WITHIN_S)
        end_s = worker.applied(n, within=_WITHIN_S)
    finally:
        worker.stop()
    return _Spent(end_s - start_s, end_s - middle_s, n - done)
