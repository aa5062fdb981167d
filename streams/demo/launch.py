"""Become ``kpi worker`` under the settings of a file: so that a secret stands in no command line.

Run as a module: ``python -m streams.demo.launch FILE``, FILE a JSON object of environment variables.
Settings of the caller's own environment do not get through: a demo is the same everywhere.
"""

import json
import os
import sys
from pathlib import Path

from streams.settings import PREFIX


def main(file: str) -> None:
    """Replace this process by the worker; returns never."""
    kept = {key: text for key, text in os.environ.items() if not key.startswith(PREFIX)}
    settings = json.loads(Path(file).read_text(encoding="utf-8"))
    command = [sys.executable, "-m", "streams.cli.main", "worker"]
    os.execve(sys.executable, command, {**kept, **settings})  # noqa: S606 - no shell wanted


if __name__ == "__main__":
    main(sys.argv[1])
