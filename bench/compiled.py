"""The core compiled, as the container image has it: by itself, and in the whole worker."""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec

from bench import worker
from bench.figures import Figure
from bench.stage import BenchError, Run, Servers, compiled_core

_ROOT = Path(__file__).parents[1]
_OF_CORE = ("purchases", "mix", "late purchase", "void of a purchase", "cancellation", "recovery")


def measure(servers: Servers, *, quick: bool) -> Iterator[Figure]:
    """Processor time.

    Raises:
        BenchError: it cannot be compiled here.
    """
    folder = compiled_core(servers)
    yield from _core(folder, quick=quick)
    yield from worker.measure_run("compiled worker", partial(Run, servers, folder), quick=quick)


def _core(folder: Path, *, quick: bool) -> Iterator[Figure]:
    """What the interpreted core is measured by, in a process that imports the compiled one."""
    command = [sys.executable, "-m", "bench.core", *(["--quick"] if quick else [])]
    environ = os.environ | {"PYTHONPATH": f"{folder}:{_ROOT}", "PYTHONSAFEPATH": "1"}
    told = subprocess.run(command, env=environ, capture_output=True, check=False)
    if told.returncode:
        raise BenchError(f"bench.core ended with {told.returncode}:\n{told.stderr.decode()[-2_000:]}")
    wanted = {f"core: {name}" for name in _OF_CORE}
    for line in told.stdout.splitlines():
        figure = msgspec.json.decode(line, type=Figure)
        if figure.name in wanted:
            yield msgspec.structs.replace(figure, name=f"compiled {figure.name}")
