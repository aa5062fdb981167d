"""Malformed records by slot: what is kept, dropped and read back; a law holds them to the log, too."""

from streams.core.alarms import day as d
from streams.core.counting.slot_series import BEFORE, SlotSeries
from streams.core.decoding.arrival import WallTime
from streams.core.partition.malformed_slots import MOST_DAYS, MalformedSlots
from streams.core.totals import OVERALL

DAY = 20_000
NOON_MS = DAY * d.DAY_MS + d.DAY_MS // 2
ONE = [0] * d.MALFORMED + [1]


def made() -> tuple[SlotSeries, MalformedSlots]:
    """Nothing so far, at noon."""
    series = SlotSeries(d.KEPT_DAYS, lambda _profile: [])
    series.move(NOON_MS)
    return series, MalformedSlots(series)


def told(series: SlotSeries, t: int) -> dict[int, d.Slots]:
    """What the series tells of the whole, by day."""
    found = series.telling(t, lambda _group: 0, ())
    return {
        day: d.unpack_day(packed)
        for group, day, packed in found
        if group == OVERALL and packed and day != BEFORE
    }


def test_what_no_record_says_when_is_in_no_slot() -> None:
    """A record without a timestamp, before 1970 or after the year 9999."""
    series, slots = made()
    slots.add([WallTime(NOON_MS), 0, -1, 1 << 62, NOON_MS])
    assert told(series, NOON_MS) == {DAY: {143: ONE}}
    assert len(slots.drain(NOON_MS)) == 1


def test_what_is_written_is_read_back_and_what_is_too_old_goes() -> None:
    """Day by day, each when it changes; a tick counts nothing twice."""
    series, slots = made()
    slots.add([NOON_MS, NOON_MS - d.DAY_MS])
    log = dict(slots.drain(NOON_MS))
    assert slots.drain(NOON_MS) == []
    slots.add([NOON_MS])
    ((key, packed),) = slots.drain(NOON_MS)
    log[key] = packed
    again, fresh = made()
    fresh.restore(b"\0\0\0\7", None)
    for name, value in log.items():
        fresh.restore(name, value)
    fresh.restored(NOON_MS)
    assert told(again, NOON_MS) == told(series, NOON_MS) != {}
    late_ms = NOON_MS + (d.KEPT_DAYS - 1) * d.DAY_MS
    assert [value for _, value in fresh.drain(late_ms)] == [None]
    fresh.add([NOON_MS - d.DAY_MS])
    assert fresh.drain(late_ms) == []
    assert [value for _, value in fresh.drain(late_ms + d.DAY_MS)] == [None]
    for name in log:
        fresh.restore(name, None)
    assert fresh.drain(late_ms) == []


def test_a_day_that_was_over_is_over_after_a_restart() -> None:
    """Else a killed worker would write, and delete, what the one before it left alone."""
    _, slots = made()
    slots.restored(NOON_MS + d.KEPT_DAYS * d.DAY_MS)
    slots.add([NOON_MS])
    assert slots.drain(NOON_MS + d.KEPT_DAYS * d.DAY_MS) == []


def test_timestamps_far_ahead_do_not_fill_memory() -> None:
    """The latest days go first, out of the counts, too."""
    series, slots = made()
    slots.add(NOON_MS + day * d.DAY_MS for day in range(MOST_DAYS + 3))
    assert len(slots.drain(NOON_MS)) == MOST_DAYS + 3
    assert slots.drain(NOON_MS) == []
    series.move(NOON_MS + (MOST_DAYS + 2) * d.DAY_MS)
    days = told(series, NOON_MS + (MOST_DAYS + 2) * d.DAY_MS)
    assert max(days) == DAY + MOST_DAYS - 1
