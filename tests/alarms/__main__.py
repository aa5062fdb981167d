"""How often alarms page on ordinary years, and what they find: ``make alarms ARGS="--short"``.

Each row is a scenario of streams/core/alarms under the chance of one seed: pages a year of one stream that is
ordinary, and of 100 of them as the threshold is made for; then how many spikes are found within six hours,
and after how many minutes half of those are. The first nine weeks are not looked at: there, alarms learn.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from streams.core.alarms.evidence import Direction, threshold_log10
from tests.alarms.scenarios import SLOTS_A_DAY, WARM_UP_DAYS, Change, Scenario, counts, ordinary
from tests.alarms.vectors import episodes, log10_evidence, tolerances

STREAMS: Final = 100
THRESHOLD: Final = threshold_log10(STREAMS, 3_650 * 86_400_000)
_YEAR: Final = 365
_FOUND_WITHIN: Final = 72
_SPIKE_WEEKS: Final = 12
RATES: Final = (1.0, 5.0, 20.0, 100.0)
SCATTERS: Final = (0.0, 0.2, 0.4)
FACTORS: Final[dict[Direction, tuple[float, ...]]] = {"up": (10.0, 5.0, 3.0, 2.0), "down": (0.0, 0.2, 0.5)}
HOURS: Final = (1.0, 6.0, 24.0)


@dataclass(frozen=True, slots=True)
class Pages:
    """False pages of ordinary stream-years."""

    pages: int
    years: int

    @property
    def a_year(self) -> float:
        """Of all streams that the threshold is made for."""
        return self.pages / self.years * STREAMS


def false_pages(scenario: Scenario, direction: Direction, years: int, seed: int) -> Pages:
    """Pages of so many ordinary years."""
    rng, pages = np.random.default_rng(seed), 0
    for _ in range(years):
        business = ordinary(scenario, WARM_UP_DAYS + _YEAR, rng)
        drawn = counts(scenario, business, rng)
        rho = tolerances(drawn, business.holidays if direction == "down" else ())
        found = log10_evidence(drawn, direction, rho, THRESHOLD)
        pages += episodes(found[WARM_UP_DAYS * SLOTS_A_DAY :], THRESHOLD)
    return Pages(pages, years)


def found(
    scenario: Scenario, direction: Direction, change: tuple[float, float], spikes: int, seed: int
) -> tuple[float, float]:
    """(share of spikes found within six hours, median minutes of those; NaN of none).

    Args:
        scenario: what it comes to.
        direction: of the alarm.
        change: factor, and hours it lasts.
        spikes: how many, each in a series of its own.
        seed: of all chance.
    """
    rng, minutes = np.random.default_rng(seed), []
    days = _SPIKE_WEEKS * 7
    for _ in range(spikes):
        business = ordinary(scenario, days, rng)
        at = int(rng.integers(WARM_UP_DAYS * SLOTS_A_DAY, (days - 1) * SLOTS_A_DAY - _FOUND_WITHIN))
        drawn = counts(scenario, business, rng, Change(at, *change))
        rho = tolerances(drawn, business.holidays if direction == "down" else ())
        own = log10_evidence(drawn, direction, rho, THRESHOLD)
        passed = np.flatnonzero(own[at : at + _FOUND_WITHIN] >= THRESHOLD)
        if len(passed):
            minutes.append(5 * (int(passed[0]) + 1))
    return len(minutes) / spikes, float(np.median(minutes)) if minutes else float("nan")


def _ordinary_rows(*, short: bool) -> Iterator[tuple[str, Scenario]]:
    rates = RATES[1:3] if short else RATES
    for rate, scatter in product(rates, SCATTERS[:2] if short else SCATTERS):
        for growth in (0.0,) if short else (0.0, 0.01):
            told = f"{rate:g} an hour, scatter {scatter:g}" + (", growth 1 % a week" if growth else "")
            yield told, Scenario(rate, scatter, growth)
    yield "20 an hour, dated by day", Scenario(20, by_day=True)
    yield "100 an hour, change of the clock", Scenario(100, clock_changes=True)


def tables(direction: Direction, *, short: bool, seed: int) -> Iterator[str]:
    """Both tables of a direction as Markdown, a row at a time."""
    years, spikes = (20, 40) if short else (1_000, 400)
    with ProcessPoolExecutor() as pool:
        rows = list(_ordinary_rows(short=short))
        asked = [pool.submit(false_pages, scenario, direction, years, seed) for _, scenario in rows]
        yield f"| {direction}: ordinary | pages in {years:,} stream-years | of {STREAMS} streams a year |"
        yield "|---|--:|--:|"
        for (told, _), pages in zip(rows, asked, strict=True):
            yield f"| {told} | {pages.result().pages} | {pages.result().a_year:.2f} |"
        changes = list(product(FACTORS[direction], HOURS[1:2] if short else HOURS))
        yield ""
        yield f"| {direction}: found | " + " | ".join(f"{f:g} times, {h:g} h" for f, h in changes) + " |"
        yield "|---" + "|---" * len(changes) + "|"
        for rate, scatter in product(RATES[1:3] if short else RATES, SCATTERS[:2] if short else SCATTERS):
            scenario = Scenario(rate, scatter, holidays=0)
            cells = [pool.submit(found, scenario, direction, change, spikes, seed) for change in changes]
            told = " | ".join(_cell(*cell.result()) for cell in cells)
            yield f"| {rate:g} an hour, scatter {scatter:g} | {told} |"


def _cell(share: float, minutes: float) -> str:
    return f"{share:.0%}" + ("" if np.isnan(minutes) else f", {minutes:.0f} min")


def main(arguments: Sequence[str]) -> int:
    """Print the tables."""
    told = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m tests.alarms", description=told)
    parser.add_argument("--short", action="store_true", help="a look: 20 years and 40 spikes a row")
    parser.add_argument("--seed", type=int, default=1, help="of all chance (default 1)")
    parser.add_argument("--only", choices=list(FACTORS), help="one direction")
    options = parser.parse_args(arguments)
    directions: list[Direction] = [options.only] if options.only else list(FACTORS)
    for direction in directions:
        for row in tables(direction, short=options.short, seed=options.seed):
            print(row, flush=True)  # noqa: T201 - a command
        print()  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
