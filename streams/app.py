"""The composition root: settings in, running service out.

``faust -A streams.app worker`` finds ``app`` here, and ``kpi worker`` calls ``run_worker``; both start the
same thing. Importing this module has no effect: ``app`` is made from the environment when it is asked for.
"""

import logging
import os
import sys
import time
from typing import Any

import faust

from streams.engine.app import EngineApp
from streams.settings import Settings

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def wall_clock() -> int:
    """The time in ms since the epoch."""
    return time.time_ns() // 1_000_000


def run_app(app: EngineApp, settings: Settings) -> int:
    """Run an app until a signal ends it.

    Returns:
        The exit code: 0 after a clean stop.
    """
    logging.basicConfig(level=settings.log_level, format=_FORMAT, stream=sys.stderr, force=True)
    for name in settings.unknown:
        logging.getLogger(__name__).warning("%s is no setting of this service and is ignored", name)
    worker = faust.Worker(app, loglevel=settings.log_level, override_logging=False, quiet=True)
    try:
        worker.execute_from_commandline()
    except SystemExit as ended:
        return int(ended.code or 0)


def __getattr__(name: str) -> Any:
    raise AttributeError(name)


__all__ = ["run_app", "wall_clock"]
_ = os
