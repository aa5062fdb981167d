"""The service's processes under a supervisor: started, hurt, and started again when they end.

The supervisor is what systemd or Kubernetes would be: a process that ends comes back after a moment,
unless it was sent away, or its exit code says that a person is needed. Every end is kept with its code.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from streams.embedded import free_port

ROOT = Path(__file__).resolve().parents[2]
WORKER = ROOT / "tests" / "chaos" / "worker.py"
FIRST_PERSON = 30
"""From this exit code on a restart does not help (streams.engine.exits)."""
_DIE_WITH_PARENT = str(ROOT / "streams" / "embedded" / "die_with_parent.py")
"""Ends a process with the suite, even when that is killed."""
_PAUSE_S = 0.5
_POLL_S = 0.05
_STOP_S = 15.0


class Process:
    """One process of the service.

    Args:
        name: of its log and its directory.
        folder: takes both.
        environ: its settings.
        steered: whether it has the clock and the failpoints of tests/chaos/worker.py; else ``kpi worker``.
    """

    def __init__(self, name: str, folder: Path, environ: Mapping[str, str], *, steered: bool = False) -> None:
        self.name = name
        self.orders = folder / name
        self.orders.mkdir()
        self.output = folder / f"{name}.log"
        self.port = free_port()
        self.wanted = True
        self.publishes = environ.get("KPI_ROLE") != "worker"
        self.ends: list[int] = []
        """Exit codes so far; negative: a signal."""
        own = {"KPI_HTTP_PORT": str(self.port), "KPI_DATADIR": str(self.orders)}
        kept = {key: text for key, text in os.environ.items() if not key.startswith("KPI_")}
        self._environ = {**kept, **environ, **own}
        kpi = [sys.executable, "-m", "streams.cli.main", "worker"]
        self._command = [sys.executable, str(WORKER), str(self.orders)] if steered else kpi
        self._popen: subprocess.Popen[bytes] | None = None
        self._ended_at = 0.0
        self.start()

    @property
    def url(self) -> str:
        """Its HTTP address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it (again)."""
        self.wanted = True
        with self.output.open("ab") as file:
            self._popen = subprocess.Popen(
                [sys.executable, "-I", "-S", _DIE_WITH_PARENT, str(os.getpid()), *self._command],
                cwd=ROOT,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def look(self) -> None:
        """What a supervisor does now and then: start it again if it has ended."""
        if self._popen is None:
            if self.wanted and time.monotonic() - self._ended_at > _PAUSE_S:
                self.start()
        elif (code := self._popen.poll()) is not None:
            self._popen = None
            self._ended_at = time.monotonic()
            self.ends.append(code)
            self.wanted = self.wanted and code < FIRST_PERSON

    @property
    def alive(self) -> bool:
        """Whether it runs; a stopped one does."""
        return self._popen is not None and self._popen.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        if self._popen is not None and self._popen.poll() is None:
            self._popen.send_signal(number)

    def order(self, name: str, text: str = "") -> None:
        """Order a steered process to do something."""
        (self.orders / name).write_text(text)

    def withdraw(self, name: str) -> None:
        """Take an order back."""
        (self.orders / name).unlink(missing_ok=True)

    def stopped(self) -> bool:
        """Whether a SIGSTOP holds it."""
        return self._popen is not None and "\nState:\tT" in _status(self._popen.pid)

    @property
    def rss_mb(self) -> float:
        """Its resident memory; 0 while it does not run."""
        status = "" if self._popen is None else _status(self._popen.pid)
        return int(status.split("VmRSS:")[1].split()[0]) / 1024 if "VmRSS:" in status else 0.0

    def told(self) -> str:
        """Everything it has logged."""
        return self.output.read_text(errors="replace")

    def send_away(self) -> None:
        """End it in order, and do not start it again."""
        self.wanted = False
        popen = self._popen
        self.signal(signal.SIGTERM)
        if popen is not None:
            popen.wait(_STOP_S)

    def kill(self) -> None:
        """End it as a crash would, for good."""
        self.wanted = False
        popen = self._popen
        if popen is not None and popen.poll() is None:
            popen.kill()
            popen.wait()


def _status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return ""


class Supervisor:
    """Looks after processes in a thread of its own."""

    def __init__(self) -> None:
        self.processes: list[Process] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._end.wait(_POLL_S):
            for process in list(self.processes):
                process.look()

    def close(self) -> None:
        """Stop looking, and kill everything."""
        self._end.set()
        self._thread.join()
        for process in self.processes:
            process.kill()
