"""A churn spike is announced with where it comes from; an ordinary hour is not."""

from dataclasses import replace

import msgspec
import pytest
from playwright.sync_api import Page, expect

from streams.core.kpi_value import SpikeValue
from streams.core.snapshot import Snapshot
from tests.browser.live import LiveBoard

pytestmark = pytest.mark.system("chromium")


def spike_of(snapshot: Snapshot, window: str) -> SpikeValue:
    """The spike value of the whole."""
    value = snapshot.windows[window]["churn_spike_p"]
    assert isinstance(value, SpikeValue)
    return value


def calm(snapshot: Snapshot) -> Snapshot:
    """The same with as many churns as there always are."""
    windows = {
        name: {
            kpi: msgspec.structs.replace(value, value=0.4) if isinstance(value, SpikeValue) else value
            for kpi, value in values.items()
        }
        for name, values in snapshot.windows.items()
    }
    return replace(snapshot, windows=windows)


def test_a_spike_shows_where_it_comes_from(page: Page, live: LiveBoard, business: Snapshot) -> None:
    """Observed and expected, the segment and the reason, whichever window is being looked at."""
    page.goto(f"{live.url}#window=30d")
    spike = spike_of(business, "1h")
    assert spike.expected is not None
    expect(page.locator("#alarm-title")).to_have_text("Churn spike in the last 1h")
    expect(page.locator("#alarm-text")).to_contain_text(
        f"{spike.observed} churned, {spike.expected:.1f} expected"
    )
    expect(page.locator("#alarm-from")).to_contain_text(f"From segment smb: {spike.observed} of")
    expect(page.locator("#alarm-from")).to_contain_text("Reason most given: price")
    expect(page.locator("#announce")).to_contain_text("Churn spike in the last 1h")


def test_one_click_shows_the_window_of_the_spike(page: Page, live: LiveBoard) -> None:
    """And the offer is gone then."""
    page.goto(f"{live.url}#window=30d")
    page.get_by_role("button", name="Show 1h").click()
    expect(page.get_by_role("radio", name="1h")).to_be_checked()
    expect(page.locator("#alarm-show")).to_be_hidden()


def test_ordinary_churn_is_no_spike(page: Page, live: LiveBoard) -> None:
    """The same numbers with an ordinary probability."""
    live.scene.snapshot = calm(live.scene.snapshot)
    page.goto(live.url)
    expect(page.locator("#state")).to_have_attribute("data-state", "ok")
    expect(page.locator("#alarm")).to_be_hidden()


def test_a_frozen_spike_is_not_announced(page: Page, live: LiveBoard) -> None:
    """While values are withheld nothing is known of now."""
    live.scene.change = lambda snapshot: snapshot.with_condition("stale", computed_at_ms=0)
    page.goto(live.url)
    expect(page.locator("#state")).to_have_attribute("data-state", "stale")
    expect(page.locator("#alarm")).to_be_hidden()
