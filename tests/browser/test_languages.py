"""The page speaks the browser's language, or the one that was chosen; its words are the catalogues'."""

import json
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from streams.core.definition.definition import Definition
from streams.core.kpi.catalogue.registry import CATALOGUE
from streams.core.kpi.snapshot import Snapshot
from streams.publish.board import assets
from tests.browser.live import LiveBoard
from tests.support.eventually import eventually

pytestmark = pytest.mark.system("chromium")
WITHIN_S = 15.0
SEEN = """() => [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility())
  .flatMap((one) => [
  ...[...one.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data),
  one.getAttribute("aria-label") ?? ""]).filter((text) => /[a-z]/i.test(text))"""
INNERMOST = re.compile("⟦[^⟦⟧]*⟧")


def marked(route: Route) -> None:
    """Serve catalogues in which every text is in brackets."""
    texts = {key: f"⟦{text}⟧" for key, text in assets.catalogue("en").texts.items()}
    told = {"name": "⟦a KPI⟧", "says": "⟦its meaning⟧", "why": "⟦a reason⟧"}
    kpis = json.dumps({"en": dict.fromkeys(CATALOGUE, told)})
    script = f"export const TEXTS = {json.dumps({'en': texts})};\nexport const KPI_TEXTS = {kpis};"
    route.fulfill(body=script, content_type="text/javascript")


def outside(text: str) -> set[str]:
    """The words of a text that are in no brackets."""
    while INNERMOST.search(text):
        text = INNERMOST.sub("", text)
    return set(re.findall(r"[A-Za-z]{2,}", text))


def data_of(snapshot: Snapshot) -> set[str]:
    """Words that are data: values of dimensions, kinds, reasons, alarms, the date."""
    listed = snapshot.dimensions.values
    names = [*listed, *(value for values in listed.values() for value in values)]
    names += [*snapshot.accounting.malformed, *snapshot.accounting.ignored, *snapshot.accounting.counted]
    names += [alarm.name for alarm in Definition().watched]
    return {*re.findall(r"[A-Za-z]{2,}", " ".join(names).replace("_", " ")), "Apr", "UTC"}


@pytest.mark.parametrize("fragment", ["#window=24h", "#window=5m&page=value", "#page=engagement", "#wall"])
@pytest.mark.parametrize("condition", ["ok", "recovering"])
def test_no_word_stands_outside_of_the_catalogues(
    page: Page, live: LiveBoard, business: Snapshot, fragment: str, condition: str
) -> None:
    """Only data does, in whatever state the page is."""
    page.route("**/js/texts.js", marked)
    if condition != "ok":
        live.scene.change = lambda snapshot: snapshot.with_condition("recovering", computed_at_ms=0)
        live.redis_up = 0
    page.goto(live.url + fragment)
    expect(page.locator("#state")).to_have_attribute("data-state", condition)
    expect(page.locator("#flows-plot canvas, #orders-plot canvas").first).to_be_attached()
    data = data_of(business)
    strays = {text: left for text in page.evaluate(SEEN) if (left := outside(text) - data)}
    assert strays == {}


def test_a_chinese_browser_is_answered_in_chinese_and_can_choose_otherwise(
    playwright: Playwright, live: LiveBoard, tmp_path: Path
) -> None:
    """By the browser's language; the switch is remembered, and the address says it, too."""
    context = playwright.chromium.launch_persistent_context(
        tmp_path,
        executable_path=shutil.which("chromium"),
        headless=True,
        args=["--no-sandbox", "--disable-gpu"],
        timezone_id="UTC",
        locale="zh-CN",
    )
    try:
        page = context.new_page()
        page.goto(f"{live.url}#window=30d")
        expect(page.locator("html")).to_have_attribute("lang", "zh")
        expect(page.locator('.tile[data-kpi="churn_ratio"] h2')).to_have_text("流失率")
        expect(page.locator("#state-text")).to_have_text("实时")
        assert page.title() == "客户指标"
        page.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.locator('.tile[data-kpi="churn_ratio"] h2')).to_have_text("Churn")
        expect(page.get_by_role("radio", name="30d")).to_be_checked()
        page.goto("about:blank")
        page.goto(live.url)
        expect(page.locator("#state-text")).to_have_text("Live")
        page.goto("about:blank")
        page.goto(f"{live.url}#lang=zh")
        eventually(lambda: page.locator("#state-text").text_content() == "实时", within=WITHIN_S)
    finally:
        context.close()
