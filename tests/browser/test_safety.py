"""Nothing from elsewhere, nothing against the policy, nothing without a name, nothing too pale."""

from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.live import LiveBoard

pytestmark = pytest.mark.system("chromium")

Landmark = Literal["banner", "main", "contentinfo", "navigation"]

CONTRASTS = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map(
    (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce(
    (sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (one) => {
    const colour = parse(getComputedStyle(one).backgroundColor);
    return colour.length === 3 || colour[3] === 1 ? colour : behind(one.parentElement);
  };
  return [...document.querySelectorAll("body *")].filter((one) =>
    [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) && one.checkVisibility() &&
    !one.closest(".hidden, .skip")).map((one) => {
      const [a, b] = [light(parse(getComputedStyle(one).color)), light(behind(one))].sort((x, y) => y - x);
      return [one.textContent.trim().slice(0, 40), (a + 0.05) / (b + 0.05)];
    });
}"""

NAMELESS = """() => [...document.querySelectorAll("button, a, input, [role=img], section, table, fieldset")]
  .filter((one) => one.checkVisibility()).filter((one) => {
    const ids = (one.getAttribute("aria-labelledby") ?? "").split(" ");
    const by = ids.map((id) => document.getElementById(id));
    const own = one.getAttribute("aria-label") || by.some((node) => node?.textContent.trim());
    const inside = one.querySelector("legend, caption")?.textContent || one.closest("label")?.textContent;
    const text = ["BUTTON", "A"].includes(one.tagName) && one.textContent.trim();
    return !(own || inside || text);
  }).map((one) => one.outerHTML.slice(0, 120))"""


def opened(page: Page, live: LiveBoard, fragment: str = "") -> None:
    """Open the board and wait for its values."""
    page.goto(live.url + fragment)
    expect(page.locator("#state")).to_have_attribute("data-state", "ok")


def test_no_request_leaves_the_server_and_no_rule_is_broken(page: Page, live: LiveBoard) -> None:
    """Every address is this server's; the console stays empty, also when everything is used."""
    addresses: list[str] = []
    console: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.on("console", lambda message: console.append(message.text))
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    opened(page, live)
    for name in ("1h", "30d"):
        page.get_by_role("radio", name=name, exact=True).check()
    for button in ("#theme-switch", "#theme-switch", "#wall-switch", "#wall-switch"):
        page.locator(button).click()
    expect(page.locator("#churn-plot canvas")).to_be_visible()
    assert [address for address in addresses if not address.startswith(live.url)] == []
    assert len(addresses) >= 20
    assert console == []
    assert errors == []


def test_the_policy_forbids_everything_that_is_not_served_here(page: Page, live: LiveBoard) -> None:
    """No inline code, no inline style, no other host, no frame; and the page works under it."""
    answer = page.goto(live.url)
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "*" not in policy
    for rule in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"):
        assert rule in policy
    markup = answer.text()
    assert "style=" not in markup
    assert "<style" not in markup
    assert "onclick" not in markup


def test_inline_code_really_does_not_run(page: Page, live: LiveBoard) -> None:
    """A script put into the page is refused."""
    opened(page, live)
    page.evaluate(
        """() => { const script = document.createElement("script"); window.ran = false;
             try { script.text = "window.ran = true"; document.body.append(script); } catch { } }"""
    )
    assert page.evaluate("window.ran") is False


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("fragment", ["window=1h", "window=24h&wall"])
def test_every_text_has_enough_contrast(page: Page, live: LiveBoard, theme: str, fragment: str) -> None:
    """WCAG AA for text of any size: 4.5 to 1."""
    opened(page, live, f"#{fragment}&theme={theme}")
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    texts = page.evaluate(CONTRASTS)
    assert len(texts) > 40
    assert [(text, ratio) for text, ratio in texts if ratio < 4.5] == []


def test_everything_has_a_name_and_a_place(page: Page, live: LiveBoard) -> None:
    """Landmarks, one main heading, and a name for every control, figure, table and section."""
    opened(page, live)
    expect(page.locator("#churn-plot canvas")).to_be_visible()
    assert page.evaluate(NAMELESS) == []
    landmarks: tuple[Landmark, ...] = ("banner", "main", "contentinfo", "navigation")
    for landmark in landmarks:
        expect(page.get_by_role(landmark)).to_have_count(1)
    expect(page.locator("h1")).to_have_count(1)
    assert page.locator("html").get_attribute("lang") == "en"
    names = page.locator("[id]").evaluate_all("all => all.map((one) => one.id)")
    assert len(names) == len(set(names))
