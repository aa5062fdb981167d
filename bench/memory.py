"""Memory of a customer with 3 events: what each further one adds to the process, and what is packed of it.

Run as a module it fills one state and prints one line of JSON: ``python -m bench.memory CUSTOMERS``. The
bench starts it as a process of its own, once with few and once with many customers: the difference is theirs,
what stays the same is the partition's panes.
"""

import gc
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.core import Core
from bench.figures import Figure
from bench.load import three_events

_WARM = 1_000
_FLUSH_EVERY = 5_000
"""Often, so that what is measured is customers at rest and not the room of those just touched."""


def measure(*, quick: bool) -> Iterator[Figure]:
    """Bytes of memory."""
    few, many = (60_000, 120_000) if quick else (100_000, 200_000)
    small, large = _filled(few), _filled(many)
    each = (large["grown"] - small["grown"]) / (many - few)
    yield Figure("memory: each further customer with 3 events", "bytes", each)
    yield Figure("memory: its packed record and key", "bytes", large["packed"])
    yield Figure("memory: panes of a partition, 240 profiles", "bytes", small["grown"] - few * each)


def _filled(customers: int) -> Mapping[str, float]:
    command = [sys.executable, "-m", "bench.memory", str(customers)]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    found: Mapping[str, float] = json.loads(told.stdout)
    return found


def main(customers: int) -> None:
    """Fill a state and print what it takes, in bytes."""
    warm = Core()
    warm.kept = {}
    warm.run(three_events(_WARM))
    warm.flush()
    packed = sum(len(key) + len(value or b"") for key, value in warm.kept.items()) / _WARM
    gc.collect()
    before = _resident()
    core = Core(_FLUSH_EVERY)
    core.run(three_events(customers))
    core.flush()
    gc.collect()
    print(json.dumps({"grown": _resident() - before, "packed": packed}))


def _resident() -> int:
    """Bytes of this process in memory."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise OSError("the kernel does not tell VmRSS")


if __name__ == "__main__":
    main(int(sys.argv[1]))
