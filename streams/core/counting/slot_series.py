"""Counts by five minutes for alarms, of the whole, of each value of a customer dimension and of reasons.

What panes count of lives, orders and answers is noted here, too, added or taken out, by profile; it is
spread to the values of the profile when somebody asks, profile by profile and in order of time: nearly every
event is alone in its slot, so that what an event costs is one addition for each value and hardly more. Churns
are noted under their reason, too, and malformed records of the whole alone (partition/malformed_slots.py).
Like panes, none of it is in the changelog: recovery derives it from the records. What was sealed counts at
the end of its pane.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
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
_MOST_OPEN: Final = 2_048
"""Days of groups that are unpacked at once; 18 KiB each."""
_SLOT_MS: Final = d.SLOT_MS
_WIDTH: Final = d.WIDTH
_ORDERS: Final = d.ORDERS
_WHOLE: Final = -1
"""In the place of a profile: of the whole alone."""
_CELLS: Final = d.SLOTS_A_DAY * d.WIDTH
_ZEROS: Final = [0] * d.WIDTH
_NPS_LAST: Final = q.NPS + 2
_NO_DAY: Final = -(1 << 40)
_NONE: Final = array("q")


def _places() -> "array[int]":
    return array("q")


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
        "_fine_ms",
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
        "_waits",
    )

    def __init__(self, kept_days: int, values_of: ValuesOf) -> None:
        self._kept_days = kept_days
        self._values_of = values_of
        self._today = _NO_DAY
        self._first_ms = _NO_DAY
        """What is dated at or before it is too old."""
        self._fine_ms = _NO_DAY
        """Of what is dated at or before it, only the day counts."""
        self._more: defaultdict[int, array[int]] = defaultdict(_places)
        self._less: defaultdict[int, array[int]] = defaultdict(_places)
        """Profile -> slot and quantity as one number, of what came, of what was taken out."""
        self._many: defaultdict[int, dict[int, int]] = defaultdict(dict)
        """The same of what came, or was taken out, more than once: how many."""
        self._waits = 0
        """How much is in those three."""
        self._moved: dict[int, int] = {}
        """Profile -> change in active customers that no value has yet."""
        self._cold: dict[tuple[Group, int], bytes] = {}
        self._open: dict[tuple[Group, int], list[int]] = {}
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
        elif sign == 1 and ms > self._fine_ms and self._waits < _MOST_WAITING:  # the hottest line there is
            self._waits += 1
            self._more[profile].append((ms - 1) // _SLOT_MS * _WIDTH + _ORDERS)
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
        slot = (ms - 1) // _SLOT_MS
        if ms <= self._fine_ms:
            slot -= slot % d.SLOTS_A_DAY
        at = slot * _WIDTH + quantity
        if amount == 1:
            self._more[profile].append(at)
        elif amount == -1:
            self._less[profile].append(at)
        else:
            many = self._many[profile]
            many[at] = many.get(at, 0) + amount
        self._waits += 1
        if self._waits > _MOST_WAITING:
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
        self._first_ms, self._fine_ms = first * d.DAY_MS, fine * d.DAY_MS
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
        for profile in {*self._more, *self._less, *self._many}:
            more, less = self._more.get(profile, _NONE), self._less.get(profile, _NONE)
            many = self._many.get(profile)
            groups = self._groups_of(profile)
            if many is None and set(less).isdisjoint(more):
                self._count(groups, more, 1)
                self._count(groups, less, -1)
            else:
                for amount, places in _by_amount(more, less, many or {}).items():
                    self._count(groups, places, amount)
        self._more.clear()
        self._less.clear()
        self._many.clear()
        self._waits = 0
        for profile, ways in self._moved.items():
            for group in self._groups_of(profile):
                self._add(group, ways)
        self._moved.clear()
        for one in list(self._open) if len(self._open) > _MOST_OPEN else ():
            self._put(one, self._take(one))

    def _add(self, group: Group, ways: int) -> None:
        self._sums[group] = self._sums.get(group, 0) + ways

    def _count(self, groups: list[Group], places: "array[int] | list[int]", amount: int) -> None:
        """Add an amount at each of the places, of all days, to what is known of groups."""
        begin, end = 0, _NO_DAY
        cells: list[list[int]] = []
        for at in sorted(places):
            if at >= end:
                day = at // _CELLS
                begin = day * _CELLS
                end = begin + _CELLS
                cells = [self._cells(group, day, at // _WIDTH) for group in groups]
            place = at - begin
            for numbers in cells:
                numbers[place] += amount

    def _groups_of(self, profile: int) -> list[Group]:
        """Where the numbers of a profile, or of a value of events, are kept."""
        values = [] if profile == _WHOLE else self._values_of(profile)
        if values and values[0][0] == REASON:
            return values
        return [] if values and values[0][0] in UNWATCHED else [OVERALL, *values]

    def _cells(self, group: Group, day: int, slot: int) -> list[int]:
        """The numbers of a day, to be changed from a slot on."""
        key = group, day
        if slot < self._changed.get(key, slot + 1):
            self._changed[key] = slot
        cells = self._open.get(key)
        if cells is None:
            cells = self._open[key] = [0] * (_CELLS if day > self._today - d.FINE_DAYS else _WIDTH)
            packed = self._cold.pop(key, None)
            for number, row in ({} if packed is None else d.unpack_day(packed)).items():
                cells[number * _WIDTH : (number + 1) * _WIDTH] = row
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


def _by_amount(more: "array[int]", less: "array[int]", many: dict[int, int]) -> dict[int, list[int]]:
    """What is to be added -> where, without what came to nothing."""
    waiting = Counter(more)
    waiting.update(many)
    for at in less:
        waiting[at] -= 1
    found: dict[int, list[int]] = {}
    for at, amount in waiting.items():
        if amount:
            found.setdefault(amount, []).append(at)
    return found


def _slots(numbers: list[int]) -> d.Slots:
    """The slots of a day that are not all zeros."""
    rows = (numbers[at : at + d.WIDTH] for at in range(0, len(numbers), d.WIDTH))
    return {slot: row for slot, row in enumerate(rows) if row != _ZEROS}
