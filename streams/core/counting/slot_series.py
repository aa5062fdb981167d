"""Counts by five minutes for alarms, of the whole, of each value of a customer dimension and of reasons.

What panes count of lives, orders and answers is noted here, too, added or taken out, by profile; it is
spread to the values of the profile when somebody asks. Churns are noted under their reason, too, and
malformed records of the whole alone (partition/malformed_slots.py). Like panes, none of it is in the
changelog: recovery derives it from the records. What was sealed counts at the end of its pane.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Final, TypeAlias

from streams.core.alarms import day as d
from streams.core.counting import quantities as q
from streams.core.counting.event_changes import CellChange
from streams.core.definition.dimensions import REASON, UNWATCHED
from streams.core.totals import OVERALL, Group

ValuesOf: TypeAlias = Callable[[int], list[Group]]
"""The (dimension, value) pairs of a profile, or the one of a value of events."""
Told: TypeAlias = tuple[Group, int, bytes | None]
"""A group, a day since the epoch or BEFORE, and what is known of it; None: nothing any more."""

BEFORE: Final = -1
"""In the place of a day: how many customers were active before the first slot that is kept."""
_MOST_WAITING: Final = 200_000
_MOST_OPEN: Final = 4_096
"""Days of groups that are unpacked at once; 8 KiB each."""
_SLOT_MS: Final = d.SLOT_MS
_WIDTH: Final = d.WIDTH
_ORDERS: Final = d.ORDERS
_BITS: Final = 24
_PROFILE: Final = (1 << _BITS) - 1
_WHOLE: Final = _PROFILE
"""In the place of a profile: of the whole alone."""
_CELLS: Final = d.SLOTS_A_DAY * d.WIDTH
_ZEROS: Final = [0] * d.WIDTH
_NPS_LAST: Final = q.NPS + 2
_NO_DAY: Final = -(1 << 40)


class _Opened:
    """A day of one profile while numbers are spread to the values that it has."""

    __slots__ = ("cells", "groups", "lowest")

    def __init__(self, groups: list[Group], cells: "list[array[int]]") -> None:
        self.groups = groups
        self.cells = cells
        self.lowest = _CELLS


class SlotSeries:
    """The series of one partition.

    Args:
        kept_days: how far back, today included.
        values_of: to which values a group belongs.
    """

    __slots__ = (
        "_before",
        "_changed",
        "_cold",
        "_first_ms",
        "_kept_days",
        "_less",
        "_many",
        "_more",
        "_moved",
        "_open",
        "_sums",
        "_today",
        "_told_slots",
        "_touched_before",
        "_values_of",
    )

    def __init__(self, kept_days: int, values_of: ValuesOf) -> None:
        self._kept_days = kept_days
        self._values_of = values_of
        self._today = _NO_DAY
        self._first_ms = _NO_DAY
        """What is dated at or before it is too old."""
        self._more = array("q")
        self._less = array("q")
        """Slot, quantity and profile as one number: of what came, of what was taken out."""
        self._many: dict[int, int] = {}
        """The same of what came, or was taken out, more than once: how many."""
        self._moved: dict[int, int] = {}
        """Profile -> change in active customers that no value has yet."""
        self._cold: dict[tuple[Group, int], bytes] = {}
        self._open: dict[tuple[Group, int], array[int]] = {}
        """Days that have changed lately: their numbers, slot by slot; of coarse days one slot."""
        self._changed: dict[tuple[Group, int], int] = {}
        """(group, day) -> the first slot that nobody was told of."""
        self._sums: dict[Group, int] = {}
        """What the active customers have changed by in all that is kept."""
        self._before: dict[Group, int] = {}
        """What was told of the time before."""
        self._told_slots = 0
        self._touched_before = True
        """Whether the time before may have changed."""

    # ---- noting

    def order(self, profile: int, ms: int, money: int, sign: int) -> None:
        """Note a purchase or refund (``money`` as in PURCHASE), or take it out."""
        if money < 0:
            if money & 1:
                self._note(profile, ms, d.REFUNDS, sign)
        elif (
            sign == 1 and ms > self._first_ms and len(self._more) < _MOST_WAITING
        ):  # the hottest line there is
            self._more.append(((ms - 1) // _SLOT_MS * _WIDTH + _ORDERS) << _BITS | profile)
        else:
            self._note(profile, ms, d.ORDERS, sign)

    def orders(self, profile: int, ms: int, changes: Iterable[CellChange]) -> None:
        """Note what sealed purchases count."""
        for quantity, amount in changes:
            if quantity == q.ORDERS:
                self._note(profile, ms, d.ORDERS, amount)
            elif quantity == q.REFUNDS_BASE:
                self._note(profile, ms, d.REFUNDS, amount)

    def life(self, profile: int, ms: int, changes: Iterable[CellChange], sign: int = 1) -> None:
        """Note a transition."""
        for quantity, amount in changes:
            if quantity <= q.ERASED:
                ways = sign * amount
                joins = quantity in (q.NEW, q.REACTIVATED)
                self._note(profile, ms, d.ACTIVE, ways if joins else -ways)
                if ms > self._first_ms:
                    self._moved[profile] = self._moved.get(profile, 0) + (ways if joins else -ways)
                if quantity == q.NEW:
                    self._note(profile, ms, d.NEW, ways)
                elif quantity == q.CHURNED:
                    self._note(profile, ms, d.CHURNED, ways)

    def cause(self, group: int, ms: int, changes: Iterable[CellChange]) -> None:
        """Note churns under their reason; those of a churn type are left out when they are spread."""
        for quantity, amount in changes:
            if quantity == q.CHURNED:
                self._note(group, ms, d.CHURNED, amount)

    def malformed(self, ms: int, amount: int) -> None:
        """Note malformed records."""
        self._note(_WHOLE, ms, d.MALFORMED, amount)

    def answers(self, profile: int, ms: int, changes: Iterable[CellChange], sign: int = 1) -> None:
        """Note answers to the NPS question."""
        for quantity, amount in changes:
            if quantity <= _NPS_LAST:
                self._note(profile, ms, d.ANSWERS, sign * amount)
                if quantity == _NPS_LAST:
                    self._note(profile, ms, d.DETRACTORS, sign * amount)

    def _note(self, profile: int, ms: int, quantity: int, amount: int) -> None:
        if ms <= self._first_ms:
            self._touched_before = True
            return
        key = ((ms - 1) // _SLOT_MS * _WIDTH + quantity) << _BITS | profile
        if amount == 1:
            waiting: Sized = self._more
            self._more.append(key)
        elif amount == -1:
            waiting = self._less
            self._less.append(key)
        else:
            waiting = self._many
            self._many[key] = self._many.get(key, 0) + amount
        if len(waiting) > _MOST_WAITING:
            self.spread()

    # ---- keeping

    def move(self, t: int) -> None:
        """Move to t: what has become too old goes, what is no longer needed by slots becomes sums."""
        today = (t - 1) // d.DAY_MS
        if today <= self._today:
            return
        self.spread()
        self._today = today
        first, fine = today - self._kept_days + 1, today - d.FINE_DAYS + 1
        self._first_ms = first * d.DAY_MS
        for key in [key for key in {*self._cold, *self._open} if key[1] < fine]:
            slots = self._take(key)
            if key[1] >= first:
                self._put(key, d.coarse(slots))
                continue
            self._add(key[0], -sum(row[d.ACTIVE] for row in slots.values()))
            self._touched_before = True
            self._changed[key] = key[1] * d.SLOTS_A_DAY

    def spread(self) -> None:
        """Bring to the values what was noted of their profiles."""
        fine = self._today - d.FINE_DAYS + 1
        opened: dict[int, _Opened] = {}
        for key, amount in self._taken().items():
            at = key >> _BITS
            day = at // _CELLS
            place = at - day * _CELLS
            if day < fine:
                place %= _WIDTH
            name = day << _BITS | key & _PROFILE
            found = opened.get(name)
            if found is None:
                groups = self._groups_of(key & _PROFILE)
                found = opened[name] = _Opened(groups, [self._cells(group, day) for group in groups])
            for numbers in found.cells:
                numbers[place] += amount
            if place < found.lowest:  # noqa: PLR1730 - a call for each number is dear
                found.lowest = place
        for name, found in opened.items():
            self._note_changes(name >> _BITS, found)
        for profile, ways in self._moved.items():
            for group in self._groups_of(profile):
                self._add(group, ways)
        self._moved.clear()
        for one in list(self._open) if len(self._open) > _MOST_OPEN else ():
            self._put(one, self._take(one))

    def _add(self, group: Group, ways: int) -> None:
        self._sums[group] = self._sums.get(group, 0) + ways

    def _taken(self) -> dict[int, int]:
        """What waits, each number once, without what came to nothing."""
        waiting = Counter(self._more)
        del self._more[:]
        if not self._less and not self._many:
            return waiting
        waiting.update(self._many)
        for key in self._less:
            waiting[key] -= 1
        del self._less[:]
        self._many.clear()
        return {key: amount for key, amount in waiting.items() if amount}

    def _note_changes(self, day: int, opened: "_Opened") -> None:
        slot = day * d.SLOTS_A_DAY + opened.lowest // d.WIDTH
        for group in opened.groups:
            self._changed[group, day] = min(slot, self._changed.get((group, day), slot))

    def _groups_of(self, profile: int) -> list[Group]:
        """Where the numbers of a profile, or of a value of events, are kept."""
        values = [] if profile == _WHOLE else self._values_of(profile)
        if values and values[0][0] == REASON:
            return values
        return [] if values and values[0][0] in UNWATCHED else [OVERALL, *values]

    def _cells(self, group: Group, day: int) -> "array[int]":
        """The numbers of a day, to be changed."""
        cells = self._open.get((group, day))
        if cells is None:
            fine = day > self._today - d.FINE_DAYS
            cells = self._open[group, day] = array("i", bytes(4 * (_CELLS if fine else d.WIDTH)))
            packed = self._cold.pop((group, day), None)
            for slot, row in ({} if packed is None else d.unpack_day(packed)).items():
                cells[slot * d.WIDTH : (slot + 1) * d.WIDTH] = array("i", row)
        return cells

    def _take(self, key: tuple[Group, int]) -> d.Slots:
        """Take a day out, slot by slot; an empty one if there is none."""
        cells = self._open.pop(key, None)
        if cells is None:
            packed = self._cold.pop(key, None)
            return {} if packed is None else d.unpack_day(packed)
        return _slots(cells)

    def _put(self, key: tuple[Group, int], slots: d.Slots) -> None:
        if slots:
            self._cold[key] = d.pack_day(slots)

    # ---- telling

    def telling(self, t: int, active: Callable[[Group], int], groups: Iterable[Group]) -> Iterator[Told]:
        """What nobody was told of, as of the last slot that is over at t; nothing may change meanwhile.

        Args:
            t: the clock.
            active: how many customers of a group are active now.
            groups: all there are, besides the whole.
        """
        self.spread()
        over = t // d.SLOT_MS
        if over > self._told_slots or self._touched_before:
            yield from self._telling_before(active, groups)
        for key, slot in list(self._changed.items()):
            if slot < over:
                yield self._tell(key, over)
        self._told_slots, self._touched_before = over, False

    def _telling_before(self, active: Callable[[Group], int], groups: Iterable[Group]) -> Iterator[Told]:
        known = {OVERALL, *groups}
        for group in known:
            before = active(group) - self._sums.get(group, 0)
            if self._before.get(group) != before:
                self._before[group] = before
                yield group, BEFORE, d.pack_count(before)
        for group in self._before.keys() - known:
            del self._before[group]
            self._sums.pop(group, None)
            yield group, BEFORE, None

    def _tell(self, key: tuple[Group, int], over: int) -> Told:
        """What is known of a day up to the last slot that is over; a day that is over is laid to rest."""
        group, day = key
        today = self._open.get(key) if day == self._today else None
        slots = self._take(key) if today is None else _slots(today)
        begin = day * d.SLOTS_A_DAY
        told = {slot: row for slot, row in slots.items() if begin + slot < over}
        if len(told) < len(slots):
            self._changed[key] = over
        else:
            del self._changed[key]
        if today is None:
            self._put(key, slots)
        return group, day, d.pack_day(told) if told else None


def _slots(cells: "array[int]") -> d.Slots:
    """The slots of a day that are not all zeros."""
    numbers = cells.tolist()
    rows = (numbers[at : at + d.WIDTH] for at in range(0, len(numbers), d.WIDTH))
    return {slot: row for slot, row in enumerate(rows) if row != _ZEROS}
