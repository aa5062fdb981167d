"""Options of the commands that make up a business: ``kpi simulate`` and ``kpi demo``."""

from collections.abc import Callable
from typing import TypeVar

import click

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
