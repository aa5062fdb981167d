"""What came and went by steps of time: literal cases."""

import pytest

from streams.core.alarms import day as d
from streams.core.definition.definition import DAY_MS, HOUR_MS, MINUTE_MS, Definition, Tier
from streams.core.kpi.flows import Flows, range_of, step_of

TODAY = 20_000
"""A day since the epoch."""
NOON = TODAY * DAY_MS + 12 * HOUR_MS


def row(**counts: int) -> list[int]:
    """The numbers of a slot."""
    numbers = [0] * d.WIDTH
    for name, n in counts.items():
        numbers[d.QUANTITIES.index(name)] = n
    return numbers


def slot(hours: float) -> int:
    """The slot that begins so many hours after midnight."""
    return round(hours * HOUR_MS) // d.SLOT_MS


def test_a_range_is_as_long_as_panes_as_fine_as_the_windows_are_kept() -> None:
    """Two hours, two days, all that is kept; the steps that make at most 120 of it."""
    definition = Definition()
    ranges = {w.name: range_of(definition, w) for w in definition.windows}
    hours, days = (2 * HOUR_MS, 2 * DAY_MS)
    assert ranges == {"5m": hours, "1h": hours, "24h": days, "7d": 92 * DAY_MS, "30d": 92 * DAY_MS}
    assert [step_of(ms) for ms in (hours, days, 92 * DAY_MS)] == [5 * MINUTE_MS, HOUR_MS, DAY_MS]
    long = Definition(tiers=(Tier(HOUR_MS, 400 * DAY_MS),), window_names=("300d",))
    assert step_of(range_of(long, long.windows[0])) == DAY_MS


def test_hours_that_are_over_are_told_and_what_goes_on_is_not() -> None:
    """A slot that ends at the full hour is of the hour before it; customers are those at the end."""
    flows = Flows(
        NOON + 10 * MINUTE_MS,
        5,
        {
            TODAY - 1: {slot(23): row(new=1, active=1)},
            TODAY: {
                slot(10): row(new=3, active=3, orders=2),
                slot(11) - 1: row(churned=1, active=-1),
                slot(11): row(orders=7),
                slot(12): row(orders=9),
            },
        },
    )
    ends, found = flows.steps(HOUR_MS, 2 * HOUR_MS)
    assert ends == [NOON - HOUR_MS, NOON]
    assert found == {"new": [3, 0], "churned": [1, 0], "orders": [2, 7], "active": [8, 8]}


def test_the_time_before_anything_happened_is_left_out() -> None:
    """But not a quiet time after it; a coarse day stands in its first slot."""
    flows = Flows(
        TODAY * DAY_MS,
        0,
        {TODAY - 3: {0: row(new=4, active=4, orders=4)}, TODAY - 1: {slot(8): row(churned=1, active=-1)}},
    )
    ends, found = flows.steps(DAY_MS, 60 * DAY_MS)
    assert ends == [(TODAY - n) * DAY_MS for n in (2, 1, 0)]
    assert found == {"new": [4, 0, 0], "churned": [0, 0, 1], "orders": [4, 0, 0], "active": [4, 4, 3]}


@pytest.mark.parametrize("step_ms", [5 * MINUTE_MS, HOUR_MS, DAY_MS])
def test_where_nothing_ever_happened_there_is_nothing(step_ms: int) -> None:
    """No line of zeros."""
    ends, found = Flows(NOON, 0, {}).steps(step_ms, 2 * DAY_MS)
    assert (ends, found) == ([], {"active": [], "new": [], "churned": [], "orders": []})
