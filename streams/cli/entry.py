"""``kpi`` as it is installed: the command line, or a line about what to install for it.

Never: imports more than the standard library, for there may be no more than the reader needs.
"""

import sys
from importlib import import_module

from streams.cli.errors import missing_package
from streams.cli.exits import Exit


def main() -> None:
    """The entry point of the ``kpi`` program."""
    try:
        command_line = import_module("streams.cli.main")
    except ModuleNotFoundError as error:
        text = missing_package(error)
        if text is None:
            raise
        sys.stderr.write(f"kpi: {text}\n")
        sys.exit(Exit.UNREACHABLE)
    command_line.main()
