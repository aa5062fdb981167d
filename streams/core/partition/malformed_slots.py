"""Malformed records by the slot of their Kafka timestamp: counts for alarms that no customer's record has.

So they are in the changelog: one record a day, written when it changes. A record without a timestamp is in no
slot. Nothing of what a record said is kept.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from streams.core.alarms.day import DAY_MS, KEPT_DAYS, SLOT_MS, SLOTS_A_DAY
from streams.core.counting.slot_series import SlotSeries
from streams.core.decoding.arrival import WallTime
from streams.core.decoding.timestamps import LAST_MS

MOST_DAYS: Final = 4_096
"""Days that are kept at once, the earliest ones. A replay has them all from the begin."""
_KEY_SIZE: Final = 4

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(dict[int, int]).decode


class MalformedSlots:
    """Those of one partition.

    Args:
        series: where they are noted.
    """

    __slots__ = ("_changed", "_days", "_first", "_series")

    def __init__(self, series: SlotSeries) -> None:
        self._series = series
        self._days: dict[int, dict[int, int]] = {}
        """Day since the epoch -> slot of the day -> records."""
        self._changed: set[int] = set()
        self._first = 0
        """The first day that is kept."""

    def add(self, timestamps: Iterable[int]) -> None:
        """Count records.

        Args:
            timestamps: when they arrived (ms).
        """
        for ms in timestamps:
            day, slot = divmod((ms - 1) // SLOT_MS, SLOTS_A_DAY)
            if type(ms) is WallTime or not self._first <= day or ms > LAST_MS:
                continue
            slots = self._days.setdefault(day, {})
            slots[slot] = slots.get(slot, 0) + 1
            self._changed.add(day)
            self._series.malformed(ms, 1)
            if len(self._days) > MOST_DAYS:
                self._withdraw(max(self._days))

    def _withdraw(self, day: int) -> None:
        for slot, count in self._days.pop(day).items():
            self._series.malformed(_end_ms(day, slot), -count)

    def drain(self, t: int) -> list[tuple[bytes, bytes | None]]:
        """The days that changed since the last drain, packed; None for those that are over.

        Args:
            t: the clock.
        """
        self._forget(t)
        for day in [day for day in self._days if day < self._first]:
            del self._days[day]
            self._changed.add(day)
        days, changed = self._days, sorted(self._changed)
        self._changed.clear()
        return [(day_key(day), _encode(days[day]) if day in days else None) for day in changed]

    def _forget(self, t: int) -> None:
        self._first = max(self._first, (t - 1) // DAY_MS - KEPT_DAYS + 1)

    def restore(self, rest: bytes, packed: bytes | None) -> None:
        """Take one changelog record back, in log order; noted is all of it by ``restored``."""
        day = int.from_bytes(rest, "big")
        if packed is None:
            self._days.pop(day, None)
        else:
            self._days[day] = _decode(packed)

    def restored(self, t: int) -> None:
        """Note what was read back.

        Args:
            t: the clock of the last drain.
        """
        self._forget(t)
        for day, slots in self._days.items():
            for slot, count in slots.items():
                self._series.malformed(_end_ms(day, slot), count)


def day_key(day: int) -> bytes:
    """What a day stands under, without its form."""
    return day.to_bytes(_KEY_SIZE, "big")


def _end_ms(day: int, slot: int) -> int:
    return (day * SLOTS_A_DAY + slot + 1) * SLOT_MS
