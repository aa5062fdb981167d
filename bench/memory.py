"""Memory of a customer with 3 events: what the process grows by, and what is packed of it.

Run as a module it measures itself and prints one line of JSON: ``python -m bench.memory CUSTOMERS``; the bench
starts it as a process of its own, so that nothing else was ever in its memory.
"""

import gc
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.core import Core
from bench.figures import Figure
from bench.load import three_events

_WARM = 5_000


def measure(*, quick: bool) -> Iterator[Figure]:
    """The growth of a process of its own, and the size of the packed records."""
    command = [sys.executable, "-m", "bench.memory", str(40_000 if quick else 200_000)]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(told.stdout)
    yield Figure("memory: customer with 3 events, all of the process", "bytes", found["grown"])
    yield Figure("memory: its packed record and key", "bytes", found["packed"])


def main(customers: int) -> None:
    """Fill a state and print what a customer takes, in bytes."""
    warm = Core()
    warm.run(three_events(_WARM))
    warm.flush()
    before = _resident()
    core = Core()
    core.run(three_events(customers))
    core.flush()
    gc.collect()
    grown = (_resident() - before) / customers
    few = Core()
    few.kept = {}
    few.run(three_events(_WARM))
    few.flush()
    packed = sum(len(key) + len(value or b"") for key, value in few.kept.items()) / _WARM
    print(json.dumps({"grown": grown, "packed": packed}))


def _resident() -> int:
    """Bytes of this process in memory."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise OSError("the kernel does not tell VmRSS")


if __name__ == "__main__":
    main(int(sys.argv[1]))
