"""Child processes: they never outlive us, and their errors can be read."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.embedded import EmbeddedError, free_ports
from streams.embedded.process import Child
from tests.support.eventually import eventually

ROOT = Path(__file__).parents[2]
SLEEPER = [sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()"]
IGNORE = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
while True:
    signal.pause()
"""
STUBBORN = [sys.executable, "-c", IGNORE]
PARENT = """
import sys
from pathlib import Path
from streams.embedded.process import Child
child = Child("sleeper", {command!r}, Path({log!r}))
child.start()
child.wait_until(lambda: "up" in child.output(), within=30)
print(child.pid, flush=True)
sys.stdin.read()
"""


def gone(pid: int) -> Callable[[], bool]:
    """Return the condition that no process of this id exists, or only its remains."""

    def condition() -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        return state == "Z"

    return condition


def start_parent(log: Path) -> "tuple[subprocess.Popen[str], int]":
    """Start an interpreter that starts a sleeper; return it and the sleeper's process id."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(command=SLEEPER, log=str(log))],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    return parent, int(parent.stdout.readline())


def up(command: list[str], log: Path) -> Child:
    """Start a child and wait until it says that it is up."""
    child = Child("sleeper", command, log)
    child.start()
    child.wait_until(lambda: "up" in child.output(), within=30)
    return child


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_a_child_dies_when_its_parent_is_killed(tmp_path: Path) -> None:
    """The parent gets no chance to clean up (kill -9), and still leaves nobody behind."""
    parent, pid = start_parent(tmp_path / "log")
    with parent:
        assert not gone(pid)()
        parent.kill()
    eventually(gone(pid), within=10)


def test_a_child_ends_with_an_orderly_end_of_its_parent(tmp_path: Path) -> None:
    """A parent that forgets to stop its child does not leave it behind either."""
    parent, pid = start_parent(tmp_path / "log")
    with parent:
        assert not gone(pid)()
        parent.communicate("")
    eventually(gone(pid), within=10)


def test_a_child_lives_on_when_the_thread_that_started_it_ends(tmp_path: Path) -> None:
    """A server started from a worker thread serves on after the thread."""
    child = Child("sleeper", SLEEPER, tmp_path / "log")
    thread = threading.Thread(target=child.start)
    thread.start()
    thread.join()
    child.wait_until(lambda: "up" in child.output(), within=30)
    assert child.alive
    child.kill()


def test_stop_asks_first_and_kills_a_stubborn_one(tmp_path: Path) -> None:
    """A process that ignores SIGTERM does not hang the stop."""
    child = up(STUBBORN, tmp_path / "log")
    pid = child.pid
    child.stop(within=0.2)
    assert not child.alive
    assert gone(pid)()


def test_a_stopped_process_counts_as_alive_and_can_be_killed(tmp_path: Path) -> None:
    """SIGSTOP makes a zombie worker of tests, not a dead one."""
    child = up(SLEEPER, tmp_path / "log")
    os.kill(child.pid, signal.SIGSTOP)
    assert child.alive
    child.kill()
    assert not child.alive


def test_output_begins_anew_with_each_start(tmp_path: Path) -> None:
    """A line of the first run does not make the second one look ready."""
    log = tmp_path / "log"
    up(SLEEPER, log).kill()
    child = up(SLEEPER, log)
    child.kill()
    assert child.output() == "up\n"
    assert log.read_text() == "up\nup\n"


def test_a_process_that_ends_at_start_is_reported_with_its_last_words(tmp_path: Path) -> None:
    """The error holds the tail of the log, where the reason stands."""
    child = Child("broken", [sys.executable, "-c", "raise SystemExit('no such luck')"], tmp_path / "log")
    child.start()
    with pytest.raises(EmbeddedError, match="broken ended at start:\nno such luck"):
        child.wait_until(lambda: False, within=30)


def test_a_process_that_is_never_ready_is_reported(tmp_path: Path) -> None:
    """The deadline is part of the message."""
    child = up(SLEEPER, tmp_path / "log")
    with pytest.raises(EmbeddedError, match=r"not ready after 0\.1 s:\nup"):
        child.wait_until(lambda: False, within=0.1)
    child.kill()


def test_free_ports_are_distinct_and_can_be_bound() -> None:
    """They lie below the range of outgoing connections."""
    ports = free_ports(20)
    assert len(set(ports)) == 20
    for port in ports:
        assert port < 32_768
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", port))
