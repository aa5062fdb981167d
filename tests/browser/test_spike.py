"""A churn spike is announced with where it comes from; an ordinary hour is not."""

import re
from collections.abc import Container
from dataclasses import replace

import msgspec
import pytest
from playwright.sync_api import Page, expect

from streams.core.kpi.alarms import Alarms, StreamState, threshold_of
from streams.core.kpi.snapshot import Snapshot
from streams.core.kpi.values.value import SpikeValue
from tests.browser.live import LiveBoard
from tests.browser.scenes import at
from tests.publish.world import T0

pytestmark = pytest.mark.system("chromium")
SPIKES = ("churn_spike_p", "churn_spike_seasonal_p")


def spike_of(snapshot: Snapshot, window: str) -> SpikeValue:
    """The spike value of the whole."""
    value = snapshot.windows[window]["churn_spike_p"]
    assert isinstance(value, SpikeValue)
    return value


def with_spikes(snapshot: Snapshot, kpis: Container[str], **parts: float) -> Snapshot:
    """The same with other parts of these spike values, in every window."""
    windows = {
        name: {
            kpi: msgspec.structs.replace(value, **parts)
            if isinstance(value, SpikeValue) and kpi in kpis
            else value
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


@pytest.mark.parametrize(
    ("kpis", "parts"),
    [
        (SPIKES[:1], {"value": 2e-5}),
        (SPIKES[1:], {"value": 2e-3}),
        (SPIKES[:1], {"observed": 9}),
        (SPIKES[:1], {"observed": 24, "expected": 20.0}),
    ],
    ids=["chance explains it", "every day is like that", "too few", "little more than expected"],
)
def test_what_pages_nobody_is_not_announced(
    page: Page, live: LiveBoard, kpis: tuple[str, ...], parts: dict[str, float]
) -> None:
    """The same numbers but for one, which is beyond the limit of the alerts."""
    live.scene.snapshot = with_spikes(live.scene.snapshot, kpis, **parts)
    page.goto(live.url)
    expect(page.locator("#state")).to_have_attribute("data-state", "ok")
    expect(page.locator("#alarm")).to_be_hidden()


def test_a_frozen_spike_is_not_announced(page: Page, live: LiveBoard) -> None:
    """While values are withheld nothing is known of now."""
    live.scene.change = lambda snapshot: snapshot.with_condition("stale", computed_at_ms=0)
    page.goto(live.url)
    expect(page.locator("#state")).to_have_attribute("data-state", "stale")
    expect(page.locator("#alarm")).to_be_hidden()


def stream(value: str, observed: int, evidence: float) -> StreamState:
    """A stream in alarm."""
    names = ("churn_spike", "churned_customers", "up", "segment" if value else "", value)
    started = T0 - 3_600_000
    return StreamState(*names, "alarm", evidence, observed, 1.5, 10_800_000, 1.26, started, evidence)


def test_an_alarm_is_told_instead_of_the_hint(page: Page, live: LiveBoard) -> None:
    """The stream with most evidence, and the others by name; gone with the alarm, and with its values."""
    snapshot = live.scene.snapshot
    alarms = Alarms(snapshot.t_ms, 8.7, 1, (stream("", 90, 9.0), stream("ent", 28, 11.3)))
    live.scene.snapshot = replace(snapshot, alarms=alarms)
    page.goto(f"{live.url}#window=30d")
    expect(page.locator("#alarm-title")).to_have_text("Alarm: churn spike")
    expect(page.locator("#alarm-text")).to_contain_text(
        "28 churned customers in 3 h, 1.5 expected; 1.26 times as many is ordinary. Since "
    )
    expect(page.locator("#alarm-from")).to_have_text("Most in segment ent. Also in alarm: the whole.")
    expect(page.locator("#alarm-show")).to_be_hidden()
    expect(page.locator("#announce")).to_contain_text("Alarm: churn spike. Most in segment ent.")
    live.scene.snapshot = snapshot
    expect(page.locator("#alarm-title")).to_have_text("Churn spike in the last 1h")


def test_alarms_are_shown_with_their_evidence(page: Page, live: LiveBoard) -> None:
    """How the streams of each stand, the greatest evidence now and by the minute, where an alarm begins."""
    snapshot = live.scene.snapshot
    page.goto(f"{live.url}#window=30d")
    expect(page.locator("#alarms-note")).to_have_text(
        "Nothing is known of alarms yet: they learn for five weeks"
    )
    quiet = StreamState("order_drop", "orders", "down", "", "", "ok", -1.5, 3, 2.5, 900_000, 1.25)
    learns = StreamState("order_drop", "orders", "down", "segment", "ent", "learning")
    alarms = Alarms(snapshot.t_ms, 8.7, 1, (stream("", 90, 9.0), stream("ent", 28, 11.3), quiet, learns))
    live.scene.change = lambda shown: replace(at(shown, shown.t_ms + 60_000), alarms=alarms)
    rows = page.locator("#alarms-body tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_have_text("churn spike2 in alarm10^11.3alarm")
    expect(rows.nth(1)).to_have_text("order drop1 ordinary, 1 learning≤ 1")
    limit = f"10^{threshold_of(live.definition):.1f}"
    expect(page.locator("#alarms-note")).to_contain_text(f"an alarm from {limit} on")
    plot = page.locator("#alarms-plot")
    expect(plot).to_have_attribute(
        "aria-label", re.compile("churn spike: from 10.11.3 to 10.11.3, last 10.11.3")
    )
    expect(plot).to_have_attribute(
        "aria-label", re.compile("order drop: from ≤ 1 to ≤ 1.*an alarm from: from 10.")
    )
    live.scene.change = lambda shown: shown.with_condition("stale", computed_at_ms=0)
    expect(page.locator("#alarms-note")).to_have_text("Stale: no current values")
    expect(rows).to_have_count(0)
