"""The series of one published group, added up over partitions and over the values that share its name.

Days come in as they change; counts and exposures by slot go out as running sums, of which only what follows
the first change is made anew. Exposure is customers active at the begin of a slot.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from streams.core.alarms import day as d
from streams.core.alarms.evidence import Prefix
from streams.core.alarms.judging import Series

_FINE_DAYS: Final = d.FINE_DAYS - 1
_KEPT_DAYS: Final = d.KEPT_DAYS - 1
_NONE: Final = (0,) * d.WIDTH
_EMPTY: Final = d.pack_day({})
NEVER: Final = 1 << 62
"""The first change of what has not changed."""


class GroupSeries:
    """A group's past.

    Args:
        quantities: which are asked for by slots.
    """

    def __init__(self, quantities: Collection[int]) -> None:
        self._packed: dict[int, bytes] = {}
        self._days: dict[int, list[int]] = {}
        """Day -> its sums, of slots before the end."""
        self._before = 0
        self._end = 0
        self._first = 0
        self._slots = {quantity: Prefix(()) for quantity in (*quantities, d.ACTIVE)}
        self._exposures = Prefix(())
        self._base = 0
        """Customers active before the first slot."""
        self._made_to = 0
        """The first slot that running sums lack, or have otherwise."""

    def update(self, changed: Mapping[int, Iterable[d.Slots]], before: int, end: int) -> int:
        """Take what has changed.

        Args:
            changed: day -> all of its parts; a day that is not there is as it was.
            before: customers active before the first slot that is kept, of all parts.
            end: the slot after the last one that is over in all partitions.

        Returns:
            The first slot that differs from before, or is new; NEVER where none is.
        """
        first = NEVER if end == self._end else 0 if end < self._end else self._end
        if before != self._before:
            self._before, first = before, 0
        for day, parts in changed.items():
            first = min(first, self._replace(day, _added(parts)))
        today = (end - 1) // d.SLOTS_A_DAY
        for day in {*changed, *range((self._end - 1) // d.SLOTS_A_DAY if self._end else today, today)}:
            if day < today and day in self._packed:
                rows = d.unpack_day(self._packed[day]).values()
                self._days[day] = [sum(numbers) for numbers in zip(*rows, strict=True)]
        self._end = end
        self._made_to = min(self._made_to, first)
        return first

    def _replace(self, day: int, slots: d.Slots) -> int:
        """Take a day; the first slot that differs."""
        known = d.unpack_day(self._packed.get(day, _EMPTY))
        if slots:
            self._packed[day] = d.pack_day(slots)
        else:
            self._packed.pop(day, None)
            self._days.pop(day, None)
        differing = [slot for slot in known.keys() | slots.keys() if known.get(slot) != slots.get(slot)]
        return day * d.SLOTS_A_DAY + min(differing) if differing else NEVER

    # ---- asking

    def days(self, quantity: int) -> list[int]:
        """Sums of complete days, the last one that before the day of the last slot."""
        today = (self._end - 1) // d.SLOTS_A_DAY
        return [self._days.get(day, _NONE)[quantity] for day in range(today - _KEPT_DAYS + 1, today)]

    def series(self, quantity: int, against: int | None) -> Series:
        """What is judged.

        Args:
            quantity: what is counted; one of those named at construction.
            against: what it is a share of; None: customers x time.
        """
        self._make()
        answers = () if against is None else self.days(against)
        exposures = self._exposures if against is None else self._slots[against]
        return Series(self._first, self._slots[quantity], exposures, self.days(quantity), answers)

    def _make(self) -> None:
        """Bring the running sums up to the end."""
        if self._made_to >= self._end:
            return
        first = ((self._end - 1) // d.SLOTS_A_DAY - _FINE_DAYS + 1) * d.SLOTS_A_DAY
        made = self._made_to
        if made <= first or first < self._first:
            self._first = made = first
            for sums in (*self._slots.values(), self._exposures):
                sums.cut(0, 0)
            self._base = self._before + sum(
                sums[d.ACTIVE] for day, sums in self._days.items() if day * d.SLOTS_A_DAY < first
            )
        elif first > self._first:
            self._base += self._slots[d.ACTIVE].between(0, first - self._first)
        for sums in (*self._slots.values(), self._exposures):
            sums.cut(first - self._first, made - self._first)
        self._first = first
        self._extend(made)
        self._made_to = self._end

    def _extend(self, made: int) -> None:
        columns: dict[int, list[int]] = {quantity: [] for quantity in self._slots}
        exposures: list[int] = []
        active = self._base + self._slots[d.ACTIVE].between(0, made - self._first)
        for day in range(made // d.SLOTS_A_DAY, (self._end - 1) // d.SLOTS_A_DAY + 1):
            slots = d.unpack_day(self._packed.get(day, _EMPTY))
            begin = day * d.SLOTS_A_DAY
            for slot in range(max(made, begin), min(self._end, begin + d.SLOTS_A_DAY)):
                row = slots.get(slot - begin, _NONE)
                for quantity, column in columns.items():
                    column.append(row[quantity])
                exposures.append(active)
                active += row[d.ACTIVE]
        for quantity, column in columns.items():
            self._slots[quantity].extend(column)
        self._exposures.extend(exposures)


def _added(parts: Iterable[d.Slots]) -> d.Slots:
    """Parts of a day added up."""
    sums: d.Slots = {}
    for part in parts:
        for slot, row in part.items():
            known = sums.get(slot)
            sums[slot] = list(row) if known is None else [a + b for a, b in zip(known, row, strict=True)]
    return {slot: row for slot, row in sums.items() if any(row)}
