"""The Chromium of browser tests, and a board to look at: Debian's Chromium, never one that is downloaded."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright

from streams.core.definition.definition import Definition
from streams.core.kpi.snapshot import Snapshot
from tests.browser.live import LiveBoard
from tests.browser.scenes import Scene, counted
from tests.support.eventually import patient

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def definition() -> Definition:
    """The documented defaults."""
    return Definition()


@pytest.fixture(scope="session")
def business(definition: Definition) -> Snapshot:
    """The snapshot of a small business whose churn has spiked."""
    return next(counted(1_500, definition))


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver; for one module, because its event loop would be in the way of other tests."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """One Chromium with a fresh profile, in UTC."""
    folder: Path = tmp_path_factory.mktemp("chromium")
    context = playwright.chromium.launch_persistent_context(
        folder,
        executable_path=shutil.which("chromium"),
        headless=True,
        args=list(_FLAGS),
        timezone_id="UTC",
        locale="en-GB",
        viewport={"width": 1440, "height": 900},
    )
    context.set_default_timeout(patient(15_000))
    expect.set_options(patient(5_000))
    yield context
    context.close()


@pytest.fixture
def live(definition: Definition, business: Snapshot) -> Iterator[LiveBoard]:
    """A running board."""
    board = LiveBoard(definition, Scene(business))
    board.start()
    yield board
    board.stop()


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """An empty page."""
    page = browser.new_page()
    yield page
    page.close()
