"""What tests need of the machine, and what happens where it is missing.

Rules: a test that needs a missing program is skipped, and the reason names the program; with CI=true in the
environment a skip of any kind is a failure, because there nobody would notice what was not tested.

This is a pytest plugin, loaded by tests/conftest.py.
"""

import functools
import gc
import os
import shutil
from collections.abc import Generator

import pytest

from streams.embedded.java import JavaTools


@functools.cache
def kafka_lacks() -> str:
    """Return what the genuine Kafka needs and this machine lacks; "" if nothing."""
    return JavaTools.find().lacking


def skips_fail() -> bool:
    """Tell whether a skip is a failure in this run."""
    return os.environ.get("CI") == "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that uses the `kafka` fixture, so that `-m "not kafka"` leaves it out."""
    for item in items:
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kafka)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose marked needs are missing: `kafka`, or `system("program", …)`."""
    if item.get_closest_marker("kafka") and (lacking := kafka_lacks()):
        pytest.skip(f"a genuine Kafka needs {lacking}")
    for marker in item.iter_markers("system"):
        for program in marker.args:
            if shutil.which(program) is None:
                pytest.skip(f"the program {program} is not installed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Collect what a Kafka test left, now: its warnings and log lines belong to it.

    A fenced aiokafka producer leaves futures whose exception nobody asked for, and asyncio logs each with
    its traceback when it is collected. If that happens in the middle of `ast.parse` (an import, say),
    CPython 3.11 fails with "AST constructor recursion depth mismatch", in a test that did nothing wrong.
    """
    yield
    if item.get_closest_marker("kafka"):
        gc.collect()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,  # noqa: ARG001 - the hook's signature
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a test's skip into a failure where skips fail."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and skips_fail():
        _fail(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a module's skip into a failure where skips fail."""
    report = yield
    if report.skipped and skips_fail():
        _fail(report)
    return report


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"{reason} (with CI=true a skip is a failure)"
