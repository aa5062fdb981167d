"""How much work something is, counted instead of timed: the same on every machine, however busy."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def lines_run(work: Callable[[], object]) -> int:
    """Return how many lines of Python are run by ``work()``.

    The same while coverage is measured: what Slipcover runs is left out, and so are its marks, which
    stand in no line.
    """
    lines = 0

    def trace(frame: FrameType, kind: str, _argument: object) -> Any:  # noqa: ANN401 - itself
        nonlocal lines
        if "/slipcover/" in frame.f_code.co_filename:
            return None
        lines += kind == "line" and frame.f_lineno > 0
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return lines
