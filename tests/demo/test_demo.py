"""The demo as a whole, small: it checks itself, and it leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from streams.cli.exits import Exit
from streams.embedded import KafkaCluster
from tests.cli.test_terminals import CONTROL, on_a_terminal
from tests.support.eventually import eventually, patient

OWN = 'tenant = "mine"\nwindows = ["5m", "7d"]\ndimensions = ["industry", "store"]\n'
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
def test_under_a_definition_of_ones_own_it_has_its_dimensions_tenant_and_windows(tmp_path: Path) -> None:
    """The screen shows the first dimension; everything published equals a recount under that definition."""
    own = tmp_path / "own.toml"
    own.write_text(OWN)
    files = tmp_path / "files"
    files.mkdir()
    shown = on_a_terminal(
        200, *COMMAND[3:], "--definition", str(own), "--for", "5", until="equal", within=90, TMPDIR=str(files)
    )
    text = CONTROL.sub("", shown.text)
    assert re.search(r"By industry, the last 5m\s+industry +active_customers", text), text
    assert re.search(r"^ *industry-a +\d+ ", text, re.MULTILINE), text
    assert "values compared with a recount: all equal" in text
    assert left_behind(files) == []


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
