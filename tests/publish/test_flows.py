"""Flows of several partitions, and what the board tells of them."""

import msgspec

from streams.core.alarms import day as d
from streams.core.definition.definition import DAY_MS, HOUR_MS, Definition
from streams.core.kpi.alarm_watch import BEFORE, Row, SeriesPart
from streams.core.totals import OVERALL
from streams.publish.board.past_flows import PastFlows
from streams.publish.merge.flow_merger import FlowMerger

TODAY = 20_000
NOON = TODAY * DAY_MS + 12 * HOUR_MS
WINDOWS = {w.name: w for w in Definition().windows}


def part(new: int, *, before: int = 0, t_ms: int = NOON, hours: int = 11) -> SeriesPart:
    """A partition that has told of new customers in an hour of today."""
    numbers = [0] * d.WIDTH
    numbers[d.NEW] = numbers[d.ACTIVE] = new
    rows: dict[Row, bytes] = {
        (OVERALL, BEFORE): d.pack_count(before),
        (OVERALL, TODAY): d.pack_day({hours * 12: numbers}),
        (("plan", "pro"), TODAY): d.pack_day({0: [99] * d.WIDTH}),
    }
    return SeriesPart(t_ms, rows)


def merged(merger: FlowMerger, *parts: SeriesPart | None) -> dict[str, list[int]] | None:
    """What is told of the last two hours."""
    merger.offer(parts)
    if merger.waits:
        merger.merge()
    return None if merger.found is None else merger.found.steps(HOUR_MS, 2 * HOUR_MS)[1]


def test_partitions_add_up_and_a_part_is_never_shown_for_the_whole() -> None:
    """One that has told nothing makes all unknown; a day that is corrected is added up anew."""
    merger = FlowMerger()
    assert merged(merger) is None
    one, other = part(2, before=10), part(3, before=5, hours=10)
    assert merged(merger, one, None) is None
    found = merged(merger, one, other)
    assert found is not None
    assert (found["new"], found["active"]) == ([3, 2], [18, 20])
    assert not merger.waits
    late = part(4, before=5, hours=10)
    assert merged(merger, one, late) == {**found, "new": [4, 2], "active": [19, 21]}


def test_an_hour_counts_once_it_is_over_everywhere() -> None:
    """Of two partitions the one that is behind decides."""
    merger = FlowMerger()
    found = merged(merger, part(1, hours=10), part(1, t_ms=NOON - 60_000))
    assert found is not None
    assert found["new"] == [1]


def test_the_board_tells_of_a_window_as_far_back_as_its_curves_go() -> None:
    """By the step of its range; nothing while nothing is known."""
    merger, told = FlowMerger(), PastFlows(Definition())
    merged(merger, part(6))
    document = msgspec.json.decode(told.json(WINDOWS["24h"], merger.found))
    assert (document["range_ms"], document["step_ms"], document["t"]) == (2 * DAY_MS, HOUR_MS, [NOON])
    assert document["series"]["new_customers"] == [6]
    assert document["series"]["active_customers"] == [6]
    assert told.json(WINDOWS["24h"], merger.found) is told.json(WINDOWS["24h"], merger.found)
    nothing = msgspec.json.decode(told.json(WINDOWS["5m"], None))
    assert (nothing["t"], nothing["series"]["orders"]) == ([], [])
