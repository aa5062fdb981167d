"""Where the coverage of the core is measured: in the tests that look at it from near.

Rules: what a mapping, a command, a live worker or a browser happens to reach, no test means; and measuring
makes Python take twice as long. Only the folders of MEASURED run with it, but for what is FROM_AFAR.

This is a pytest plugin, loaded by tests/conftest.py.
"""

import sys
import threading
from collections.abc import Generator

import pytest

MEASURED = ("tests/core/", "tests/engine/", "tests/golden/", "tests/laws/")
FROM_AFAR = (
    "tests/engine/test_protocol_model.py",
    "tests/laws/test_definitions.py",
    "tests/laws/test_dimensions_law.py",
    "tests/laws/test_laws.py",
    "tests/laws/test_long_histories.py",
    "tests/laws/test_matrix.py",
    "tests/laws/test_replay_law.py",
    "tests/laws/test_restart_law.py",
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Leave out whatever traces, in this thread and in those begun meanwhile, while any other runs.

    A mark `no_cover` would not do: in a process of pytest-xdist, pytest-cov measures twice, and pauses once.
    """
    if item.nodeid.startswith(MEASURED) and not item.nodeid.startswith(FROM_AFAR):
        return (yield)
    tracing, of_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracing)
        threading.settrace(of_threads)
