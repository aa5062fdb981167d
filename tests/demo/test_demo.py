"""The demo as a whole, small: it checks itself, and it leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from streams.cli.exits import Exit
from streams.embedded import KafkaCluster
from tests.support.eventually import eventually, patient

SMALL = ("--customers", "300", "--days", "10", "--partitions", "2", "--rate", "50")
COMMAND = (sys.executable, "-m", "streams.cli.main", "demo", *SMALL)


def left_behind(directory: Path) -> list[Path]:
    """What there still is in the directory for temporary files."""
    return list(directory.iterdir())


def processes_using(text: str) -> list[str]:
    """Command lines of the running processes that contain the text."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if text in line:
                found.append(line)
    return found


@pytest.mark.kafka
def test_the_self_check_ends_with_0_when_everything_published_equals_the_recount(tmp_path: Path) -> None:
    """A genuine Kafka, two workers, history and live traffic: thousands of values, all equal."""
    ran = subprocess.run(
        [*COMMAND, "--for", "5", "--json"],
        capture_output=True,
        text=True,
        timeout=patient(90),
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert ran.returncode == Exit.OK, ran.stderr
    report = json.loads(ran.stdout)
    assert (report["ok"], report["different"], report["mismatches"]) == (True, 0, [])
    assert report["compared"] > 10_000
    assert report["kafka"] == KafkaCluster.name
    assert report["sent"] > report["history"] > 1_000
    assert report["accounting"]["received"] == report["sent"]
    assert left_behind(tmp_path) == []


@pytest.mark.kafka
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C during the demo: no process and no file of it is left."""
    with subprocess.Popen(
        COMMAND,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as demo:
        try:
            eventually(lambda: len(processes_using(f"launch {tmp_path}")) or _workers(tmp_path), within=60)
            demo.send_signal(number)
            _, told = demo.communicate(timeout=patient(60))
        finally:
            demo.kill()
    assert demo.returncode == Exit.OK, told
    assert left_behind(tmp_path) == []
    assert processes_using(str(tmp_path)) == []


def _workers(directory: Path) -> bool:
    return any(directory.glob("kpi-demo-*/worker-2.log"))
