"""Alarms that a definition declares: a counted quantity, a direction, and where it is watched."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from streams.core.definition.dimensions import NAME, REASON

Way = Literal["up", "down"]
WAYS: Final[tuple[Way, ...]] = ("up", "down")
MEASURES: Final = (
    "churned_customers",
    "new_customers",
    "orders",
    "refunds",
    "detractors",
    "malformed_records",
)
"""What can be watched. Refunds are those in the base currency; detractors are a share of all NPS answers."""
SHARES: Final = ("detractors",)
"""Measures that are a part of answers: they are watched upwards only."""

WHOLE_ONLY: Final = ("malformed_records",)
"""Measures that no customer has: by no dimension."""

MOST_ALARMS: Final = 20


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm: of the whole, and of each published value of its dimensions."""

    name: str
    measure: str
    way: Way
    dimensions: tuple[str, ...] | None = None
    """By what it is watched; None: by all that there is (see dimensions_of)."""


DEFAULT_ALARMS: Final = (
    Alarm("churn_spike", "churned_customers", "up"),
    Alarm("acquisition_drop", "new_customers", "down"),
    Alarm("order_drop", "orders", "down"),
    Alarm("refund_spike", "refunds", "up"),
    Alarm("detractor_rise", "detractors", "up"),
    Alarm("malformed_rise", "malformed_records", "up"),
)


def dimensions_of(measure: str, dimensions: Sequence[str]) -> tuple[str, ...]:
    """By what a measure can be watched: the dimensions of customers, and of churns the reason, too."""
    if measure in WHOLE_ONLY:
        return ()
    return (*dimensions, REASON) if measure == "churned_customers" else tuple(dimensions)


def mistake_in_alarms(alarms: Sequence[Alarm], dimensions: Sequence[str]) -> str:
    """What is wrong with alarms, in words that name key, value and what is allowed; empty: nothing."""
    if len(alarms) > MOST_ALARMS:
        return f"alarm: {len(alarms)} of them: allowed are {MOST_ALARMS} or fewer"
    for at, alarm in enumerate(alarms):
        key = f"alarm[{at}]"
        if alarm.name in (other.name for other in alarms[:at]):
            return f"{key}.name: {alarm.name!r}: stands there already: allowed is a name of its own"
        mistake = _mistake_in_words(key, alarm) or _mistake_in_dimensions(
            f"{key}.dimensions", alarm.dimensions or (), dimensions_of(alarm.measure, dimensions)
        )
        if mistake:
            return mistake
    return ""


def mistake_in_holidays(holidays: Sequence[str]) -> str:
    """What is wrong with holidays, likewise."""
    for at, day in enumerate(holidays):
        if not _is_date(day):
            return f"holidays: {day!r}: allowed is a date, like 2026-12-25"
        if day in holidays[:at]:
            return f"holidays: {day!r}: stands there twice: allowed is once"
    return ""


def days_of(holidays: Sequence[str]) -> frozenset[int]:
    """Dates as days since the epoch."""
    epoch = date(1970, 1, 1).toordinal()
    return frozenset(date.fromisoformat(day).toordinal() - epoch for day in holidays)


def _mistake_in_words(key: str, alarm: Alarm) -> str:
    if not re.fullmatch(NAME, alarm.name):
        return f"{key}.name: {alarm.name!r}: allowed is 1 to 40 of a to z, 0 to 9 and _, a letter first"
    if alarm.measure not in MEASURES:
        return f"{key}.measure: {alarm.measure!r}: allowed are {', '.join(MEASURES)}"
    ways = ("up",) if alarm.measure in SHARES else WAYS
    if alarm.way not in ways:
        return f"{key}.direction: {alarm.way!r}: allowed of {alarm.measure}: {', '.join(ways)}"
    return ""


def _mistake_in_dimensions(key: str, named: Sequence[str], dimensions: Sequence[str]) -> str:
    for at, name in enumerate(named):
        if name not in dimensions:
            allowed = ", ".join(dimensions) or "none: there is only the whole"
            return f"{key}: {name!r}: allowed are {allowed}"
        if name in named[:at]:
            return f"{key}: {name!r}: stands there twice: allowed is once"
    return ""


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
