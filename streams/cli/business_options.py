"""Options of the commands that make up a business: ``kpi simulate`` and ``kpi demo``."""

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import TypeVar

import click

from streams.cli.types import DURATION
from streams.simulate import Days, Leak, Outage

F = TypeVar("F", bound=Callable[..., object])


def customers_option(least: int, most: int, default: int) -> Callable[[F], F]:
    """``--customers``, from ``least`` to ``most``."""
    return click.option(
        "--customers",
        metavar="N",
        type=click.IntRange(least, most),
        default=default,
        show_default=True,
        help="About how many customers the business has.",
    )


def days_option(most: int, default: int) -> Callable[[F], F]:
    """``--days``, at most ``most``."""
    return click.option(
        "--days",
        metavar="N",
        type=click.IntRange(1, most),
        default=default,
        show_default=True,
        help="Days of history.",
    )


def seed_option(help_text: str) -> Callable[[F], F]:
    """``--seed``; what the same seed brings again differs."""
    return click.option("--seed", metavar="N", type=int, default=1, show_default=True, help=help_text)


_UNLIKE = (
    click.option(
        "--scatter",
        metavar="CV",
        type=click.FloatRange(0, 1),
        default=0.0,
        show_default=True,
        help="How much days differ by themselves: coefficient of variation of a day's rate.",
    ),
    click.option(
        "--growth",
        metavar="SHARE",
        type=click.FloatRange(-0.1, 0.1),
        default=0.0,
        show_default=True,
        help="By how much signups grow a week, like 0.005.",
    ),
    click.option(
        "--holiday",
        "holidays",
        metavar="DATE",
        type=click.DateTime(["%Y-%m-%d"]),
        multiple=True,
        help="A day with 30 % of everything, like 2026-12-25; may be given again; default: none.",
    ),
    click.option(
        "--by-day", is_flag=True, help="Cancellations come by night, dated at the end of their day."
    ),
    click.option(
        "--outage",
        type=(DURATION, DURATION),
        metavar="AGO DURATION",
        help="Nobody can sign up, like 12h 6h: from 12 hours before the end for 6 hours; default: none.",
    ),
    click.option(
        "--leak",
        type=(DURATION, click.FloatRange(0)),
        metavar="AGO FACTOR",
        help="Churn that grows, like 14d 1.5: from 14 days before the end on, to 1.5 times; default: none.",
    ),
)


def unlike_options(command: Callable[..., None]) -> Callable[..., None]:
    """How days differ, and what goes wrong on some: given to the command as ``unlike``, a Days."""

    @wraps(command)
    def gathered(
        *,
        scatter: float,
        growth: float,
        holidays: tuple[datetime, ...],
        by_day: bool,
        outage: tuple[int, int] | None,
        leak: tuple[int, float] | None,
        **others: object,
    ) -> None:
        days = frozenset((day.date() - date(1970, 1, 1)).days for day in holidays)
        unlike = Days(scatter, growth, days, by_day, outage and Outage(*outage), leak and Leak(*leak))
        command(unlike=unlike, **others)

    for option in reversed(_UNLIKE):
        gathered = option(gathered)
    return gathered
