"""What a page shows, and what it should show of a snapshot: written down a second time, from the contract."""

from typing import NamedTuple

from playwright.sync_api import Page

from streams.core.kpi.snapshot import Snapshot
from streams.core.kpi.values.value import Value

RATIOS = ("churn_ratio", "retention_ratio", "repurchase_ratio", "csat_ratio.5")
TILES = ("active_customers", "churn_ratio", "new_customers", "nps_score", "revenue", *RATIOS[1:])

NONE = "\u2013"
"""In the place of a number that there is not: an en dash."""

_MINUS = "\u2212"
_CENTS_BELOW, _WHOLE_BELOW = 1_000, 1_000_000
_SMALL_PERCENT = 10


class Shown(NamedTuple):
    """A headline value on the page."""

    status: str
    raw: str
    text: str
    range: str
    n: str


def tiles(page: Page) -> dict[str, Shown]:
    """The headline values, read at one instant."""
    found = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".tile")].map((tile) => [tile.dataset.kpi, [
             tile.dataset.status, tile.querySelector("data").value, ...["data", ".range", ".n"].map(
               (part) => tile.querySelector(part).textContent)]]))"""
    )
    return {kpi: Shown(*shown) for kpi, shown in found.items()}


def expected(snapshot: Snapshot, window: str) -> dict[str, Shown]:
    """The headline values that a page should show."""
    values = {**snapshot.windows[window], **snapshot.now}
    return {kpi: _expected(kpi, values[kpi]) for kpi in TILES}


def _expected(kpi: str, value: Value) -> Shown:
    if value.value is None:
        return Shown(value.status, "", NONE, "", f"n {value.n:,}")
    interval = ""
    if value.low is not None and value.high is not None:
        interval = f"95 %: {text(kpi, value.low).removesuffix(' %')} to {text(kpi, value.high)}"
    return Shown(value.status, _raw(value.value), text(kpi, value.value), interval, f"n {value.n:,}")


def _raw(number: float) -> str:
    """As JavaScript writes a number."""
    return str(int(number)) if float(number).is_integer() else repr(number)


def text(kpi: str, number: float) -> str:
    """A number as people read it."""
    if kpi in RATIOS:
        share = number * 100
        said = "0" if not share else f"{share:,.{2 if abs(share) < _SMALL_PERCENT else 1}f}"
        return f"{said} %".replace("-", _MINUS)
    if kpi == "nps_score":
        return f"{number:,.1f}".replace("-", _MINUS)
    if kpi == "revenue":
        return _money(number)
    return f"{number:,}"


def _money(number: float) -> str:
    assert number < _WHOLE_BELOW
    return f"${number:,.2f}" if number < _CENTS_BELOW else f"${number:,.0f}"


def statuses(page: Page) -> set[str]:
    """The statuses of all headline values."""
    return {shown.status for shown in tiles(page).values()}
