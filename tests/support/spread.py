"""How tests are spread over the processes that run them side by side (pytest-xdist, `make test`).

Rules: a file's tests stay together, because they share what it started (a browser, a cluster, a history), and
so do those of a folder of TOGETHER, which share more than a file does; in the folders of CHANCE, whose tests
share nothing, each goes where there is room. What lasts longest is begun
first, so that no process is left with it while the others have nothing to do.

This is a pytest plugin, loaded by tests/conftest.py.
"""

from typing import Any

import pytest

CHANCE = ("tests/laws/", "tests/engine/test_protocol_model.py", "tests/year/")
TOGETHER = ("tests/security/", "tests/doctor/")
LONGEST = (
    "tests/compiled/",
    "tests/chaos/",
    "tests/observability/test_ordinary_week.py",
    "tests/engine/test_protocol_model.py",
    "tests/security/",
    "tests/kafka/",
    "tests/foreign/",
    "tests/demo/",
    "tests/observability/",
    "tests/embedded/",
    "tests/browser/",
    "tests/laws/",
    "tests/year/",
)
"""Each is begun before those after it, and all of them before the rest."""


def share_of(nodeid: str) -> str:
    """Name what a test stays together with: its file, its folder, or only itself."""
    for folder in TOGETHER:
        if nodeid.startswith(folder):
            return folder
    return nodeid if nodeid.startswith(CHANCE) else nodeid.partition("::")[0]


def begins(nodeid: str) -> int:
    """Tell in which turn a test begins."""
    return next((turn for turn, place in enumerate(LONGEST) if nodeid.startswith(place)), len(LONGEST))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order the tests, where they run side by side."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: begins(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:  # noqa: ANN401 - pytest-xdist has no types
    """Hand tests out in the shares named above, in the order of collection."""
    from xdist.scheduler.loadscope import LoadScopeScheduling  # noqa: PLC0415 - only where it is used

    config.option.loadscopereorder = False
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = share_of
    return scheduler
