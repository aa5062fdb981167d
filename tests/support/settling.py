"""What a loop that spoke TLS leaves behind: what failed is closed without a wait for its end."""

import asyncio
import gc
import warnings
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def collected(scene: Coroutine[Any, Any, T]) -> T:
    """Run a scene; sockets whose loop ended before they were closed are collected here, not in the next test.

    The collector may come while the scene runs, too.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            return asyncio.run(scene)
        finally:
            gc.collect()
