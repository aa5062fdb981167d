"""The minutes that the curves are made of."""

from dataclasses import replace
from itertools import pairwise

import msgspec
import pytest

from streams.core.definition.definition import DAY_MS, MINUTE_MS, Definition
from streams.core.kpi.alarms import Alarms, StreamState
from streams.publish.board.history import CHARTED, KEPT, History
from tests.publish import world
from tests.publish.world import T0

DEFINITION = Definition(window_names=("1h", "24h"))


def curves(history: History, window: str = "24h") -> dict[str, list[float | None]]:
    """Times under ``t``, numbers under the names of KPIs."""
    document = msgspec.json.decode(history.json(window))
    return {"t": document["t"], **document["series"]}


def test_the_first_snapshot_of_a_minute_is_its_row() -> None:
    """Later ones of the same minute change nothing."""
    history = History(DEFINITION)
    for second in (0, 1_000, 59_999, 60_000):
        history.see(world.snapshot(DEFINITION, T0 + second, 1 + second))
    seen = curves(history)
    assert seen["t"] == [T0, T0 + 60_000]
    assert seen["new_customers"] == [6, 6 * 60_001]
    assert seen["active_customers"] == [50, 50 * 60_001]


def test_what_is_withheld_or_undefined_is_a_gap() -> None:
    """Null, never zero."""
    history = History(DEFINITION)
    history.see(world.snapshot(DEFINITION, T0, condition="stale"))
    history.see(world.snapshot(DEFINITION, T0 + MINUTE_MS, 0))
    seen = curves(history)
    assert seen["new_customers"] == [None, 0]
    assert seen["churn_ratio"] == [None, None]
    assert set(seen) == {
        "t",
        "active_customers",
        *CHARTED,
        *(f"alarm:{one.name}" for one in DEFINITION.watched),
    }


def test_the_past_fills_what_is_missing_and_replaces_nothing() -> None:
    """Rows of the stream arrive late, in any order, and again."""
    history = History(DEFINITION)
    history.see(world.snapshot(DEFINITION, T0))
    for minutes in (1, 3, 2, 3):
        history.fill(
            T0 - minutes * MINUTE_MS, {"24h:new_customers": str(minutes), "now:active_customers": ""}
        )
    history.fill(T0 + 5_000, {"24h:new_customers": "999"})
    seen = curves(history)
    assert seen["new_customers"] == [3, 2, 1, 6]
    assert seen["active_customers"] == [None, None, None, 50]
    assert all(before < after for before, after in pairwise(seen["t"]) if before and after)


def test_each_alarm_has_the_greatest_evidence_of_its_streams() -> None:
    """In every window's curves; a gap where no stream has any, or nothing is known."""

    def one(value: str, log10: float | None) -> StreamState:
        return StreamState("order_drop", "orders", "down", "plan", value, "ok", log10)

    history = History(DEFINITION)
    alarms = Alarms(T0, 8.7, 1, (one("a", -1.0), one("b", 2.5), one("c", None)))
    history.see(replace(world.snapshot(DEFINITION, T0), alarms=alarms))
    history.see(replace(world.snapshot(DEFINITION, T0 + MINUTE_MS), alarms=alarms.stale()))
    history.see(world.snapshot(DEFINITION, T0 + 2 * MINUTE_MS))
    history.fill(T0 - MINUTE_MS, {"alarm:order_drop": "9.25"})
    for window in ("1h", "24h"):
        seen = curves(history, window)
        assert seen["alarm:order_drop"] == [9.25, 2.5, None, None]
        assert seen["alarm:churn_spike"] == [None] * 4


def test_a_field_that_is_no_number_is_refused() -> None:
    """The reader passes over such an entry."""
    with pytest.raises(ValueError, match="x"):
        History(DEFINITION).fill(T0, {"24h:new_customers": "x"})


def test_it_never_keeps_more_than_a_day() -> None:
    """The oldest minutes go, and so do those before a long silence."""
    history = History(DEFINITION)
    for minute in range(KEPT + 100):
        history.fill(T0 + minute * MINUTE_MS, {"24h:new_customers": str(minute)})
    assert len(history) == KEPT
    assert curves(history)["new_customers"][0] == 100
    history.fill(T0 + 10 * DAY_MS, {})
    assert len(history) == 1


def test_bytes_are_made_once_until_something_changes() -> None:
    """All pages share them."""
    history = History(DEFINITION)
    history.see(world.snapshot(DEFINITION, T0))
    first = history.json("24h")
    assert history.json("24h") is first
    history.see(world.snapshot(DEFINITION, T0 + 1))
    assert history.json("24h") is first
    history.see(world.snapshot(DEFINITION, T0 + MINUTE_MS))
    assert history.json("24h") is not first
