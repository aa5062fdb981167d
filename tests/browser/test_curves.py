"""A page that opens shows the last 24 hours at once, and goes on from there."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from streams.core.definition.definition import DAY_MS, HOUR_MS, MINUTE_MS
from tests.browser.live import LiveBoard
from tests.browser.scenes import END_MS, at

pytestmark = pytest.mark.system("chromium")
WRITTEN = """(() => { const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...at) {
    (this.canvas.written ??= []).push(text); return write.call(this, text, ...at); };
  const clear = CanvasRenderingContext2D.prototype.clearRect;
  CanvasRenderingContext2D.prototype.clearRect = function (...at) {
    this.canvas.written = []; return clear.apply(this, at); }; })()"""
"""Every canvas remembers what is written on it."""
PAST = range(END_MS - DAY_MS + MINUTE_MS, END_MS, MINUTE_MS)


@pytest.fixture
def aged(live: LiveBoard) -> LiveBoard:
    """A board whose process has seen a day."""
    live.stop()
    live.before = tuple(at(live.scene.snapshot, t) for t in PAST)
    live.start()
    return live


def test_a_fresh_page_has_a_day_of_curves_and_trends(page: Page, aged: LiveBoard) -> None:
    """Every curve is described from its first to its last minute; trends compare with then."""
    page.goto(aged.url)
    label = page.locator("#flows-plot")
    expect(label).to_have_attribute(
        "aria-label", _words("13 Apr 00:00 to 15 Apr 00:00", "New customers: from", "Churned: from")
    )
    expect(page.locator('.tile[data-kpi="churn_ratio"] .trend')).to_have_text("unchanged in 24 h")
    expect(page.locator("canvas")).to_have_count(14)


def test_without_a_past_the_page_says_that_there_is_nothing_to_compare(page: Page, live: LiveBoard) -> None:
    """No invented trend."""
    page.goto(live.url)
    expect(page.locator('.tile[data-kpi="churn_ratio"] .trend')).to_have_text("no value 24 h ago")


def test_the_curve_goes_on_with_what_arrives(page: Page, aged: LiveBoard) -> None:
    """A new minute is drawn without loading anything again."""
    page.goto(aged.url)
    label = page.locator("#churn-plot")
    expect(label).to_have_attribute("aria-label", _words("00:01 to 15 Apr 00:00"))
    loads: list[str] = []
    page.on("request", lambda request: loads.append(request.url))
    aged.scene.change = lambda snapshot: at(snapshot, snapshot.t_ms + HOUR_MS)
    expect(label).to_have_attribute("aria-label", _words("01:0"))
    assert loads == []


def test_every_window_has_its_own_curves(page: Page, aged: LiveBoard) -> None:
    """Loaded when the window is chosen."""
    page.goto(aged.url)
    with page.expect_response(f"{aged.url}api/history?window=1h") as loaded:
        page.get_by_role("radio", name="1h", exact=True).check()
    assert loaded.value.ok
    expect(page.locator('.tile[data-kpi="churn_ratio"] .trend')).to_have_text("unchanged in 1 h")


def test_history_is_a_day_of_minutes_and_no_window_is_invented(page: Page, aged: LiveBoard) -> None:
    """At most 1,440 steps; an unknown window is a 404 that names those there are."""
    answer = page.request.get(f"{aged.url}api/history?window=24h")
    curves = answer.json()
    assert len(curves["t"]) == 1_440
    assert {after - before for before, after in pairwise(curves["t"][:-1])} == {MINUTE_MS}
    assert all(len(numbers) == 1_440 for numbers in curves["series"].values())
    refused = page.request.get(f"{aged.url}api/history?window=2y")
    assert (refused.status, refused.json()["reasons"]) == (404, ["one of 1h, 24h, 30d, 5m, 7d"])


@pytest.mark.parametrize("window", ["5m", "1h", "24h", "7d", "30d"])
def test_what_stands_at_a_grid_line_is_its_number(page: Page, aged: LiveBoard, window: str) -> None:
    """Not rounded: neighbours on an axis are equally far apart, in every plot and at every scale."""
    page.add_init_script(WRITTEN)
    page.goto(f"{aged.url}#window={window}")
    expect(page.locator("#churn-plot")).to_have_attribute("aria-label", _words(" to 15 Apr 00:00"))
    expect(page.locator("#flows-plot")).to_have_attribute("aria-label", _words(" to 15 Apr 00:00"))
    for plot in ("churn-plot", "flows-plot", "nps-plot"):
        labels = page.evaluate("(id) => document.querySelector(`#${id} canvas`)?.written ?? []", plot)
        numbers = sorted(
            float(text.removesuffix(" %").replace("\u2212", "-"))
            for text in labels
            if not re.search(":|[A-Z]", text)
        )
        distances = [after - before for before, after in pairwise(numbers)]
        assert distances == pytest.approx([distances[0]] * len(distances)), (plot, labels)


def _words(*words: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(word) for word in words))
