"""What the page shows is what the snapshot says."""

import re

import pytest
from playwright.sync_api import Page, expect

from streams.core.kpi.snapshot import Snapshot
from streams.core.kpi.values.value import NpsValue, SpikeValue
from tests.browser.live import LiveBoard
from tests.browser.reading import expected, statuses, tiles
from tests.support.eventually import eventually

pytestmark = pytest.mark.system("chromium")
WITHIN_S = 15.0


@pytest.mark.parametrize("window", ["5m", "1h", "24h", "7d", "30d"])
def test_headline_values_are_those_of_the_snapshot(
    page: Page, live: LiveBoard, business: Snapshot, window: str
) -> None:
    """Value to the last digit, text, interval, n and status, in every window."""
    page.goto(f"{live.url}#window={window}")
    eventually(lambda: tiles(page) == expected(business, window), within=WITHIN_S)


def test_every_row_has_the_value_of_the_snapshot(page: Page, live: LiveBoard, business: Snapshot) -> None:
    """The tables of all panels, in a window that has every KPI; nothing else than KPIs of the snapshot."""
    page.goto(f"{live.url}#window=7d")
    expect(page.locator("#value tr")).to_have_count(11)
    expect(page.locator("#engagement tr")).to_have_count(7)
    rows = page.evaluate(
        """() => [...document.querySelectorAll(".panel [data-kpi]")].map(
             (row) => [row.dataset.kpi, row.querySelector("data").value, row.dataset.status])"""
    )
    values = {**business.windows["7d"], **business.now}
    assert len(rows) >= 20
    for kpi, raw, status in rows:
        assert (float(raw) if raw else None, status) == (values[kpi].value, values[kpi].status), kpi


def test_votes_behind_the_nps(page: Page, live: LiveBoard, business: Snapshot) -> None:
    """Promoters, passives, detractors in words and numbers."""
    page.goto(f"{live.url}#window=30d")
    nps = business.windows["30d"]["nps_score"]
    assert isinstance(nps, NpsValue)
    assert nps.promoters * nps.passives * nps.detractors
    listed = page.locator("#nps .parts li")
    expect(listed.nth(0)).to_contain_text(f"{nps.promoters:,} promoters")
    expect(listed.nth(1)).to_contain_text(f"{nps.passives:,} passives")
    expect(listed.nth(2)).to_contain_text(f"{nps.detractors:,} detractors")


def test_churn_by_segment_is_ranked_by_what_was_not_expected(
    page: Page, live: LiveBoard, business: Snapshot
) -> None:
    """Observed minus expected, the greatest first, with both numbers."""
    page.goto(f"{live.url}#window=24h")
    spikes = {}
    for name, periods in business.dimensions.values["segment"].items():
        spike = periods["24h"]["churn_spike_p"]
        assert isinstance(spike, SpikeValue)
        if spike.expected is not None and (spike.observed or spike.expected >= 0.05):
            spikes[name] = (spike.observed, spike.expected)
    ranked = sorted(spikes, key=lambda name: spikes[name][1] - spikes[name][0])
    expect(page.locator("#where li").first).to_have_attribute("data-value", "smb")
    assert page.locator("#where li").evaluate_all("all => all.map((one) => one.dataset.value)") == ranked
    observed, awaited = spikes["smb"]
    expect(page.locator("#where li").first).to_contain_text(f"{observed} {awaited:.1f} expected")


def test_without_an_expectation_churn_is_ranked_by_contribution(page: Page, live: LiveBoard) -> None:
    """In 30 days there are not 24 windows before: shares of all who churned."""
    page.goto(f"{live.url}#window=30d")
    expect(page.locator("#where-note")).to_contain_text("share of all churned")
    counts = page.locator("#where li b").all_text_contents()
    assert [int(n) for n in counts] == sorted(map(int, counts), reverse=True)
    expect(page.locator("#where li").first).to_contain_text("%")


def test_accounting_balances_and_partitions_are_listed(
    page: Page, live: LiveBoard, business: Snapshot
) -> None:
    """The identity with its numbers; state, lag and last commit of each partition."""
    page.goto(live.url)
    received = page.locator('[data-term="received"]')
    expect(received).to_have_text(f"{business.accounting.received:,}")
    expect(page.locator("#account .identity strong")).to_have_text("✓ balances")
    expect(page.locator("#account .note")).to_contain_text("active ✓")
    expect(page.locator("#engine tbody tr[data-partition]")).to_have_count(4)
    expect(page.locator('[data-partition="0"]')).to_contain_text("0.4 s ago")
    expect(page.locator('[data-partition="1"]')).to_contain_text("other worker")


def test_an_identity_that_does_not_hold_is_said(page: Page, live: LiveBoard, business: Snapshot) -> None:
    """One record too many."""
    business.accounting.received += 1
    try:
        page.goto(live.url)
        expect(page.locator("#account .identity strong")).to_have_text("✗ does not balance")
    finally:
        business.accounting.received -= 1


def test_ages_are_told_by_the_servers_clock(page: Page, live: LiveBoard) -> None:
    """The page's own clock is wrong by months, and no age shows it."""
    page.goto(live.url)
    eventually(lambda: statuses(page) >= {"ok"}, within=WITHIN_S)
    for age in page.locator(".tile .age").all_text_contents():
        assert re.fullmatch(r"\d+ s old", age)
