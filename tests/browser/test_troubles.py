"""What is wrong stands first, with what to do; and so do the first hours."""

from dataclasses import replace

import msgspec
import pytest
from playwright.sync_api import Page, expect

from streams.core.definition.definition import DAY_MS
from streams.core.kpi.snapshot import PartitionInfo, Snapshot
from streams.core.totals import Accounting
from tests.browser.live import LiveBoard

pytestmark = pytest.mark.system("chromium")


def test_while_all_is_well_there_is_nothing_to_say(page: Page, live: LiveBoard) -> None:
    """In a short window, too, where a small business has little."""
    page.goto(f"{live.url}#window=5m")
    expect(page.locator("#state-text")).to_have_text("Live")
    expect(page.locator("#trouble")).to_be_hidden()


def test_a_dead_redis_is_no_green_light(page: Page, live: LiveBoard) -> None:
    """The status says it, not the last row of the last panel; and it goes with its cause."""
    live.redis_up = 0
    page.goto(live.url)
    expect(page.locator("#state")).to_have_attribute("data-state", "trouble")
    expect(page.locator("#state-text")).to_have_text("Redis cannot be written.")
    expect(page.locator('[data-trouble="redis"]')).to_contain_text("kpi doctor")
    expect(page.locator("#announce")).to_contain_text("Redis cannot be written.")
    live.redis_up = 1
    expect(page.locator("#state-text")).to_have_text("Live")
    expect(page.locator("#trouble")).to_be_hidden()


def test_partitions_in_trouble_are_named_before_everything_else(page: Page, live: LiveBoard) -> None:
    """With what they are doing."""
    info: dict[str, PartitionInfo] = {
        "0": {"lag": 900, "state": "recovering"},
        "1": {"lag": 0, "state": "ok"},
    }
    live.scene.change = lambda shown: shown.with_condition("recovering", computed_at_ms=0, partitions=info)
    page.goto(live.url)
    first = page.locator("#trouble li").first
    expect(first).to_contain_text("1 of 2 partitions are not live: 0 (recovering).")
    expect(first).to_contain_text("catch up by themselves")


def test_a_source_that_has_stopped_is_named(page: Page, live: LiveBoard, business: Snapshot) -> None:
    """With how long ago its last event was."""
    newest = {**business.newest_event, "survey": business.t_ms - 9 * DAY_MS}
    live.scene.change = lambda shown: replace(shown, newest_event=newest)
    page.goto(live.url)
    expect(page.locator('[data-trouble="silent"]')).to_contain_text("No survey for 9 d.")
    expect(page.locator("#state-text")).to_have_text("Live")


@pytest.mark.parametrize(("received", "said"), [(0, "nothing"), (12, "little")])
def test_the_first_hours_say_how_events_come_in(
    page: Page, live: LiveBoard, received: int, said: str
) -> None:
    """Before the first record, and while nearly all is undefined or few."""
    few = {
        name: {kpi: msgspec.structs.replace(value, status="low_n") for kpi, value in values.items()}
        for name, values in live.scene.snapshot.windows.items()
    }
    accounting = Accounting(received=received, counted={"signup": received})
    live.scene.change = lambda shown: replace(shown, windows=few, accounting=accounting)
    page.goto(live.url)
    expect(page.locator(f'[data-trouble="{said}"]')).to_contain_text("kpi send FILE")
    expect(page.locator("#trouble li")).to_have_count(1)


def test_values_say_of_when_they_are_with_date_and_zone(page: Page, live: LiveBoard) -> None:
    """Who looks at a screen elsewhere needs both."""
    page.goto(live.url)
    expect(page.locator("#clock")).to_contain_text(" UTC, 15 Apr")
