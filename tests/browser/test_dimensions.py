"""The page speaks of the definition's dimensions: other ones, and none at all."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from streams.core.definition.definition import Definition
from tests.browser.live import LiveBoard
from tests.browser.scenes import Scene, counted

pytestmark = pytest.mark.system("chromium")


@contextmanager
def board(*dimensions: str) -> Iterator[LiveBoard]:
    """A board of a business whose churn has spiked, under these dimensions."""
    definition = Definition(dimensions=dimensions)
    running = LiveBoard(definition, Scene(next(counted(1_500, definition))))
    running.start()
    try:
        yield running
    finally:
        running.stop()


def test_the_page_offers_the_dimensions_that_there_are(page: Page) -> None:
    """In their order, the first one chosen; the choice stands in the address, the spike names its place."""
    with board("age_band", "segment") as live:
        page.goto(f"{live.url}#window=1h")
        expect(page.locator("#state")).to_have_attribute("data-state", "ok")
        expect(page.locator("#breakdown label")).to_have_text(["age band", "segment"])
        expect(page.get_by_role("radio", name="age band")).to_be_checked()
        expect(page.locator("#where li")).to_have_count(1)
        expect(page.locator("#where li .label")).to_have_text("unknown")
        expect(page.locator("#risk-by")).to_have_text("High risk by age band")
        expect(page.locator("#alarm-from")).to_contain_text("From segment smb:")
        page.get_by_role("radio", name="segment").check()
        expect(page.locator("#where li[data-value=smb]")).to_be_visible()
        expect(page.locator("#risk-by")).to_have_text("High risk by segment")
        assert page.url.endswith("#window=1h&by=segment")
        page.goto(f"{live.url}#window=1h&by=plan")
        expect(page.get_by_role("radio", name="age band")).to_be_checked()


def test_without_dimensions_the_page_tells_why_alone(page: Page) -> None:
    """No place is offered, none is named; reasons stay."""
    with board() as live:
        page.goto(f"{live.url}#window=1h")
        expect(page.locator("#state")).to_have_attribute("data-state", "ok")
        expect(page.locator("#why li").first).to_be_visible()
        expect(page.locator("#where-part")).to_be_hidden()
        expect(page.locator("#risk-part")).to_be_hidden()
        expect(page.locator("#alarm-from")).to_contain_text("Reason most given: price")
        expect(page.locator("#alarm-from")).not_to_contain_text("From")
        expect(page.locator("#alarm-from")).not_to_contain_text("Spread")
