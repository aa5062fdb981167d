"""Cells are found again, however many panes there are."""

from streams.core.counting.panes import Mark, Panes
from streams.core.definition.definition import DAY_MS, MINUTE_MS, Tier


def test_more_instants_than_are_at_hand_find_their_cells() -> None:
    """Each has its own pane of a minute in the finest tier, and all are in the window."""
    panes = Panes((Tier(MINUTE_MS, 30 * DAY_MS),), 1, [Mark(30 * DAY_MS, MINUTE_MS)])
    panes.move(30 * DAY_MS)
    instants = [number * MINUTE_MS for number in range(1, 10_000)]
    for _ in range(2):
        for at_ms in instants:
            panes.add(0, at_ms, [(0, 1)])
    assert panes.sums_whole() == panes.sums_of([0]) == [[2 * len(instants)]]
    cell = panes.cell(0, instants[0])
    assert cell is not None
    assert cell[0] == 2
