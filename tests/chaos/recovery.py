"""``python -m tests.chaos.recovery``: how long values are not fresh when one of two workers goes.

``--customers N``: how many the state holds (default 20000). One worker restarts in order, then it is killed
for good. Traffic is light, so that what is measured is the takeover. For each: for how long the values were
older than they usually are, and how many assignments the other worker saw.
"""

import argparse
import re
import signal
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from streams.embedded import KafkaCluster
from tests.chaos.processes import Process
from tests.chaos.stage import SESSION_S, Stage
from tests.support.eventually import eventually

_RATE = 500.0
_PATIENCE_S = 900.0
_AFTER_S = SESSION_S + 6
_WITHIN_S = 60.0
_REBALANCES = re.compile(rb"^kpi_streams_rebalances_total (\S+)$", re.MULTILINE)
_RECOVERED = re.compile(r"recovered (\d+) records in ([\d.]+) s")


def interruption(stage: Stage, begin: float) -> float:
    """The longest time for which the newest values shown did not move on (s)."""
    longest, since = 0.0, begin
    for look in stage.watch.looks:
        if look.at < begin:
            continue
        if look.age_s is not None and look.age_s < _usual(stage, begin) + 1:
            since = look.at
        longest = max(longest, look.at - since)
    return longest


def _usual(stage: Stage, begin: float) -> float:
    """The age that values had before, at most."""
    return max(look.age_s for look in stage.watch.looks[-400:] if look.age_s and begin - 5 < look.at < begin)


def rebalances(process: Process) -> int:
    """How many assignments a worker has seen."""
    with urllib.request.urlopen(f"{process.url}/metrics", timeout=5) as answer:  # noqa: S310 - http alone
        found = _REBALANCES.search(answer.read())
    return int(float(found[1])) if found else 0


def measure(stage: Stage) -> None:
    """Both ways to go, one after the other."""
    stay, go = stage.workers
    pauses(5)
    for name, act in (("restarted in order", _restart), ("killed for good", Process.kill)):
        before, begin = rebalances(stay), time.time()
        act(go)
        stage.wait_fresh(begin, at_least_s=_AFTER_S)
        count = rebalances(stay) - before
        sys.stdout.write(f"{name}: interrupted for {interruption(stage, begin):.1f} s, {count} assignments\n")
        sys.stdout.flush()
    for records, seconds in _RECOVERED.findall(stay.told())[-2:]:
        sys.stdout.write(f"recovered {int(records):,} records of a partition in {seconds} s\n")


def _restart(process: Process) -> None:
    before = len(process.ends)
    process.signal(signal.SIGTERM)
    eventually(lambda: len(process.ends) > before, within=_WITHIN_S)


def pauses(seconds: float) -> None:
    """Let traffic flow for a while, to know what is usual."""
    time.sleep(seconds)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.recovery")
    parser.add_argument("--customers", type=int, default=20_000)
    options = parser.parse_args()
    with KafkaCluster() as kafka, tempfile.TemporaryDirectory(prefix="kpi-streams-recovery-") as folder:
        stage = Stage(
            kafka, Path(folder), seed=1, rate=_RATE, customers=options.customers, patience_s=_PATIENCE_S
        )
        try:
            stage.open()
            measure(stage)
        finally:
            stage.close()


if __name__ == "__main__":
    main()
