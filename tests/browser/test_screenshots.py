"""Pictures of the board: looked at by people, so only their making is tested here.

`BOARD_SCREENSHOTS=docs/img` in the environment writes them there, with a day of real curves; otherwise they
go to a temporary folder, and nothing in the tree changes.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from streams.core.definition.definition import Definition
from streams.core.kpi.snapshot import Snapshot
from tests.browser.live import LiveBoard
from tests.browser.scenes import Scene, counted

pytestmark = pytest.mark.system("chromium")
FOLDER = os.environ.get("BOARD_SCREENSHOTS")


@pytest.fixture(scope="module")
def past(definition: Definition, business: Snapshot) -> tuple[Snapshot, ...]:
    """A day of a larger business, where the pictures are wanted."""
    return tuple(counted(4_000, definition, curves=True)) if FOLDER else (business,)


class Layout(NamedTuple):
    """How a picture is taken."""

    size: ViewportSize
    scheme: Literal["light", "dark"]
    fragment: str = ""
    whole: bool = False
    """With what lies below the screen."""


LAYOUTS = {
    "dark": Layout({"width": 1440, "height": 1080}, "dark"),
    "light": Layout({"width": 1440, "height": 1080}, "light", "#window=7d", whole=True),
    "phone": Layout({"width": 390, "height": 844}, "dark"),
    "wall": Layout({"width": 1920, "height": 1080}, "dark", "#window=24h&wall"),
}


@pytest.fixture
def aged(definition: Definition, past: tuple[Snapshot, ...]) -> Iterator[LiveBoard]:
    """A board that has seen the past."""
    live = LiveBoard(definition, Scene(past[-1]))
    live.before = past[:-1]
    live.start()
    yield live
    live.stop()


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_picture_of_each_layout(page: Page, aged: LiveBoard, tmp_path: Path, name: str) -> None:
    """One file each, when everything is drawn."""
    size, scheme, fragment, whole = LAYOUTS[name]
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    page.goto(aged.url + fragment)
    expect(page.locator("#state")).to_have_attribute("data-state", "ok")
    expect(page.locator("#flows-plot canvas")).to_be_visible()
    expect(page.locator("#alarm")).to_be_visible()
    path = Path(FOLDER or tmp_path) / f"board-{name}.png"
    page.screenshot(path=path, full_page=whole)
    assert path.stat().st_size > 20_000
