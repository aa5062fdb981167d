r"""A partition's counts for alarms as records of the totals topic: written by its owner, read by publishers.

One compacted record a group and day (``a:`` dimension ``\\0`` value ``\\0`` and a byte), in the transaction
of a flush and before its header, which names the instant as of which they hold. The byte is the day modulo
128, or 255 for the time before all days: so what an owner did not live to delete is written over in time.
Each record carries the owner's epoch, so that what an earlier owner left behind is not told.
"""

from collections.abc import Iterable, Sequence

import msgspec

from streams.core.alarms.day import SLOT_MS
from streams.core.definition.dimensions import UNWATCHED
from streams.core.kpi.alarm_watch import BEFORE, Row, SeriesPart
from streams.core.totals import Group
from streams.engine.exits import EngineError, ExitCode
from streams.engine.totals_topic.group_records import Pair

SERIES_PREFIX = b"a:"
_RING = 128
_BEFORE_BYTE = 255

_encode = msgspec.msgpack.Encoder().encode


class SeriesRecord(msgspec.Struct, frozen=True, array_like=True):
    """What is known of a day of a group, or of the time before."""

    epoch: int
    day: int
    packed: bytes


_decode = msgspec.msgpack.Decoder(SeriesRecord).decode


def is_series(key: bytes) -> bool:
    """Whether a record of the totals topic holds counts for alarms."""
    return key.startswith(SERIES_PREFIX)


def _key(group: Group, day: int) -> bytes:
    dimension, value = group
    place = _BEFORE_BYTE if day == BEFORE else day % _RING
    return SERIES_PREFIX + dimension.encode() + b"\0" + value.encode() + b"\0" + bytes((place,))


def _group(key: bytes) -> Group:
    dimension, _, value = key[len(SERIES_PREFIX) : -2].partition(b"\0")
    return dimension.decode(), value.decode()


class SeriesWriter:
    """Turns what a partition tells into records.

    Args:
        epoch: the owner's.
        known: groups that an earlier owner may have written; of those that are not told all days are deleted.
    """

    def __init__(self, epoch: int, known: Iterable[Group] = ()) -> None:
        self.t: int | None = None
        """Instant as of which all records hold (ms); None before the first."""
        self._epoch = epoch
        self._left = {group for group in known if group[0] not in UNWATCHED}

    def pairs(self, told: Sequence[tuple[Group, int, bytes | None]], t: int) -> list[Pair]:
        """The records to write.

        Args:
            told: what has changed: group, day or BEFORE, and what is known of it; None: nothing any more.
            t: the clock.
        """
        self.t = t // SLOT_MS * SLOT_MS
        pairs: list[Pair] = []
        for group in self._left.difference(group for group, _, _ in told):
            pairs += [(_key(group, day), None) for day in (BEFORE, *range(_RING))]
        self._left.clear()
        for group, day, packed in told:
            value = None if packed is None else _encode(SeriesRecord(self._epoch, day, packed))
            pairs.append((_key(group, day), value))
        return pairs


class SeriesLog:
    """The counts for alarms of one partition, put together from its records."""

    def __init__(self) -> None:
        self._records: dict[bytes, SeriesRecord] = {}
        self._staged: dict[bytes, bytes | None] = {}
        self._of: tuple[int, int | None] = (0, None)
        self._part: SeriesPart | None = None

    def stage(self, key: bytes, value: bytes | None) -> None:
        """Take one record; it counts from the header on."""
        self._staged[key] = value

    def forget(self) -> None:
        """Drop what was staged: another version wrote it."""
        self._staged.clear()

    def settle(self, epoch: int, t: int | None) -> SeriesPart | None:
        """What is known as of a header; the same object as long as nothing changes.

        Args:
            epoch: the header's.
            t: the instant that the header names.

        Raises:
            EngineError: a record was written by another version.
        """
        if not self._staged and self._of == (epoch, t):
            return self._part
        rows = self._taken(epoch)
        self._of = (epoch, t)
        self._part = None if t is None else SeriesPart(t, rows)
        return self._part

    def _taken(self, epoch: int) -> dict[Row, bytes]:
        """The rows with what was staged."""
        try:
            for key, value in self._staged.items():
                if value is None:
                    self._records.pop(key, None)
                else:
                    self._records[key] = _decode(value)
        except msgspec.MsgspecError as error:
            why = f"the totals topic holds records of another version ({error})"
            raise EngineError(ExitCode.FORMAT_CHANGED, why) from error
        self._staged.clear()
        return {
            (_group(key), record.day): record.packed
            for key, record in self._records.items()
            if record.epoch == epoch
        }
