"""How long a purchase takes from the producer's append to the order count in Redis and on /metrics.

``python -m bench.freshness [--rate N] [--tick 1s] [--seconds N]``: p50 and p99 over all records. The count of
orders in the window of an hour grows with every record; a record is visible when the count has reached the
number sent up to it. Needs a genuine Kafka, which it starts.
"""

import argparse
import asyncio
import json
import re
import threading
import time
import urllib.request
from bisect import bisect_left
from collections.abc import Callable
from contextlib import suppress

from redis import Redis

from bench.purchases import Purchases
from bench.stage import Run, Servers
from streams.redis_contract.layout import Keys, Place

_CUSTOMERS = 20_000
_WINDOW = "1h"
_POLL_S = 0.01
_WARM_S = 3.0
_END_S = 60.0
_ORDERS = re.compile(rb'^crm_orders\{window="1h"\} (\S+)$', re.MULTILINE)


class Watcher(threading.Thread):
    """Asks for the count again and again, and notes when it grew."""

    def __init__(self, ask: Callable[[], int]) -> None:
        super().__init__(daemon=True)
        self.seen: list[tuple[int, float]] = []
        self._ask = ask
        self._end = threading.Event()

    def run(self) -> None:
        """Ask until told to stop."""
        last = 0
        while not self._end.wait(_POLL_S):
            with suppress(OSError):
                orders = self._ask()
                if orders > last:
                    self.seen.append((orders, time.time()))
                    last = orders

    def stop(self) -> None:
        """End."""
        self._end.set()
        self.join()


def latencies(appended: list[tuple[int, float]], seen: list[tuple[int, float]]) -> list[float]:
    """Seconds from append to sight, one for each chunk that was seen, the first seconds left out."""
    begin = appended[0][1] + _WARM_S
    counts = [orders for orders, _ in seen]
    found = []
    for sent, at in appended:
        place = bisect_left(counts, sent)
        if at >= begin and place < len(seen):
            found.append(seen[place][1] - at)
    return found


def quantile(values: list[float], q: float) -> float:
    """A quantile of values."""
    return sorted(values)[min(len(values) - 1, int(q * len(values)))]


def measure(servers: Servers, rate: int, tick: str, seconds: float) -> dict[str, list[float]]:
    """Latencies by where they were seen."""
    run = Run(servers)
    run.environ |= {"KPI_TICK": tick, "KPI_DIMENSION_INTERVAL": "5s"}
    asyncio.run(run.make_topics())
    worker = run.worker()
    redis = Redis.from_url(servers.redis_url)
    key = Keys(run.name).hash(Place(_WINDOW))
    port = json.loads((run.directory / "worker1" / "settings.json").read_text())["KPI_HTTP_PORT"]

    def in_redis() -> int:
        return int(redis.hget(key, "orders") or 0)

    def on_page() -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            found = _ORDERS.search(answer.read())
        return int(float(found[1])) if found else 0

    watchers = {"Redis": Watcher(in_redis), "/metrics": Watcher(on_page)}
    try:
        worker.applied(0)
        for watcher in watchers.values():
            watcher.start()
        purchases = Purchases(run, rate, _CUSTOMERS)
        asyncio.run(purchases.play(seconds))
        worker.applied(purchases.sent, _END_S)
        time.sleep(1)
    finally:
        for watcher in watchers.values():
            watcher.stop()
        worker.stop()
        redis.close()
    print(f"{purchases.sent / seconds:,.0f} records/s, tick {tick}")
    return {where: latencies(purchases.appended, watcher.seen) for where, watcher in watchers.items()}


def main() -> None:
    """Measure what is asked for, and print it."""
    parser = argparse.ArgumentParser(prog="python -m bench.freshness")
    parser.add_argument("--rate", type=int, action="append", help="records a second (default 1000 and 20000)")
    parser.add_argument("--tick", action="append", help="KPI_TICK (default 1s and 200ms)")
    parser.add_argument("--seconds", type=float, default=20, help="of traffic (default 20)")
    options = parser.parse_args()
    with Servers() as servers:
        for tick in options.tick or ["1s", "200ms"]:
            for rate in options.rate or [1_000, 20_000]:
                for where, found in measure(servers, rate, tick, options.seconds).items():
                    p50, p99 = quantile(found, 0.5), quantile(found, 0.99)
                    print(f"  {where}: p50 {p50:.2f} s, p99 {p99:.2f} s, {len(found)} samples")


if __name__ == "__main__":
    main()
