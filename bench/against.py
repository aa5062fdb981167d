"""Plain Faust with tables on the same mix: a part of the events, as cost an event."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator

from bench.figures import Figure
from bench.load import CUSTOMERS
from bench.stage import BenchError, Run, Servers
from bench.timing import elsewhere, middle
from streams.simulate import bench_mix

NAME = "plain Faust with tables: mix"
_WITHIN_S = 300


def measure(servers: Servers, *, quick: bool) -> Iterator[Figure]:
    """Processor time of its process, start-up excluded."""
    rounds, n = (1, 5_000) if quick else (3, 20_000)
    found = middle([elsewhere(n, lambda: _count(Run(servers), n)) for _ in range(rounds)])
    yield Figure(NAME, "event", found.us)


def _count(run: Run, n: int) -> float:
    async def prepare() -> None:
        await run.make_topics()
        end_ms = int(time.time() * 1_000)
        await run.send(bench_mix(n, customers=CUSTOMERS, end_ms=end_ms))

    asyncio.run(prepare())
    return processor_s(run, n)


def processor_s(run: Run, n: int) -> float:
    """Processor time in seconds for the records in a run's topics, ``n`` of them.

    Raises:
        BenchError: it does not get there.
    """
    command = [sys.executable, "-m", "bench.plain_faust", run.servers.bootstrap, run.name, str(n)]
    told = subprocess.run(
        [*command, str(run.directory)], capture_output=True, text=True, timeout=_WITHIN_S, check=False
    )
    if told.returncode:
        raise BenchError(f"plain Faust ended with {told.returncode}:\n{told.stderr[-2_000:]}")
    return float(json.loads(told.stdout)["seconds"])
