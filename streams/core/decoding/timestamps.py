"""RFC 3339 times as integer milliseconds since the epoch.

Rules (docs/contract.md, section 1): ``T`` and ``Z`` in upper case, an offset as ``±hh:mm``, seconds always
there, no hour 24, no leap second (a count of milliseconds has no place for it). Digits beyond milliseconds
are cut off, never rounded: ``23:59:59.9999`` stays in its day.
A time is read in three parts, each cheap to look up: the hour, minute and second, fraction and offset.
Never reads a clock, and never guesses an offset.
"""

import datetime as dt
import re
from typing import Final

from streams.core.decode_reasons import RejectedError
from streams.core.decoding.memo import Memo

LAST_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""


_HOUR_END: Final = 13
_SECOND_END: Final = 19
_EPOCH_DAY: Final = dt.date(1970, 1, 1).toordinal()
_HOUR: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([01][0-9]|2[0-3])").fullmatch
_TAIL: Final = re.compile(r"(?:\.([0-9]+))?(?:Z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))").fullmatch
_SECONDS: Final = {
    f":{minute:02}:{second:02}": (minute * 60 + second) * 1_000
    for minute in range(60)
    for second in range(60)
}


def hour_ms(text: str) -> int:
    """``2026-03-01T12`` → the instant at which that hour begins in UTC."""
    match = _HOUR(text)
    if match is None:
        raise RejectedError("bad_time")
    year, month, day, hour = map(int, match.groups())
    try:
        days = dt.date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError:
        raise RejectedError("bad_time") from None
    return (days * 24 + hour) * 3_600_000


def tail_ms(text: str) -> int:
    """``.125+02:00`` → what it adds: the fraction's milliseconds less the offset."""
    match = _TAIL(text)
    if match is None:
        raise RejectedError("bad_time")
    fraction, sign, hours, minutes = match.groups()
    ms = int(f"{fraction[:3]:0<3}") if fraction else 0
    if not sign:
        return ms
    offset = (int(hours) * 60 + int(minutes)) * 60_000
    return ms - offset if sign == "+" else ms + offset


class TimestampReader:
    """Reads times, remembering hours and tails: some 0.2 µs a time."""

    __slots__ = ("hours", "seconds", "tails")

    def __init__(self) -> None:
        self.hours = Memo(hour_ms, entries=4_096, longest=_HOUR_END)
        self.seconds = _SECONDS
        self.tails = Memo(tail_ms, entries=8_192, longest=12)

    def read(self, text: str) -> int:
        """Milliseconds since the epoch, unbounded: the caller says which times it takes.

        Raises:
            RejectedError: ``bad_time``.
        """
        seconds = self.seconds.get(text[_HOUR_END:_SECOND_END])
        if seconds is None:
            raise RejectedError("bad_time")
        return self.hours[text[:_HOUR_END]] + seconds + self.tails[text[_SECOND_END:]]
