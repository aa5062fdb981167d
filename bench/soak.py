"""A long run at a steady rate: processor, memory, age of the values and backlog, a line every ten seconds.

``python -m bench.soak [--minutes 30] [--rate 20000] [--compiled]``. Flat is what they have to be; the last
line says by how much memory grew over the second half. Needs a genuine Kafka, which it starts.
"""

import argparse
import asyncio
import json
import threading
import time
from pathlib import Path

import msgspec
from redis import Redis

from bench.purchases import Purchases
from bench.stage import BenchWorker, Run, Servers, compiled_core
from streams.redis_contract.layout import Keys

_CUSTOMERS = 400_000
_DEFINITION = """
kept_for = "2m"
windows = ["1m", "5m"]
[[tiers]]
width = "10s"
age = "5m"
"""
"""With the default windows records and panes grow for days; these are full after ten minutes."""
_EVERY_S = 10.0


class _Accounting(msgspec.Struct):
    received: int = 0


class _Document(msgspec.Struct):
    t: int = 0
    accounting: _Accounting = msgspec.field(default_factory=_Accounting)


def rss_mb(pid: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def pid_of(run: Run) -> int:
    """The process of the run's worker: the one whose settings hold its group."""
    needle = f"KPI_APP_ID={run.name}".encode()
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if needle in environ.read_bytes().split(b"\0"):
                return int(environ.parent.name)
        except OSError:
            continue
    raise RuntimeError("the worker's process is not there")


def soak(run: Run, worker: BenchWorker, rate: int, minutes: float) -> None:
    """Send and look."""
    worker.applied(0)
    pid = pid_of(run)
    redis = Redis.from_url(run.servers.redis_url)
    purchases = Purchases(run, rate, _CUSTOMERS)
    sending = threading.Thread(target=lambda: asyncio.run(purchases.play(60 * minutes)), daemon=True)
    sending.start()
    begin, memory = time.time(), []
    print("minute  records/s  CPU %  RSS MB  age s  backlog")
    while sending.is_alive():
        before, since, cpu_s = purchases.sent, time.time(), worker.cpu_s
        sending.join(_EVERY_S)
        document = msgspec.json.decode(redis.get(Keys(run.name).snapshot) or b"{}", type=_Document)
        now = time.time()
        memory.append(rss_mb(pid))
        speed = (purchases.sent - before) / (now - since)
        cpu = 100 * (worker.cpu_s - cpu_s) / (now - since)
        age, backlog = now - document.t / 1_000, purchases.sent - document.accounting.received
        figures = f"{speed:9,.0f}  {cpu:5.0f}  {memory[-1]:6.0f}  {age:5.1f}  {backlog:7,}"
        print(f"{(now - begin) / 60:6.1f}  {figures}", flush=True)
    half = memory[len(memory) // 2 :]
    print(json.dumps({"rss_mb_second_half": [round(min(half)), round(max(half))], "sent": purchases.sent}))


def main() -> None:
    """Soak."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak")
    parser.add_argument("--minutes", type=float, default=30, help="how long (default 30)")
    parser.add_argument("--rate", type=int, default=20_000, help="records a second (default 20000)")
    parser.add_argument("--compiled", action="store_true", help="with the core compiled, as the image has it")
    options = parser.parse_args()
    with Servers() as servers:
        run = Run(servers, compiled_core(servers) if options.compiled else None, _DEFINITION)
        asyncio.run(run.make_topics())
        worker = run.worker()
        try:
            soak(run, worker, options.rate, options.minutes)
        finally:
            worker.stop()


if __name__ == "__main__":
    main()
