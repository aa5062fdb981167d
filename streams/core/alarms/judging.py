"""What an alarm is at an instant: learning, ordinary, or an episode with its begin and its greatest evidence.

A pure function of the series, so that every publisher and a replay say the same, and late or withdrawn events
move it. An episode is a run of instants of the grid at which the evidence passed the threshold, none further
than an hour from the next; it goes on for an hour after the last of them.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from streams.core.alarms.evidence import REACH, SLOT_MS, Direction, Evidence, Prefix, evidence
from streams.core.alarms.tolerance import day_variation, tolerance

HOLD: Final = 12
"""Slots of an hour."""
SLOTS_A_DAY: Final = 288
LEARNING_DAYS: Final = 35
"""Four weeks of baseline, and seven days that are held against one."""
HOLIDAY_TOLERANCE: Final = 3.5
"""A holiday has 30 % of a day's counts, and after it the baseline is low."""

Status = Literal["learning", "ok", "alarm"]


@dataclass(frozen=True, slots=True)
class Series:
    """A stream's past up to an instant of the grid, added up over partitions.

    Attributes:
        end_ms: end of the last slot.
        counts, exposures: by slot, oldest first, equally many.
        days: counts of complete days (UTC), oldest first, the last one that of the day before end_ms.
        answers: of a share, what each day's counts are a part of.
    """

    end_ms: int
    counts: Sequence[int]
    exposures: Sequence[int]
    days: Sequence[int]
    answers: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is published of a stream."""

    status: Status
    evidence: Evidence
    tolerance: float
    started_ms: int = 0
    """Begin of the episode; 0: none."""
    greatest_log10: float = -math.inf
    """Of the episode."""


def judge(
    series: Series, direction: Direction, threshold_log10: float, holidays: Collection[int] = ()
) -> Judgement:
    """Judge a stream.

    Args:
        series: its past.
        direction: what would be out of the ordinary.
        threshold_log10: see threshold_log10 in evidence.py.
        holidays: days since the epoch on which little happens, and that say nothing later on.
    """
    variation = day_variation(_spread(series, direction))
    nothing = Evidence(-math.inf, 0, 0, 0.0)
    if variation is None or len(series.counts) < REACH + HOLD:
        return Judgement("learning", nothing, math.nan)
    counts, exposures = Prefix(series.counts), Prefix(series.exposures)
    ordinary = tolerance(variation)

    def at(end: int) -> Evidence:
        day = (series.end_ms - (len(counts) - end) * SLOT_MS - 1) // (SLOTS_A_DAY * SLOT_MS)
        own = max(ordinary, HOLIDAY_TOLERANCE) if _near(day, holidays) else ordinary
        return evidence(counts, exposures, end, direction, own)

    last = len(counts)
    now = at(last)
    lately = [now, *(at(last - back) for back in range(1, HOLD))]
    if max(one.log10 for one in lately) < threshold_log10:
        return Judgement("ok", now, ordinary)
    begin, greatest, quiet = last, -math.inf, 0
    for end in range(last, REACH - 1, -1):
        log10 = at(end).log10
        greatest = max(greatest, log10)
        quiet = 0 if log10 >= threshold_log10 else quiet + 1
        if not quiet:
            begin = end
        if quiet > HOLD:
            break
    started_ms = series.end_ms - (last - begin) * SLOT_MS
    return Judgement("alarm", now, ordinary, started_ms, greatest)


def _spread(series: Series, direction: Direction) -> Sequence[int]:
    """The days whose variation counts; of a share, as if each had as many answers as the average day."""
    if direction != "share":
        return series.days
    mean = sum(series.answers) / max(1, len(series.answers))
    return [round(hits * mean / n) if n else 0 for hits, n in zip(series.days, series.answers, strict=True)]


def _near(day: int, holidays: Collection[int]) -> bool:
    """Whether a day is a holiday, or has one in its window."""
    return day in holidays or day - 1 in holidays
