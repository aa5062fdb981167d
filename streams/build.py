"""What runs here: version, form of the core, Python. Said in the log's first line and by ``/metrics``."""

import platform
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

from streams.core.customer import record as customer


class Build(NamedTuple):
    """The build of this process."""

    version: str
    core: str
    """``compiled`` (mypyc) or ``interpreted``: the same source, the same numbers, another speed."""
    python: str

    def __str__(self) -> str:
        return f"kpi-streams {self.version}, core {self.core}, Python {self.python}"


def build() -> Build:
    """The build of this process."""
    try:
        own = version("kpi-streams")
    except PackageNotFoundError:  # run from a source tree that is not installed
        own = "unknown"
    compiled = customer.__file__.endswith(tuple(EXTENSION_SUFFIXES))
    return Build(own, "compiled" if compiled else "interpreted", platform.python_version())
