"""The page speaks of the definition in force, not of the default."""

import re
from collections.abc import Iterator
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from streams.core.definition.definition import Definition
from tests.browser.live import LiveBoard
from tests.browser.scenes import Scene, counted
from tests.support.eventually import eventually

pytestmark = pytest.mark.system("chromium")
ANOTHER = Definition(
    formula="simple",
    nps_basis="responses",
    window_names=("1h", "14d"),
    min_n_by_kpi=(("csat_ratio", 9_999),),
    freshness_limit_ms=3_600_000,
)


@pytest.fixture(scope="module")
def another() -> Iterator[LiveBoard]:
    """A board under a definition of other choices."""
    board = LiveBoard(ANOTHER, Scene(next(counted(300, ANOTHER))))
    board.start()
    yield board
    board.stop()


def named(page: Page, kpi: str) -> tuple[str | None, str]:
    """What a tile is called, and what it says to whoever points at that."""
    head = page.locator(f'.tile[data-kpi="{kpi}"] h2')
    return head.text_content(), head.get_attribute("title") or ""


def test_a_tile_names_the_formula_that_was_chosen(page: Page, another: LiveBoard) -> None:
    """And explains it with its own meaning and formula."""
    page.goto(f"{another.url}#window=14d")
    said = "Churn ratio, simple formula: Departures for each customer at the window's start. C / B"
    expect(page.locator('.tile[data-kpi="churn_ratio"] h2')).to_be_visible()
    assert named(page, "churn_ratio") == ("Churn, simple formula", said)
    name, says = named(page, "nps_score")
    assert name == "NPS, every answer"
    assert says.endswith("of every answer in the window. 100 * (P - D) / votes")


def test_the_default_is_explained_and_named_as_ever(page: Page, live: LiveBoard) -> None:
    """Its formula is the standard one."""
    page.goto(live.url)
    expect(page.locator('.tile[data-kpi="churn_ratio"] h2')).to_be_visible()
    name, says = named(page, "churn_ratio")
    assert name == "Churn"
    assert says.endswith("The part of the customers at the window's start who were lost. C₀ / B")


def test_rows_curves_and_limits_are_those_of_the_definition(page: Page, another: LiveBoard) -> None:
    """The name in tables and of curves, the least n, and where a KPI is that this window does not have."""
    page.goto(f"{another.url}#window=1h")
    row = page.locator('#nps-body tr[data-kpi="nps_score"] th')
    expect(row).to_contain_text("NPS, every answer")
    expect(page.locator("#churn-plot")).to_have_attribute("aria-label", re.compile("Churn, simple formula: "))
    expect(page.locator('#value [data-kpi="lifetime_value"]')).to_contain_text("only in 14d")
    page.goto(f"{another.url}#window=14d")
    expect(page.locator('.tile[data-kpi="csat_ratio.5"] .why')).to_contain_text("of at least 9,999")


def test_values_are_withheld_at_the_limit_of_the_definition(page: Page, another: LiveBoard) -> None:
    """An hour here: what is ten minutes old is shown, where the default would withhold it."""
    another.scene.frozen_ms = another.clock() - 600_000
    try:
        page.goto(f"{another.url}#window=14d")
        expect(page.locator('.tile[data-kpi="churn_ratio"] .age')).to_contain_text("10 min old")
        expect(page.locator("#state")).to_have_attribute("data-state", "ok")
    finally:
        another.scene.frozen_ms = None


def test_metrics_of_the_same_server_say_the_same(another: LiveBoard) -> None:
    """HELP of the headline."""
    said = "Churn ratio, simple formula: departures for each customer at the window's start.\n"

    def told() -> bool:
        with urlopen(f"{another.url}metrics") as answer:  # noqa: S310 - our own server
            return f"# HELP crm_churn_ratio {said}" in answer.read().decode()

    eventually(told, within=15)
