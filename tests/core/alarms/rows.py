"""Counts by five minutes as partitions tell them, made of plain numbers."""

from collections.abc import Mapping, Sequence

from streams.core.alarms import day as d
from streams.core.kpi.alarm_watch import BEFORE, Row, SeriesPart
from streams.core.totals import Group

FIRST_DAY = 20_000
ACTIVE = 1_000


def rows(
    counts: Mapping[Group, Mapping[int, Sequence[int]]], slots: int, *, before: int = ACTIVE
) -> dict[Row, bytes]:
    """The first slots of groups, from FIRST_DAY on.

    Args:
        counts: group -> quantity -> numbers by slot; no customers come or go.
        slots: how many of them are told.
        before: customers of each group.
    """
    told: dict[Row, bytes] = {}
    for group, by_quantity in counts.items():
        told[group, BEFORE] = d.pack_count(before)
        for begin in range(0, slots, d.SLOTS_A_DAY):
            day: d.Slots = {}
            for quantity, numbers in by_quantity.items():
                for place, n in enumerate(numbers[begin : min(slots, begin + d.SLOTS_A_DAY)]):
                    if n:
                        day.setdefault(place, [0] * d.WIDTH)[quantity] = int(n)
            if day:
                told[group, FIRST_DAY + begin // d.SLOTS_A_DAY] = d.pack_day(day)
    return told


def part(counts: Mapping[Group, Mapping[int, Sequence[int]]], slots: int) -> SeriesPart:
    """What a partition has told once so many slots were over."""
    return SeriesPart((FIRST_DAY * d.SLOTS_A_DAY + slots) * d.SLOT_MS, rows(counts, slots))
