"""Sum vectors by (pane, group), and running sums between the edges of the windows.

A pane is a right-closed stretch of event time ``(a, b]``, known by its end ``b``; its width depends on its
age. Cells of a pane hold one vector a group. Segments hold, for the panes between two neighbouring
window edges, the same sums again: an update touches its cell and its segment, and a window is a sum of
segments. Edges move by whole panes; a pane that ages is rolled up into the wider one, and one behind the
last edge is dropped, because nothing can ask for it again.

Nothing here knows what the quantities mean. Time never goes back.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import add, sub
from typing import Any, Final

from streams.core.definition.definition import Tier

Cell = list[Any]
"""A pane's n integers of a group, then the vector of its group's segment, then of the whole's, or None."""
Sums = list[int]
_NEVER: Final = -1


@dataclass(frozen=True, slots=True)
class Mark:
    """A window edge: ``t - age`` floored to ``res``, then ``shift`` earlier and floored to ``shift_res``."""

    age_ms: int
    res_ms: int
    shift_ms: int = 0
    shift_res_ms: int = 1

    def at(self, t: int) -> int:
        """Where the edge is at t (ms)."""
        edge = (t - self.age_ms) // self.res_ms * self.res_ms
        return (edge - self.shift_ms) // self.shift_res_ms * self.shift_res_ms


class Panes:
    """The panes of one family of quantities.

    Args:
        tiers: pane widths by age, finest first.
        width: how many quantities a vector has.
        marks: the window edges, newest first at every t; the last one bounds what is kept.
    """

    __slots__ = (
        "_blank",
        "_bounds",
        "_ends",
        "_fine",
        "_fine_from",
        "_marks",
        "_next",
        "_next_from",
        "_rows",
        "_tiers",
        "edges",
        "segments",
        "view",
        "whole",
        "width",
    )

    def __init__(self, tiers: Sequence[Tier], width: int, marks: Iterable[Mark]) -> None:
        self._tiers = tuple(tiers)
        self._marks = list(marks)
        self.width = width
        self.view = -1
        self.edges = [mark.at(0) for mark in self._marks]
        """Where the windows start, newest first: panes ending after ``edges[i]`` are in window i."""
        self._bounds: list[int] = []
        self._fine = self._next = self._tiers[0].width_ms
        self._fine_from = self._next_from = _NEVER
        """Where the two finest tiers begin."""
        self._set_bounds(self._tier_bounds(0))
        self._rows: dict[int, dict[int, Cell]] = {}
        """End of a pane -> group -> cell."""
        self._ends: list[int] = []
        self._blank: Cell = [*[0] * width, None, None]
        self.segments: list[dict[int, Sums]] = [{} for _ in self._marks]
        self.whole: list[Sums] = [[0] * width for _ in self._marks]

    def index(self, mark: Mark) -> int:
        """Which edge belongs to a mark given at construction."""
        return self._marks.index(mark)

    def _tier_bounds(self, t: int) -> list[int]:
        return [
            (t - tier.age_ms) // coarser.width_ms * coarser.width_ms
            for tier, coarser in pairwise(self._tiers)
        ]

    def _set_bounds(self, bounds: list[int]) -> None:
        self._bounds = bounds
        if bounds:
            self._fine_from = self._next_from = bounds[0]
        if bounds[1:]:
            self._next, self._next_from = self._tiers[1].width_ms, bounds[1]

    def end_of(self, ms: int) -> int:
        """The end of the pane that an instant lies in."""
        tier = 0
        for bound in self._bounds:
            if ms > bound:
                break
            tier += 1
        width = self._tiers[tier].width_ms
        return (ms + width - 1) // width * width

    def cell(self, group: int, ms: int, *, whole: bool = True) -> Cell | None:
        """The cell for an instant, made where it is missing; None behind the last edge.

        The caller adds to the cell and to its last two elements (the segment's vectors) alike.
        ``whole=False``: the group is a part of the whole that is counted there already.
        """
        if ms > self._fine_from:  # end_of without a call and a loop: the hottest lines there are
            end = ms + -ms % self._fine
        elif ms > self._next_from:
            end = ms + -ms % self._next
        else:
            end = self.end_of(ms)
        row = self._rows.get(end)
        if row is None:
            if end <= self.edges[-1]:
                return None
            row = self._rows[end] = {}
            insort(self._ends, end)
        cell = row.get(group)
        if cell is None:
            k = self._segment_of(end)
            cell = row[group] = self._blank.copy()
            cell[-2] = self._segment(k, group)
            if whole:
                cell[-1] = self.whole[k]
        return cell

    def add(self, group: int, ms: int, changes: Iterable[tuple[int, int]], *, whole: bool = True) -> None:
        """Add (quantity, amount) pairs at an instant; nothing happens behind the last edge."""
        cell = self.cell(group, ms, whole=whole)
        if cell is None:
            return
        segment: Sums = cell[-2]
        total: Sums | None = cell[-1]
        for quantity, amount in changes:
            cell[quantity] += amount
            segment[quantity] += amount
            if total is not None:
                total[quantity] += amount

    def add_one(self, group: int, ms: int, quantity: int, amount: int, *, whole: bool = True) -> None:
        """Add to one quantity at an instant, which nobody notes besides."""
        cell = self.cell(group, ms, whole=whole)
        if cell is not None:
            cell[quantity] += amount
            cell[-2][quantity] += amount
            if cell[-1] is not None:
                cell[-1][quantity] += amount

    def move_some(self, source: int, target: int, ms: int, changes: Iterable[tuple[int, int]]) -> None:
        """Move (quantity, amount) pairs from one part of the whole to another."""
        here, there = self.cell(source, ms), self.cell(target, ms)
        if here is None or there is None:
            return
        for quantity, amount in changes:
            here[quantity] -= amount
            here[-2][quantity] -= amount
            there[quantity] += amount
            there[-2][quantity] += amount

    def move(self, t: int) -> bool:
        """Move the windows to t (never back); tells whether an edge moved."""
        if t <= self.view:
            return False
        self.view = t
        edges = [mark.at(t) for mark in self._marks]
        moved = edges != self.edges
        if moved:
            crossed = self._between(self.edges, edges)
            self.edges = edges
            for end in crossed:
                self._place(end)
        bounds = self._tier_bounds(t)
        if bounds != self._bounds:
            aged = self._between(self._bounds, bounds)
            self._set_bounds(bounds)
            for end in aged:
                self._roll_up(end)
        return moved

    def sums_of(self, groups: Iterable[int]) -> list[Sums]:
        """For each edge, the sums of all panes after it, over several groups."""
        members = list(groups)
        return _running(self.width, [[s[g] for g in members if g in s] for s in self.segments])

    def sums_whole(self) -> list[Sums]:
        """For each edge, the sums of all panes after it, over everything."""
        return _running(self.width, [[vector] for vector in self.whole])

    def _segment_of(self, end: int) -> int:
        k = 0
        for edge in self.edges:
            if end > edge:
                break
            k += 1
        return k

    def _segment(self, k: int, group: int) -> Sums:
        segment = self.segments[k]
        vector = segment.get(group)
        if vector is None:
            vector = segment[group] = [0] * self.width
        return vector

    def _between(self, old: list[int], new: list[int]) -> list[int]:
        """Ends of the panes that any of the marks passes when it moves from old to new."""
        passed: set[int] = set()
        for before, after in zip(old, new, strict=True):
            if after > before:
                lo = bisect_right(self._ends, before)
                passed.update(self._ends[lo : bisect_right(self._ends, after)])
        return sorted(passed)

    def _place(self, end: int) -> None:
        """Put a pane into the segment that it lies in now, or drop it behind the last edge."""
        k = self._segment_of(end)
        row = self._rows[end]
        gone = k == len(self._marks)
        for group, cell in row.items():
            segment, total = cell[-2], cell[-1]
            segment[:] = map(sub, segment, cell)
            if total is not None:
                total[:] = map(sub, total, cell)
            if gone:
                continue
            segment = cell[-2] = self._segment(k, group)
            segment[:] = map(add, segment, cell)
            if total is not None:
                total = cell[-1] = self.whole[k]
                total[:] = map(add, total, cell)
        if gone:
            self._forget(end)

    def _forget(self, end: int) -> None:
        del self._rows[end]
        del self._ends[bisect_left(self._ends, end)]

    def _roll_up(self, end: int) -> None:
        """Merge a pane into the wider one of its age; both lie in the same segment."""
        wider = self.end_of(end)
        row = self._rows.get(end)
        if wider == end or row is None:
            return
        self._forget(end)
        target = self._rows.get(wider)
        if target is None:
            self._rows[wider] = row
            insort(self._ends, wider)
            return
        width = self.width
        for group, cell in row.items():
            mine = target.get(group)
            if mine is None:
                target[group] = cell
            else:
                mine[:width] = map(add, mine[:width], cell)


def _running(width: int, segments: list[list[Sums]]) -> list[Sums]:
    running = [0] * width
    out = []
    for vectors in segments:
        running = list(map(sum, zip(running, *vectors, strict=True))) if vectors else running
        out.append(running)
    return out
