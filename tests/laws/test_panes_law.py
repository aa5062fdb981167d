"""Panes are held to a list of (time, group, quantity, amount), summed over each window anew."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.counting.panes import Mark, Panes
from streams.core.definition.definition import Tier
from tests.laws.lawful import law
from tests.support.chance import examples

TIERS = (Tier(1, 8), Tier(4, 24), Tier(12, 120))
MARKS = (Mark(3, 1), Mark(8, 1), Mark(12, 4), Mark(24, 4), Mark(60, 12), Mark(120, 12))
WIDTH = 2
GROUPS = (0, 1, 2)
PART = 2
"""A group that is a part of the whole counted elsewhere."""


@dataclass(frozen=True)
class Add:
    """An amount at an age before the clock."""

    age: int
    group: int
    quantity: int
    amount: int


@dataclass(frozen=True)
class Move:
    """The windows move on."""

    by: int


STEPS = st.lists(
    st.one_of(
        st.builds(
            Add,
            st.integers(-5, 140),
            st.sampled_from(GROUPS),
            st.integers(0, WIDTH - 1),
            st.integers(-3, 1 << 70),
        ),
        st.builds(Move, st.sampled_from((0, 1, 2, 3, 7, 12, 40, 300))),
    ),
    max_size=60,
)


def checked(panes: Panes) -> None:
    """Cells and segments hold the same sums, and a pane is where its age puts it."""
    assert panes._ends == sorted(panes._rows)
    segments: list[dict[int, list[int]]] = [{} for _ in panes.segments]
    for end, row in panes._rows.items():
        assert panes.end_of(end) == end
        assert end > panes.edges[-1]
        k = panes._segment_of(end)
        for group, cell in row.items():
            mine = segments[k].setdefault(group, [0] * WIDTH)
            mine[:] = [a + b for a, b in zip(mine, cell[:WIDTH], strict=True)]
            assert cell[-2] is panes.segments[k][group]
    for kept, summed in zip(panes.segments, segments, strict=True):
        assert {g: v for g, v in kept.items() if any(v)} == {g: v for g, v in summed.items() if any(v)}


@settings(law, max_examples=examples(400))
@given(STEPS, st.integers(0, 30))
def test_windows_hold_what_a_list_holds(steps: list[Add | Move], start: int) -> None:
    """Any adds and moves: no cell is lost but behind the last edge, and rolling up keeps sums."""
    panes = Panes(TIERS, WIDTH, MARKS)
    t = 1000 + start
    panes.move(t)
    told: list[tuple[int, Add]] = []
    for step in steps:
        if isinstance(step, Move):
            t += step.by
            panes.move(t)
        else:
            at = t - step.age
            panes.add(step.group, at, [(step.quantity, step.amount)], whole=step.group != PART)
            told.append((at, step))
        checked(panes)
    for i, mark in enumerate(MARKS):
        start_of = mark.at(t)
        assert panes.edges[i] == start_of
        for groups in ([0], [1], [PART], [0, 1]):
            assert panes.sums_of(groups)[i] == naive(told, start_of, groups)
        assert panes.sums_of([1])[i] == naive(told, start_of, [1])
        assert panes.sums_whole()[i] == naive(told, start_of, [0, 1])


def naive(told: list[tuple[int, Add]], start: int, groups: list[int]) -> list[int]:
    """The sums of what is dated after the start of a window."""
    sums = [0] * WIDTH
    for at, add in told:
        if at > start and add.group in groups:
            sums[add.quantity] += add.amount
    return sums


@given(st.integers(0, 1000), st.integers(0, 200))
@law
def test_moving_at_once_is_moving_step_by_step(start: int, by: int) -> None:
    """Whatever way the windows come to t."""
    one, other = Panes(TIERS, WIDTH, MARKS), Panes(TIERS, WIDTH, MARKS)
    for panes in (one, other):
        panes.move(start + 500)
        for age in range(130):
            panes.add(age % 2, start + 500 - age, [(0, 1 << age)])
    one.move(start + 500 + by)
    for t in range(start + 500, start + 500 + by + 1):
        other.move(t)
    assert one.sums_whole() == other.sums_whole()
    assert one._rows.keys() == other._rows.keys()
