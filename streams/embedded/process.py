"""A server as a child process that never outlives us.

Rules: the child has a process group of its own (a Ctrl-C in the terminal reaches us, and we end it), writes
to a log file, ends at the interpreter's exit, and is killed by the kernel when we are killed. The kernel
binds a child to the *thread* that started it, so a thread of its own starts each child and waits for it:
the caller's thread may end.

Never: run a shell, or leave a process behind.
"""

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

from streams.embedded.errors import EmbeddedError

_DIE_WITH_PARENT = str(Path(__file__).with_name("die_with_parent.py"))
_POLL_S = 0.02
_TAIL_BYTES = 16_384


class Child:
    """One server process: start, watch, end, start again.

    Args:
        name: what it is called in error messages.
        command: program and arguments.
        log: the file that takes its output, appended to.
    """

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        self.name = name
        self._command = list(command)
        self._log = log
        self._log_start = 0
        self._popen: subprocess.Popen[bytes] | None = None
        self._keeper: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        """Whether the process runs (a stopped one, SIGSTOP, counts as running)."""
        return self._popen is not None and self._popen.poll() is None

    @property
    def pid(self) -> int:
        """The process id, also its process group's.

        Raises:
            EmbeddedError: it was never started.
        """
        if self._popen is None:
            raise EmbeddedError(f"{self.name} is not started")
        return self._popen.pid

    def start(self) -> None:
        """Start the process; returns when it exists, not when it serves.

        Raises:
            EmbeddedError: it runs already.
            OSError: the interpreter cannot be run.
        """
        if self.alive:
            raise EmbeddedError(f"{self.name} runs already (process {self.pid})")
        self._log_start = self._log.stat().st_size if self._log.exists() else 0
        started: Future[subprocess.Popen[bytes]] = Future()
        self._keeper = threading.Thread(target=self._keep, args=(started,), name=self.name, daemon=True)
        self._keeper.start()
        self._popen = started.result()
        atexit.register(self.kill)

    def _keep(self, started: "Future[subprocess.Popen[bytes]]") -> None:
        try:
            popen = self._spawn()
        except OSError as error:
            started.set_exception(error)
            return
        started.set_result(popen)
        popen.wait()

    def _spawn(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", "-S", _DIE_WITH_PARENT, str(os.getpid()), *self._command]
        with self._log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - the callers' fixed commands
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until(self, ready: Callable[[], bool], *, within: float) -> None:
        """Wait until `ready()` is true.

        Raises:
            EmbeddedError: the process ended, or `within` seconds passed; ends with the tail of its log.
        """
        deadline = time.monotonic() + within
        while not ready():
            if not self.alive:
                raise EmbeddedError(f"{self.name} ended at start:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{self.name} is not ready after {within:g} s:\n{self.tail()}")
            time.sleep(_POLL_S)

    def stop(self, *, within: float) -> None:
        """Ask the process to end (SIGTERM), and kill it if it still runs after `within` seconds."""
        self._signal(signal.SIGTERM)
        if self._keeper is not None:
            self._keeper.join(within)
        self.kill()

    def kill(self) -> None:
        """End the process at once (SIGKILL) and wait until it is gone."""
        self._signal(signal.SIGKILL)
        if self._keeper is not None:
            self._keeper.join()
        atexit.unregister(self.kill)

    def _signal(self, number: signal.Signals) -> None:
        if self.alive:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself just now
                os.killpg(self.pid, number)

    def output(self) -> str:
        """Return what it wrote since its last start."""
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def tail(self, lines: int = 20) -> str:
        """Return the last lines of its log."""
        with self._log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
