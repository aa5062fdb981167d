"""What a scenario comes to: false pages of ordinary years, and what is found of what is not ordinary."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from streams.core.alarms.evidence import REACH, Direction, threshold_log10
from streams.core.alarms.judging import ANY_DAY
from tests.alarms.scenarios import (
    SLOTS_A_DAY,
    WARM_UP_DAYS,
    Change,
    Drawn,
    Floats,
    Ordinary,
    Scenario,
    draw,
    ordinary,
)
from tests.alarms.tolerances import tolerances
from tests.alarms.vectors import episodes, log10_evidence

STREAMS: Final = 100
THRESHOLD: Final = threshold_log10(STREAMS, 3_650 * 86_400_000)
FOUND_WITHIN: Final = 72
"""Slots of six hours."""
_YEAR: Final = 365
_SPIKE_DAYS: Final = 84


@dataclass(frozen=True, slots=True)
class Pages:
    """False pages of ordinary stream-years."""

    pages: int
    years: int

    @property
    def a_year(self) -> float:
        """Of all streams that the threshold is made for."""
        return self.pages / self.years * STREAMS


def false_pages(
    scenario: Scenario, direction: Direction, years: int, seed: int, widened: float = 1.0
) -> Pages:
    """Pages of so many ordinary years, all tolerances being so many times as wide."""
    rng, pages = np.random.default_rng(seed), 0
    for _ in range(years):
        business = ordinary(scenario, WARM_UP_DAYS + _YEAR, rng)
        drawn = draw(scenario, business, rng)
        rho = widened * _tolerances(scenario, direction, business, drawn, WARM_UP_DAYS)
        found = log10_evidence(drawn, direction, rho, THRESHOLD, WARM_UP_DAYS * SLOTS_A_DAY)
        pages += episodes(found, THRESHOLD)
    return Pages(pages, years)


def found(  # noqa: PLR0917 - what is measured, and how often
    scenario: Scenario,
    direction: Direction,
    change: tuple[float, float],
    spikes: int,
    seed: int,
    widened: float = 1.0,
) -> tuple[float, float]:
    """(share of changes found within six hours, median minutes of those; NaN of none).

    Args:
        scenario: what it comes to.
        direction: of the alarm.
        change: factor, and hours it lasts.
        spikes: how many, each in a series of its own.
        seed: of all chance.
        widened: all tolerances are so many times as wide.
    """
    rng, minutes = np.random.default_rng(seed), []
    for _ in range(spikes):
        business = ordinary(scenario, _SPIKE_DAYS, rng)
        at = int(rng.integers(WARM_UP_DAYS * SLOTS_A_DAY, (_SPIKE_DAYS - 1) * SLOTS_A_DAY - FOUND_WITHIN))
        series = _until(draw(scenario, business, rng, Change(at, *change)), at + FOUND_WITHIN)
        first = at // SLOTS_A_DAY
        rho = widened * _tolerances(scenario, direction, business, series, first)
        own = log10_evidence(series, direction, rho, THRESHOLD, max(at, REACH - 1))
        passed = np.flatnonzero(own[at : at + FOUND_WITHIN] >= THRESHOLD)
        if len(passed):
            minutes.append(5 * (int(passed[0]) + 1))
    return len(minutes) / spikes, float(np.median(minutes)) if minutes else float("nan")


def _until(drawn: Drawn, slot: int) -> Drawn:
    """The days up to that of a slot."""
    end = (slot // SLOTS_A_DAY + 1) * SLOTS_A_DAY
    return Drawn(drawn.counts[:end], None if drawn.answers is None else drawn.answers[:end])


def _tolerances(
    scenario: Scenario, direction: Direction, business: Ordinary, drawn: Drawn, first: int
) -> Floats:
    """As the service has them (kpi/alarm_watch.py): falling counts are cautious if no holiday is declared."""
    unknown = ANY_DAY if direction == "down" else ()
    return tolerances(drawn, direction, business.holidays if scenario.declared else unknown, first)
