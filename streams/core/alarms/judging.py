"""What an alarm is at an instant: learning, ordinary, or an episode with its begin and its greatest evidence.

A pure function of the series, so that every publisher and a replay say the same, and late or withdrawn events
move it. An episode is a run of instants of the grid at which the evidence passed the threshold, none further
than an hour from the next; it goes on for an hour after the last of them. The evidence of an instant, and the
tolerance of its day, rest on what is dated before it alone: so it is kept until something before it changes.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from streams.core.alarms.day import SLOT_MS, SLOTS_A_DAY
from streams.core.alarms.evidence import REACH, Direction, Evidence, Prefix, evidence
from streams.core.alarms.tolerance import LEAST_TOLERANCE, day_variation, tolerance

HOLD: Final = 12
"""Slots of an hour."""
HOLIDAY_TOLERANCE: Final = 3.5
"""A holiday has 30 % of a day's counts, and after it the baseline is low."""

Status = Literal["learning", "ok", "alarm"]
_NOTHING: Final = Evidence(-math.inf, 0, 0, 0.0)


@dataclass(frozen=True, slots=True)
class Series:
    """A stream's past up to an instant of the grid, added up over partitions.

    Attributes:
        first: number of the first slot since the epoch.
        counts, exposures: by slot from there on, equally many.
        days: counts of complete days (UTC), oldest first, the last one that before the day of the last slot.
        answers: of a share, what each day's counts are a part of.
    """

    first: int
    counts: Prefix
    exposures: Prefix
    days: Sequence[int]
    answers: Sequence[int] = ()

    @property
    def end(self) -> int:
        """The slot after the last one."""
        return self.first + len(self.counts)


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


class Judge:
    """Judges one stream again and again.

    Args:
        direction: what would be out of the ordinary.
        threshold_log10: see threshold_log10 in evidence.py.
        holidays: days since the epoch on which little happens.
        least_tolerance: of every day.
    """

    def __init__(
        self,
        direction: Direction,
        threshold_log10: float,
        holidays: Collection[int] = (),
        least_tolerance: float = LEAST_TOLERANCE,
    ) -> None:
        self._direction = direction
        self._threshold = threshold_log10
        self._holidays = holidays
        self._least = least_tolerance
        self._found: dict[int, Evidence] = {}
        """By the slot after the last one that it rests on."""
        self._tolerances: dict[int, float | None] = {}
        """By day; None: too few days behind it."""

    def judge(self, series: Series, changed_from: int = 0) -> Judgement:
        """Judge the stream at the end of its series.

        Args:
            series: its past.
            changed_from: the first slot that differs from what was judged last, or is new.
        """
        self._forget(series, changed_from)
        end = series.end
        ordinary = self._tolerance(series, (end - 1) // SLOTS_A_DAY)
        if ordinary is None or len(series.counts) < REACH + HOLD:
            return Judgement("learning", _NOTHING, math.nan)
        now = self._at(series, end)
        lately = [now, *(self._at(series, end - back) for back in range(1, HOLD))]
        if max(one.log10 for one in lately) < self._threshold:
            return Judgement("ok", now, ordinary)
        begin, greatest, quiet = end, -math.inf, 0
        for instant in range(end, series.first + REACH - 1, -1):
            log10 = self._at(series, instant).log10
            greatest = max(greatest, log10)
            quiet = 0 if log10 >= self._threshold else quiet + 1
            if not quiet:
                begin = instant
            if quiet > HOLD:
                break
        return Judgement("alarm", now, ordinary, begin * SLOT_MS, greatest)

    def _forget(self, series: Series, changed_from: int) -> None:
        """Forget what rests on slots that have changed, or that are no longer known."""
        least = series.first + REACH
        self._found = {end: one for end, one in self._found.items() if least <= end <= changed_from}
        day = changed_from // SLOTS_A_DAY
        self._tolerances = {
            of: one for of, one in self._tolerances.items() if of <= day and of * SLOTS_A_DAY >= series.first
        }

    def _at(self, series: Series, end: int) -> Evidence:
        found = self._found.get(end)
        if found is None:
            ordinary = self._tolerance(series, (end - 1) // SLOTS_A_DAY)
            found = _NOTHING
            if ordinary is not None:
                at = end - series.first
                found = evidence(series.counts, series.exposures, at, self._direction, ordinary)
            self._found[end] = found
        return found

    def _tolerance(self, series: Series, day: int) -> float | None:
        """How many times the expectation is ordinary still on a day; None: it is not known yet."""
        if day not in self._tolerances:
            days = len(series.days) - ((series.end - 1) // SLOTS_A_DAY - day)
            variation = day_variation(_spread(series, max(0, days), self._direction))
            near = day in self._holidays or day - 1 in self._holidays
            least = max(self._least, HOLIDAY_TOLERANCE) if near else self._least
            self._tolerances[day] = None if variation is None else max(least, tolerance(variation))
        return self._tolerances[day]


def _spread(series: Series, days: int, direction: Direction) -> Sequence[int]:
    """The days whose variation counts, from the first one on that says anything.

    Of a share, as if each had as many answers as the average day.
    """
    known = list(series.answers[:days] if direction == "share" else series.days[:days])
    begin = next((at for at, n in enumerate(known) if n), len(known))
    if direction != "share":
        return known[begin:]
    answers = known[begin:]
    mean = sum(answers) / max(1, len(answers))
    hits = series.days[begin:days]
    return [round(mine * mean / n) if n else 0 for mine, n in zip(hits, answers, strict=True)]
