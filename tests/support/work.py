"""How much work something is, counted instead of timed: the same on every machine, however busy."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def lines_run(work: Callable[[], object]) -> int:
    """Return how many lines of Python are run by ``work()``."""
    lines = 0

    def trace(_frame: FrameType, kind: str, _argument: object) -> Any:  # noqa: ANN401 - itself
        nonlocal lines
        lines += kind == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return lines
