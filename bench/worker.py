"""The whole worker on a genuine Kafka: catching up, live, and recovering.

Start-up (interpreter, imports, joining the group) is measured on empty topics and subtracted; what is left is
reading, decoding, counting, the changelog's transactions, publishing to Redis: everything.
"""

import asyncio
import time
from collections.abc import Iterator
from statistics import median

from bench.figures import Figure
from bench.load import CUSTOMERS, three_events_records
from bench.stage import Run, Servers
from bench.timing import calibrate
from streams.core.definition import SECOND_MS
from streams.sending import paced
from streams.simulate import SimRecord, bench_mix

_LIVE_AHEAD_MS = 3_000


def measure(servers: Servers, *, quick: bool) -> Iterator[Figure]:
    """Processor time of the worker's process."""
    rounds, n, customers = (1, 100_000, 20_000) if quick else (3, 1_000_000, 200_000)
    start_s = median(_start(Run(servers)) for _ in range(rounds))
    yield Figure("worker: start, nothing to read", "s", start_s)
    for name, purchases_only in (("purchases", True), ("mix", False)):
        costs = [_catch_up(Run(servers), n, start_s, purchases_only=purchases_only) for _ in range(rounds)]
        yield _figure(f"worker: {name}", costs)
    yield _figure("worker: live, ticks of 1 s", [_live(Run(servers), *((5_000, 5) if quick else (20_000, 15)))])
    yield _recovery(servers, customers, start_s)
