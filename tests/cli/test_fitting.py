"""A table is told by its status at any width: what is not to be relied upon never looks as if it were."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from streams.cli.table import LiveTable
from streams.client import Place, Reading, State

PLACE = Place("24h")
STATES = {
    "churn_ratio": State.LOW_N,
    "ces_mean": State.UNDEFINED,
    "orders": State.RECOVERING,
    "revenue": State.STALE,
    "purchase_retention_ratio": State.ABSENT,
}
TOLD = ["low_n", "undefined", "recovering", "stale", "absent"]


def readings(value: float = 0.25) -> Mapping[str, Reading]:
    """One KPI in each state, and one that is fresh."""
    bad = {
        kpi: Reading(kpi, PLACE, state, value, n=1_234_567, low=0.1, high=0.4, age_s=1.0)
        for kpi, state in STATES.items()
    }
    return bad | {"buyers": Reading("buyers", PLACE, State.FRESH, 12_345_678, n=12_345_678, age_s=2.0)}


def drawn(width: int) -> str:
    """The table as a terminal of so many columns shows it, after some time."""
    console = Console(width=width, color_system=None, legacy_windows=False)
    table = LiveTable()
    for value in range(9):
        found = table.draw("default 24h", {}, readings(value / 10))
    with console.capture() as capture:
        console.print(found)
    return capture.get()


@given(st.integers(12, 300))
def test_every_status_is_there_whole_at_any_width(width: int) -> None:
    """And no line is wider than the terminal."""
    text = drawn(width)
    for told in TOLD:
        assert told in text
    assert max(map(len, text.splitlines())) <= width


@given(st.integers(20, 300))
def test_a_number_is_there_whole_or_not_at_all(width: int) -> None:
    """12,345,678 cut to 12,345 would be another number; only names are cut."""
    (row,) = [line.split() for line in drawn(width).splitlines() if " ok" in line]
    assert {cell for cell in row if "1" in cell} <= {"12,345,678"}
    assert "12,345,678" in row or width < 35


@pytest.mark.parametrize(
    ("width", "there"),
    [
        (140, ["n", "95", "%", "interval", "age", "status", "trend"]),
        (80, ["n", "age", "status"]),
        (40, ["status"]),
    ],
)
def test_trend_interval_and_age_go_first(width: int, there: list[str]) -> None:
    """In this order; n goes last."""
    heads = [line.split() for line in drawn(width).splitlines() if "KPI" in line]
    assert heads == [["KPI", "value", *there]]
