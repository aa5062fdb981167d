"""How often alarms page on ordinary years, and what they find: ``make alarms ARGS="--short"``.

Each row is a scenario of streams/core/alarms under the chance of one seed: pages a year of one stream that is
ordinary, and of 100 of them as the threshold is made for; then how many changes are found within six hours,
and after how many minutes half of those are. The first nine weeks are not looked at: there, alarms learn.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

import numpy as np

from streams.core.alarms.evidence import Direction
from tests.alarms.measuring import STREAMS, false_pages, found
from tests.alarms.scenarios import Scenario

RATES: Final = (1.0, 5.0, 20.0, 100.0)
SCATTERS: Final = (0.0, 0.2, 0.4)
FACTORS: Final[dict[Direction, tuple[float, ...]]] = {
    "up": (10.0, 5.0, 3.0, 2.0),
    "down": (0.0, 0.2, 0.5),
    "share": (4.0, 3.0, 2.0),
}
HOURS: Final = (1.0, 6.0, 24.0)
WIDENED: Final = (0.8, 0.9, 1.0, 1.25)
"""Tolerances times, for the trade-off where days differ much."""
_ONE_IN_FIVE: Final = 0.2
RARE: Final = {
    "refunds: 0.5 an hour, scatter 0.2": Scenario(0.5, 0.2),
    "malformed: 0.2 an hour at any hour, scatter 0.4": Scenario(0.2, 0.4, seasons=False),
}
IN_BURSTS: Final = {
    "1 an hour, two at once on average": Scenario(1, burst=2, seasons=False),
    "1 an hour, five at once on average": Scenario(1, burst=5, seasons=False),
}


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is simulated."""

    years: int
    spikes: int
    seed: int
    short: bool


def _rates(direction: Direction, effort: Effort) -> Sequence[float]:
    return RATES[1:3] if effort.short or direction == "share" else RATES


def _scenario(direction: Direction, rate: float, scatter: float = 0.0, growth: float = 0.0) -> Scenario:
    return Scenario(rate, scatter, growth, share=_ONE_IN_FIVE if direction == "share" else 0.0)


def _told(rate: float, scatter: float) -> str:
    return f"{rate:g} an hour, scatter {scatter:g}"


def _ordinary_rows(direction: Direction, effort: Effort) -> Iterator[tuple[str, Scenario]]:
    rates = _rates(direction, effort)
    for rate, scatter in product(rates, SCATTERS[:2] if effort.short else SCATTERS):
        for growth in (0.0,) if effort.short else (0.0, 0.01):
            told = _told(rate, scatter) + (", growth 1 % a week" if growth else "")
            yield told, _scenario(direction, rate, scatter, growth)
    yield "20 an hour, dated by day", replace(_scenario(direction, 20), by_day=True)
    yield "20 an hour, change of the clock", replace(_scenario(direction, 20), clock_changes=True)
    yield "100 an hour, change of the clock", replace(_scenario(direction, 100), clock_changes=True)
    if direction == "down":
        for scatter in SCATTERS[:2]:
            told = f"{_told(100, scatter)}, no holiday declared"
            yield told, replace(_scenario(direction, 100, scatter), declared=False)
    if direction == "up":
        yield from RARE.items()
        yield from IN_BURSTS.items()


def _table(head: str, columns: Iterable[str], right: str) -> Iterator[str]:
    names = list(columns)
    yield f"| {head} | " + " | ".join(names) + " |"
    yield "|---" + f"|{right}" * len(names) + "|"


def false_page_rows(direction: Direction, effort: Effort) -> Iterator[str]:
    """Pages of ordinary years as Markdown, a row at a time."""
    columns = f"pages in {effort.years:,} stream-years", f"of {STREAMS} streams a year"
    yield from _table(f"{direction}: ordinary", columns, "--:")
    for told, scenario in _ordinary_rows(direction, effort):
        pages = false_pages(scenario, direction, effort.years, effort.seed)
        yield f"| {told} | {pages.pages} | {pages.a_year:.1f} |"


def found_rows(direction: Direction, effort: Effort) -> Iterator[str]:
    """What is found of changes, likewise."""
    changes = list(product(FACTORS[direction], HOURS[1:2] if effort.short else HOURS))
    yield from _table(f"{direction}: found", (f"{f:g} times, {h:g} h" for f, h in changes), "---")
    scatters = SCATTERS[:2] if effort.short else SCATTERS
    rows = {
        _told(rate, scatter): _scenario(direction, rate, scatter)
        for rate, scatter in product(_rates(direction, effort), scatters)
    }
    for told, scenario in {**rows, **(RARE if direction == "up" else {})}.items():
        quiet = replace(scenario, holidays=0)
        cells = (found(quiet, direction, change, effort.spikes, effort.seed) for change in changes)
        yield f"| {told} | " + " | ".join(_cell(*cell) for cell in cells) + " |"


def trade_off_rows(direction: Direction, effort: Effort) -> Iterator[str]:
    """Of days that differ by 0.4: pages against what is found, as tolerances are narrower or wider."""
    changes = [(factor, HOURS[1]) for factor in FACTORS[direction][:3]]
    columns = f"of {STREAMS} streams a year", *(f"{f:g} times, {h:g} h" for f, h in changes)
    yield from _table(f"{direction}, scatter 0.4: tolerance", columns, "--:")
    for rate, widened in product(_rates(direction, effort)[-2:], WIDENED):
        scenario = _scenario(direction, rate, SCATTERS[-1])
        pages = false_pages(scenario, direction, effort.years, effort.seed, widened).a_year
        quiet = replace(scenario, holidays=0)
        cells = (found(quiet, direction, change, effort.spikes, effort.seed, widened) for change in changes)
        told = " | ".join(_cell(*cell) for cell in cells)
        yield f"| {rate:g} an hour, {widened:g} times | {pages:.1f} | {told} |"


def _cell(share: float, minutes: float) -> str:
    return f"{share:.0%}" + ("" if np.isnan(minutes) else f", {minutes:.0f} min")


def main(arguments: Sequence[str]) -> int:
    """Print the tables."""
    told = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m tests.alarms", description=told)
    parser.add_argument("--short", action="store_true", help="a look: 100 years and 40 changes a row")
    parser.add_argument("--seed", type=int, default=1, help="of all chance (default 1)")
    parser.add_argument("--only", choices=list(FACTORS), help="one direction")
    options = parser.parse_args(arguments)
    years, spikes = (100, 40) if options.short else (1_000, 400)
    effort = Effort(years, spikes, options.seed, options.short)
    directions: list[Direction] = [options.only] if options.only else list(FACTORS)
    for direction in directions:
        tables = [false_page_rows, found_rows] + ([] if options.short else [trade_off_rows])
        for table in tables:
            for row in table(direction, effort):
                print(row, flush=True)  # noqa: T201 - a command
            print()  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
