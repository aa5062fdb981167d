r"""A partition's totals as records of the totals topic: written by its owner, read by every publisher.

One compacted record a group (``g:`` dimension ``\\0`` value: packed vector and first-seen time) and one
header a partition (``h``), the last of its transaction. Only groups that changed are written, so the header
names the instants as of which *all* current group records hold, one for the overall group, one for the
dimensions. Each record carries the owner's epoch: a reader drops groups of an epoch other than the
header's, so what an earlier owner left behind never adds up.
"""

import msgspec

from streams.core.steps import Steps
from streams.core.totals import OVERALL, Accounting, Group, Totals, Vector, pack_vector, unpack_vector
from streams.engine.exits import EngineError, ExitCode

HEADER_KEY = b"h"
GROUP_PREFIX = b"g:"

Pair = tuple[bytes, bytes | None]


class Header(msgspec.Struct, frozen=True):
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
    lag: int
    """Records of the sources not yet applied, as far as known."""
    accounting: Accounting
    newest: dict[str, int]
    swept_t: int | None = None
    """When the sweep began that all records of swept.py are of; None before the first."""


class GroupRecord(msgspec.Struct, frozen=True, array_like=True):
    """The totals of one group as written."""

    epoch: int
    t: int
    first_seen: int | None
    vector: bytes


_encode = msgspec.msgpack.Encoder().encode
_header = msgspec.msgpack.Decoder(Header)
_group = msgspec.msgpack.Decoder(GroupRecord)


def group_key(group: Group) -> bytes:
    """The record key of a group."""
    dimension, value = group
    return GROUP_PREFIX + dimension.encode() + b"\0" + value.encode()


def parse_key(key: bytes) -> Group:
    """The group of a record key."""
    dimension, _, value = key[len(GROUP_PREFIX) :].partition(b"\0")
    return dimension.decode(), value.decode()


def encode_header(header: Header) -> bytes:
    """The header as the value of its record."""
    return _encode(header)


def decode_header(value: bytes) -> Header:
    """The inverse of encode_header.

    Raises:
        EngineError: written by another version.
    """
    try:
        return _header.decode(value)
    except msgspec.MsgspecError as error:
        raise _foreign(error) from error


def decode_group(value: bytes) -> tuple[int, int | None, Vector | None]:
    """Epoch, first-seen time and vector of a group record; no vector where the group has only a name.

    Raises:
        EngineError: written by another version.
    """
    try:
        record = _group.decode(value)
        return record.epoch, record.first_seen, unpack_vector(record.vector) if record.vector else None
    except (msgspec.MsgspecError, ValueError) as error:
        raise _foreign(error) from error


def _foreign(error: Exception) -> EngineError:
    return EngineError(
        ExitCode.FORMAT_CHANGED, f"the totals topic holds records of another version ({error})"
    )


class GroupWriter:
    """Turns totals into the group records that changed since this owner wrote them last."""

    __slots__ = ("_epoch", "_written")

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch
        self._written: dict[Group, tuple[int | None, bytes]] = {}

    def changing(self, totals: Totals, *, dimensions: bool) -> Steps[list[Pair]]:
        """The records to write, in steps; groups of the asked class that are gone are deleted.

        Args:
            totals: of the overall group alone, or of all groups.
            dimensions: whether ``totals`` holds the dimension groups (all of them).
        """
        pairs: list[Pair] = []
        names = totals.groups.keys() | totals.first_seen.keys() if dimensions else {OVERALL}
        if dimensions:
            names = names - {OVERALL}
            for group in self._written.keys() - names - {OVERALL}:
                del self._written[group]
                pairs.append((group_key(group), None))
        for group in names:
            vector = totals.groups.get(group)
            body = (totals.first_seen.get(group), b"" if vector is None else pack_vector(vector))
            if self._written.get(group) != body:
                self._written[group] = body
                pairs.append((group_key(group), _encode(GroupRecord(self._epoch, totals.t, *body))))
            yield
        return pairs
