r"""A partition's totals as records of the totals topic: written by its owner, read by every publisher.

One compacted record a group (``g:`` dimension ``\\0`` value: its packed vector) and one
header a partition (``h``), the last of its transaction. Only groups that changed are written, so the header
names the instants as of which *all* current group records hold, one for the overall group, one for the
dimensions. Each record carries the owner's epoch: a reader drops groups of an epoch other than the
header's, so what an earlier owner left behind never adds up.
"""

from collections.abc import Iterable

import msgspec

from streams.core.partition.sweep.steps import Steps
from streams.core.totals import OVERALL, Accounting, Group, Totals, Vector, pack_vector, unpack_vector
from streams.engine.exits import EngineError, ExitCode

HEADER_KEY = b"h"
GROUP_PREFIX = b"g:"

Pair = tuple[bytes, bytes | None]
"""Key and value of a record to be written; None deletes."""


class TotalsHeader(msgspec.Struct, frozen=True):
    """What a partition says of itself at every flush."""

    epoch: int
    t: int
    """Evaluation time (ms); -1 before the first."""
    live: bool
    overall_t: int | None
    """Instant as of which the overall group holds; None while there is none."""
    dimensions_t: int | None
    """Instant as of which all dimension groups hold."""
    definition_hash: str
    """Definition.counting_hash: a publisher adds up what was counted alike."""
    lag: int
    """Records of the sources not yet applied, as far as known."""
    accounting: Accounting
    newest: dict[str, int]
    swept_t: int | None = None
    """When the sweep began that all records of swept.py are of; None before the first."""
    series_t: int | None = None
    """Instant as of which all records of series_records.py hold; None before the first."""
    layout: str = ""
    """Fingerprint of the layout of all records of the flush; empty in the former format."""


class GroupRecord(msgspec.Struct, frozen=True, array_like=True):
    """The totals of one group as written."""

    epoch: int
    t: int
    vector: bytes


_encode = msgspec.msgpack.Encoder().encode
_header = msgspec.msgpack.Decoder(TotalsHeader)
_group = msgspec.msgpack.Decoder(GroupRecord)


def totals_key(group: Group) -> bytes:
    """The record key of a group."""
    dimension, value = group
    return GROUP_PREFIX + dimension.encode() + b"\0" + value.encode()


def parse_key(key: bytes) -> Group:
    """The group of a record key."""
    dimension, _, value = key[len(GROUP_PREFIX) :].partition(b"\0")
    return dimension.decode(), value.decode()


def encode_header(header: TotalsHeader) -> bytes:
    """The header as the value of its record."""
    return _encode(header)


class AnyHeader(msgspec.Struct):
    """What can be read of the header of any version."""

    epoch: int = 0
    t: int = -1
    layout: str = ""


_any = msgspec.msgpack.Decoder(AnyHeader)


def decode_header(value: bytes, layout: str) -> TotalsHeader | None:
    """The header of a flush; None if its owner is of another version.

    Args:
        value: of the record.
        layout: the fingerprint of this version.
    """
    try:
        return _header.decode(value) if told_of_any(value).layout == layout else None
    except msgspec.MsgspecError:
        return None


def told_of_any(value: bytes) -> AnyHeader:
    """As much of a header as every version tells."""
    try:
        return _any.decode(value)
    except msgspec.MsgspecError:
        return AnyHeader()


def decode_group(value: bytes) -> tuple[int, Vector]:
    """Epoch and vector of a group record.

    Raises:
        EngineError: written by another version.
    """
    try:
        record = _group.decode(value)
        return record.epoch, unpack_vector(record.vector)
    except (msgspec.MsgspecError, ValueError) as error:
        raise _foreign(error) from error


def _foreign(error: Exception) -> EngineError:
    return EngineError(
        ExitCode.FORMAT_CHANGED, f"the totals topic holds records of another version ({error})"
    )


class GroupWriter:
    """Turns totals into the group records that changed since this owner wrote them last.

    Args:
        epoch: the owner's.
        known: groups that an earlier owner may have written; those without totals are deleted at first.
    """

    __slots__ = ("_epoch", "_left", "_written")

    def __init__(self, epoch: int, known: Iterable[Group] = ()) -> None:
        self._epoch = epoch
        self._left = set(known)
        self._written: dict[Group, bytes] = {}

    def changing(self, totals: Totals, *, dimensions: bool) -> Steps[list[Pair]]:
        """The records to write, in steps; groups of the asked class that are gone are deleted.

        Args:
            totals: of the overall group alone, or of all groups.
            dimensions: whether ``totals`` holds the dimension groups (all of them).
        """
        pairs: list[Pair] = []
        names = totals.groups.keys() - {OVERALL} if dimensions else {OVERALL}
        if dimensions:
            for group in (self._written.keys() | self._left) - names - {OVERALL}:
                self._written.pop(group, None)
                pairs.append((totals_key(group), None))
            self._left.clear()
        for group in names:
            vector = pack_vector(totals.groups[group])
            if self._written.get(group) != vector:
                self._written[group] = vector
                pairs.append((totals_key(group), _encode(GroupRecord(self._epoch, totals.t, vector))))
            yield
        return pairs
