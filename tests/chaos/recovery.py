"""``python -m tests.chaos.recovery``: how long values are not fresh when one of two workers goes.

``--customers N``: how many the state holds (default 20000). One worker restarts in order, then it is killed
for good, both under the service's own timeouts. Traffic is light, so that what is measured is the takeover.
For each: for how long the values were older than they usually are, and how many assignments the other worker
saw: one for each change of members. The exit code is 1 if that was more, or anything was shown that must
not be.
"""

import argparse
import logging
import re
import signal
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from streams.embedded import KafkaCluster
from tests.chaos.processes import Process
from tests.chaos.stage import Stage
from tests.support.eventually import eventually

_RATE = 500.0
_PATIENCE_S = 900.0
_AFTER_S = 6.0
"""Beyond the session timeout nothing more is expected to happen."""
_OURS = ("KPI_SESSION_TIMEOUT", "KPI_HEARTBEAT_INTERVAL")
_WITHIN_S = 60.0
_USUAL_S = 6.0
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
    return max(
        look.age_s for look in stage.watch.looks[-400:] if look.age_s and begin - _USUAL_S < look.at < begin
    )


def rebalances(process: Process) -> int:
    """How many assignments a worker has seen."""
    with urllib.request.urlopen(f"{process.url}/metrics", timeout=5) as answer:  # noqa: S310 - http alone
        found = _REBALANCES.search(answer.read())
    return int(float(found[1])) if found else 0


def measure(stage: Stage) -> list[str]:
    """Both ways to go, one after the other; what was not as it must be."""
    stay, go = stage.workers
    session_s = stage.settings.session_timeout / 1_000
    pauses(_USUAL_S)
    failures = []
    for name, act, changes in (("restarted in order", _restart, 2), ("killed for good", Process.kill, 1)):
        before, begin = rebalances(stay), time.time()
        act(go)
        stage.wait_fresh(begin, at_least_s=session_s + _AFTER_S)
        count = rebalances(stay) - before
        sys.stdout.write(f"{name}: interrupted for {interruption(stage, begin):.1f} s, {count} assignments\n")
        sys.stdout.flush()
        if count > changes:
            failures.append(f"{name}: {count} assignments, for {changes} changes of members")
    for records, seconds in _RECOVERED.findall(stay.told())[-2:]:
        rate = int(records) / float(seconds)
        sys.stdout.write(
            f"recovered {int(records):,} records in {seconds} s ({rate:,.0f}/s, two at a time)\n"
        )
    return failures + stage.watch.violations


def _restart(process: Process) -> None:
    before = len(process.ends)
    process.signal(signal.SIGTERM)
    eventually(lambda: len(process.ends) > before, within=_WITHIN_S)


def pauses(seconds: float) -> None:
    """Let traffic flow for a while, to know what is usual."""
    time.sleep(seconds)


def main() -> int:
    """Measure and print; 1 if anything was not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.recovery")
    parser.add_argument("--customers", type=int, default=20_000)
    options = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL)  # clients tell of every broker that we kill
    with KafkaCluster() as kafka, tempfile.TemporaryDirectory(prefix="kpi-streams-recovery-") as folder:
        stage = Stage(
            kafka, Path(folder), seed=1, rate=_RATE, customers=options.customers, patience_s=_PATIENCE_S
        )
        for setting in _OURS:
            del stage.environ[setting]
        try:
            stage.open()
            failures = measure(stage)
        finally:
            stage.close()
    sys.stdout.write("".join(f"{failure}\n" for failure in failures))
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
