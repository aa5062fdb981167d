"""What is counted of one day and one group for alarms: numbers by slots of five minutes, and as bytes.

Slots are right-closed: an event at a boundary is in the slot that ends there. Of days that are too old for
windows only the sums count: they stand in the first slot.
"""

from typing import Final, TypeAlias

import msgspec

SLOT_MS: Final = 300_000
SLOTS_A_DAY: Final = 288
DAY_MS: Final = SLOTS_A_DAY * SLOT_MS
"""Counts are by five minutes; windows of alarms begin and end where these do."""

CHURNED: Final = 0
NEW: Final = 1
ACTIVE: Final = 2
"""The change in active customers."""
ORDERS: Final = 3
REFUNDS: Final = 4
"""In the base currency."""
DETRACTORS: Final = 5
ANSWERS: Final = 6
"""To the NPS question."""
MALFORMED: Final = 7
"""By the Kafka timestamp; of the whole alone."""
WIDTH: Final = 8
QUANTITIES: Final = ("churned", "new", "active", "orders", "refunds", "detractors", "answers", "malformed")

FINE_DAYS: Final = 38
"""Days that are kept by slots: four weeks and a day for windows, a week for the begin of an episode, and one
day to spare while partitions pass midnight one after the other."""
KEPT_DAYS: Final = 87
"""Days that are kept at all: eight weeks, with four weeks behind each, and today; one to spare likewise."""

Slots: TypeAlias = dict[int, list[int]]
"""Slot of the day -> its numbers, in the order of QUANTITIES; a slot of nothing but zeros is left out."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(list[int]).decode
_decode_count: Final = msgspec.msgpack.Decoder(int).decode


def pack_day(slots: Slots) -> bytes:
    """A day as bytes: slot and numbers, one slot after the other in order of time."""
    return _encode([number for slot in sorted(slots) for number in (slot, *slots[slot])])


def unpack_day(packed: bytes) -> Slots:
    """The inverse of pack_day.

    Raises:
        ValueError: the bytes are no packed day.
    """
    flat = _decode(packed)
    if len(flat) % (WIDTH + 1):
        raise ValueError("a packed day has nine numbers a slot")
    slots = {flat[at]: flat[at + 1 : at + 1 + WIDTH] for at in range(0, len(flat), WIDTH + 1)}
    if any(not 0 <= slot < SLOTS_A_DAY for slot in slots):
        raise ValueError("a day has 288 slots")
    return slots


def pack_count(count: int) -> bytes:
    """How many customers there were before the first slot that is kept."""
    return _encode(count)


def unpack_count(packed: bytes) -> int:
    """The inverse of pack_count.

    Raises:
        ValueError: the bytes are no whole number.
    """
    return _decode_count(packed)


def coarse(slots: Slots) -> Slots:
    """The same day with all its numbers in the first slot; empty if they add up to nothing."""
    sums = [sum(numbers) for numbers in zip(*slots.values(), strict=True)]
    return {0: sums} if any(sums) else {}
