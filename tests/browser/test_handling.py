"""Switches, keyboard, themes and layouts."""

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from streams.core.kpi.snapshot import Snapshot
from tests.browser.live import LiveBoard
from tests.browser.reading import expected, tiles
from tests.support.eventually import eventually

pytestmark = pytest.mark.system("chromium")
WITHIN_S = 15.0
PHONE: ViewportSize = {"width": 360, "height": 780}
WALL: ViewportSize = {"width": 1920, "height": 1080}
LEAST_WALL_PX = 19.5
"""Three metres away, with a little less for rounding than 20 px."""

TEXTS = """() => [...document.querySelectorAll("body *")].filter((one) =>
  [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) && one.checkVisibility() &&
  one.getClientRects().length && !one.closest(".hidden, .skip")).map((one) => [
    one.textContent.trim().slice(0, 40), parseFloat(getComputedStyle(one).fontSize),
    one.getBoundingClientRect().right, one.getBoundingClientRect().bottom])"""


def opened(page: Page, live: LiveBoard, fragment: str = "") -> None:
    """Open the board and wait for its values."""
    page.goto(live.url + fragment)
    expect(page.locator("#state")).to_have_attribute("data-state", "ok")


def test_the_window_switch_changes_every_value(page: Page, live: LiveBoard, business: Snapshot) -> None:
    """24 h at first; the choice stands in the address and survives a reload."""
    opened(page, live)
    expect(page.get_by_role("radio", name="24h")).to_be_checked()
    page.get_by_role("radio", name="7d", exact=True).check()
    eventually(lambda: tiles(page) == expected(business, "7d"), within=WITHIN_S)
    assert page.url.endswith("#window=7d")
    page.reload()
    eventually(lambda: tiles(page) == expected(business, "7d"), within=WITHIN_S)


def test_everything_can_be_reached_and_changed_by_keyboard(
    page: Page, live: LiveBoard, business: Snapshot
) -> None:
    """Skip link, window by arrow keys, theme and wall by Enter and Space, each with a visible focus."""
    opened(page, live)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the values")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="Overview")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="24h")).to_be_focused()
    page.keyboard.press("ArrowRight")
    eventually(lambda: tiles(page) == expected(business, "7d"), within=WITHIN_S)
    focused = page.locator(".switch label:has(:focus-visible)")
    assert focused.evaluate("one => parseFloat(getComputedStyle(one).outlineWidth)") >= 2
    page.keyboard.press("Tab")
    expect(page.locator("#theme-switch")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("html")).to_have_attribute("data-mode", "wall")
    expect(page.get_by_role("button", name="Wall")).to_have_attribute("aria-pressed", "true")


def test_churn_can_be_broken_down_by_every_dimension(page: Page, live: LiveBoard) -> None:
    """Segment at first."""
    opened(page, live)
    page.get_by_role("radio", name="plan", exact=True).check()
    expect(page.locator('#where [data-value="basic"]')).to_be_visible()
    expect(page.locator("#risk-by")).to_have_text("High risk by plan")


@pytest.mark.parametrize(("scheme", "other"), [("light", "dark"), ("dark", "light")])
def test_the_theme_is_the_systems_until_it_is_chosen(
    browser: BrowserContext, live: LiveBoard, scheme: str, other: str
) -> None:
    """And the choice is remembered."""
    page = browser.new_page()
    background = "getComputedStyle(document.body).backgroundColor"
    try:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # literal
        opened(page, live)
        page.evaluate("localStorage.clear()")
        by_system = page.evaluate(background)
        while page.locator("html").get_attribute("data-theme") != other:
            page.locator("#theme-switch").click()
        chosen = page.evaluate(background)
        assert chosen != by_system
        page.reload()
        assert page.evaluate(background) == chosen
    finally:
        page.evaluate("localStorage.clear()")
        page.close()


@pytest.mark.parametrize(
    "fragment",
    ["#window=24h", "#window=5m", "#window=30d&lang=zh", "#window=30d&page=value", "#page=engagement"],
)
def test_on_a_phone_nothing_is_cut_off(page: Page, live: LiveBoard, fragment: str) -> None:
    """No sideways scrolling, no text beyond the edge, controls large enough for a finger."""
    page.set_viewport_size(PHONE)
    opened(page, live, fragment)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    beyond = [text for text, _, right, _ in page.evaluate(TEXTS) if right > PHONE["width"]]
    assert not beyond
    heights = page.locator(".switch label, button:visible").evaluate_all(
        "all => all.filter((one) => one.checkVisibility()).map((one) => one.getBoundingClientRect().height)"
    )
    assert min(heights) >= 32


@pytest.mark.parametrize("window", ["5m", "1h", "24h", "30d"])
def test_on_a_wall_everything_is_large_and_on_one_screen(page: Page, live: LiveBoard, window: str) -> None:
    """No letter below 20 px at 1080 lines, none outside of the screen or cut off by its panel."""
    page.set_viewport_size(WALL)
    opened(page, live, f"#window={window}&wall")
    texts = page.evaluate(TEXTS)
    assert len(texts) > 40
    assert [one for one in texts if one[1] < LEAST_WALL_PX] == []
    assert [one for one in texts if one[2] > WALL["width"] or one[3] > WALL["height"]] == []
    cut = page.locator(".tile, .panel").evaluate_all(
        """all => all.filter((one) => one.checkVisibility() && (one.scrollHeight > one.clientHeight + 1
             || one.scrollWidth > one.clientWidth + 1)).map((one) => one.id || one.dataset.kpi)"""
    )
    assert cut == []
    assert page.evaluate("document.documentElement.scrollHeight") <= WALL["height"]


def test_headline_numbers_on_a_wall_are_read_from_three_metres(page: Page, live: LiveBoard) -> None:
    """At least 64 px high letters at 1080 lines."""
    page.set_viewport_size(WALL)
    opened(page, live, "#wall")
    sizes = page.locator(".tile .value").evaluate_all(
        "all => all.map((one) => getComputedStyle(one).fontSize)"
    )
    assert min(float(size.removesuffix("px")) for size in sizes) >= 64
