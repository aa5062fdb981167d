"""A worker with a counting state, started by tests as a process of its own: ``counting_worker.py [FAULT:N]``.

FAULT ``crash`` ends the process without a word between acknowledgement and commit of the first flush after
N records; ``stall`` stops it there (SIGSTOP). Settings come from the environment.
"""

import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from streams.app import run_app, set_up_logging
from streams.core.definition.definition import Definition
from streams.engine.app import build
from streams.engine.ownership.task_state import TaskState
from streams.settings import read
from tests.engine.support import CountingState


class Fault:
    """Goes off once, after so many written records."""

    def __init__(self, text: str) -> None:
        self.kind, _, after = text.partition(":")
        self.left = int(after or 0)

    def __call__(self, _partition: int, records: int) -> None:
        """Count down, then fail."""
        self.left -= records
        if self.kind and self.left < 0:
            kind, self.kind = self.kind, ""
            if kind == "crash":
                os._exit(9)
            os.kill(os.getpid(), signal.SIGSTOP)


def state(_number: int) -> TaskState:
    """A new state."""
    return CountingState()


if __name__ == "__main__":
    settings = read(os.environ)
    set_up_logging(settings)
    app = build(
        settings,
        Definition(version=os.environ.get("COUNTING_DEFINITION", "1")),
        os.environ.get("COUNTING_SECRET", "fingerprint"),
        state,
        lambda: time.time_ns() // 1_000_000,
        acknowledged=Fault(sys.argv[1] if len(sys.argv) > 1 else ""),
    )
    code = run_app(app, settings)
    sys.stderr.write(f"CPU {time.process_time():.3f} RECORDS {app.stats.records}\n")
    sys.exit(code)
