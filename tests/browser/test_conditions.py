"""The page says plainly when a number is not to be relied on, and when it has lost the server."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from streams.core.definition.definition import Definition
from streams.core.kpi.snapshot import Snapshot, build_accounting_only
from streams.core.kpi.values.value import Condition
from tests.browser.live import LiveBoard
from tests.browser.reading import NONE, statuses, tiles
from tests.browser.scenes import Scene
from tests.support.eventually import eventually

pytestmark = pytest.mark.system("chromium")
WITHIN_S = 15.0
LIMIT_MS = 3_000
SLACK_MS = 1_500
"""Two renderings of a page."""
LATENESS = """() => {
  let last = performance.now();
  window.late = 0;
  setInterval(() => {
    const now = performance.now();
    window.late = Math.max(window.late, now - last - 100);
    last = now;
  }, 100);
}"""
"""Has a page measure how late its timers are, which on a busy machine is not the page's fault."""


@pytest.fixture
def quick(business: Snapshot) -> Iterator[LiveBoard]:
    """A board whose values are stale after 3 s."""
    board = LiveBoard(Definition(freshness_limit_ms=LIMIT_MS), Scene(business))
    board.start()
    yield board
    board.stop()


def withheld(condition: Condition) -> Callable[[Snapshot], Snapshot]:
    """Let a document be under a condition."""
    return lambda snapshot: snapshot.with_condition(condition, computed_at_ms=snapshot.computed_at_ms)


def opened(page: Page, board: LiveBoard) -> None:
    """Open the board and wait for its values."""
    page.goto(board.url)
    expect(page.locator("#state")).to_have_attribute("data-state", "ok")
    page.evaluate(LATENESS)


def became_stale_in_time(page: Page, board: LiveBoard, last_ms: int) -> None:
    """Wait for it; no later than the limit after the last value, but for what the machine holds up."""
    eventually(lambda: statuses(page) == {"stale"}, within=WITHIN_S)
    now_ms = board.clock()
    late_ms = page.evaluate("window.late") + board.clock() - now_ms
    assert now_ms - last_ms <= LIMIT_MS + SLACK_MS + 2 * late_ms


def no_value_is_shown(page: Page) -> None:
    """Dashes only, in tiles and tables."""
    assert {(shown.raw, shown.text, shown.range) for shown in tiles(page).values()} == {("", NONE, "")}
    assert set(page.locator(".panel [data-kpi] data").all_text_contents()) == {NONE}
    assert page.locator(".bars li").count() == 0


def test_values_that_no_longer_move_become_stale_within_the_limit(page: Page, quick: LiveBoard) -> None:
    """The server goes on to publish the same t as if all were well: the page sees it by itself."""
    opened(page, quick)
    quick.scene.frozen_ms = last = quick.clock()
    became_stale_in_time(page, quick, last)
    no_value_is_shown(page)
    expect(page.locator("#state-text")).to_contain_text("Stale: values are")
    quick.scene.frozen_ms = None
    eventually(lambda: "ok" in statuses(page), within=WITHIN_S)


def test_a_server_that_falls_silent_leaves_no_number_standing(page: Page, quick: LiveBoard) -> None:
    """Connected, but nothing is published."""
    opened(page, quick)
    quick.scene.silent = True
    last = quick.clock()
    became_stale_in_time(page, quick, last)
    no_value_is_shown(page)


def test_a_lost_connection_is_said_and_then_everything_is_stale(page: Page, quick: LiveBoard) -> None:
    """Said at once, stale within the limit, and all is well again when the server is back."""
    opened(page, quick)
    last = quick.clock()
    quick.stop()
    expect(page.locator("#state")).to_have_attribute("data-state", "lost")
    expect(page.locator("#state-text")).to_contain_text("Connection lost, trying again")
    became_stale_in_time(page, quick, last)
    no_value_is_shown(page)
    quick.start()
    expect(page.locator("#state")).to_have_attribute("data-state", "ok")
    eventually(lambda: "ok" in statuses(page), within=WITHIN_S)


def test_a_recovering_service_shows_no_value_but_its_accounting(page: Page, live: LiveBoard) -> None:
    """Which partitions it waits for is said."""
    live.scene.change = withheld("recovering")
    info = {"0": {"lag": 900, "state": "recovering"}, "1": {"lag": 0, "state": "ok"}}
    live.scene.snapshot = live.scene.snapshot.with_condition(
        "ok",
        computed_at_ms=0,
        partitions=info,  # type: ignore[arg-type] # literal
    )
    page.goto(live.url)
    expect(page.locator("#state-text")).to_have_text("Recovering: 1 of 2 partitions are not live")
    assert statuses(page) == {"recovering"}
    no_value_is_shown(page)
    expect(page.locator(".tile .why").first).to_have_text("Recovering: no value yet")
    expect(page.locator("#account .identity strong")).to_have_text("✓ balances")
    expect(page.locator("#engine tbody tr[data-partition]").first).to_contain_text("recovering")


def test_during_the_first_catch_up_there_is_only_accounting(
    page: Page, live: LiveBoard, definition: Definition
) -> None:
    """A document without any value."""
    whole = live.scene.snapshot
    live.scene.change = lambda snapshot: build_accounting_only(
        whole.accounting, definition, t_ms=snapshot.t_ms, computed_at_ms=snapshot.t_ms, partitions={}
    )
    page.goto(live.url)
    expect(page.locator("#state-text")).to_contain_text("Recovering")
    assert {shown.text for shown in tiles(page).values()} == {NONE}
    expect(page.locator("#account .identity strong")).to_have_text("✓ balances")


def test_before_any_value_the_reasons_are_said(page: Page, live: LiveBoard) -> None:
    """What the readiness probe says, a person can read here."""
    live.scene.silent = True
    live.stop()
    live.reasons = ("Kafka does not answer",)
    live.start()
    page.goto(live.url)
    expect(page.locator("#state-text")).to_have_text("No values yet: Kafka does not answer")
    live.scene.silent = False
    live.reasons = ()
    expect(page.locator("#state")).to_have_attribute("data-state", "ok")


def test_few_and_undefined_are_words(page: Page, live: LiveBoard, business: Snapshot) -> None:
    """Too few observations and nothing to divide by, each with its reason."""
    page.goto(f"{live.url}#window=5m")
    values = business.windows["5m"]
    assert (values["nps_score"].status, values["repurchase_ratio"].status) == ("undefined", "low_n")
    nps = page.locator('.tile[data-kpi="nps_score"]')
    expect(nps.locator(".badge")).to_have_text("undefined")
    expect(nps.locator(".why")).to_have_text("Undefined: no answers")
    few = page.locator('.tile[data-kpi="repurchase_ratio"]')
    expect(few.locator(".badge")).to_have_text("few")
    n = values["repurchase_ratio"].n
    expect(few.locator(".why")).to_have_text(f"Too few to rely on: {n} of at least 30")


def test_a_silent_source_is_a_word_beside_the_value(page: Page, live: LiveBoard, business: Snapshot) -> None:
    """The number stays; what is the matter with it stands there."""
    silenced = {kpi: value.silenced() for kpi, value in business.windows["24h"].items()}
    live.scene.change = lambda snapshot: replace(snapshot, windows={**snapshot.windows, "24h": silenced})
    page.goto(f"{live.url}#window=24h")
    revenue = page.locator('.tile[data-kpi="revenue"]')
    expect(revenue.locator(".badge")).to_have_text("silent")
    expect(revenue.locator(".why")).to_have_text("Silent: events it is made of have stopped coming")
    assert revenue.locator(".number").text_content() != NONE


def test_a_kpi_that_a_window_does_not_have_says_which_do(page: Page, live: LiveBoard) -> None:
    """Not hidden, not zero."""
    page.goto(f"{live.url}#window=1h")
    expect(page.locator('#value [data-kpi="lifetime_value"]')).to_contain_text("only in 7d, 30d")


def test_screen_readers_hear_of_conditions_and_not_of_numbers(page: Page, quick: LiveBoard) -> None:
    """The live region changes when the condition does, and stays while values move."""
    opened(page, quick)
    heard = page.locator("#announce")
    before = heard.text_content()
    clock = page.locator("#clock").text_content()
    eventually(lambda: page.locator("#clock").text_content() != clock, within=WITHIN_S)
    assert heard.text_content() == before
    quick.scene.frozen_ms = quick.clock()
    expect(heard).to_contain_text("Stale")
    assert page.locator("[aria-live]").count() == 1
