"""Where the core's time goes on the mix: the top of a profile, as text."""

import cProfile
import pstats
from io import StringIO
from pathlib import Path

from bench.core import Core
from bench.load import mix

_LINES = 25
_ROOT = str(Path(__file__).resolve().parents[1]) + "/"


def profile(*, quick: bool) -> str:
    """The functions that take most time themselves, callees not counted."""
    batches = list(mix(20_000 if quick else 200_000))
    begin = len(batches) // 5
    core = Core()
    core.run(batches[:begin])
    profiler = cProfile.Profile()
    profiler.runcall(core.run, batches[begin:])
    told = StringIO()
    pstats.Stats(profiler, stream=told).sort_stats("tottime").print_stats(_LINES)
    lines = told.getvalue().replace(_ROOT, "").splitlines()
    return "\n".join(line.rstrip() for line in lines if line.strip())
