r"""The marker: the one changelog record that says what the other records of a partition amount to.

A partition's changelog holds the core's records as they are, and one marker (key ``\\0M``) written last in
each transaction: format, definition, fingerprint of the secret, the next offset of every source topic, the
core's header, and the epoch of its totals. Whoever takes the partition over checks the marker before
counting on: another definition, secret or format, or offsets outside the source log, end the process with
a clear line. It never jumps silently.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from streams.engine.exits import EngineError, ExitCode

MARKER_KEY = b"\0M"
FORMAT = 1
_ANEW = "count anew from the source topics: stop all workers, start one with kpi worker --rebuild"


class Marker(msgspec.Struct, frozen=True):
    """What a partition's state amounts to, as of one committed flush."""

    format: int
    definition_hash: str
    definition_version: str
    secret_fingerprint: str
    offsets: dict[str, int]
    """Source topic -> offset of the next record to apply."""
    header: bytes
    """Opaque: PartitionState.header()."""
    epoch: int
    """How often the partition changed hands; totals of smaller epochs are void."""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Marker)
_format_only = msgspec.msgpack.Decoder(dict[str, Any])


def encode(marker: Marker) -> bytes:
    """The marker as the value of its record."""
    return _encoder.encode(marker)


def decode(partition: int, value: bytes | None) -> Marker:
    """The marker of a record.

    Raises:
        EngineError: written in another format.
    """
    try:
        fields = _format_only.decode(value or b"")
        if fields.get("format") == FORMAT:
            return _decoder.decode(value or b"")
        found = str(fields.get("format"))
    except msgspec.MsgspecError:
        found = "unreadable"
    raise EngineError(
        ExitCode.FORMAT_CHANGED,
        f"partition {partition}: its changelog has record format {found}, this version reads {FORMAT}; "
        f"run the version that wrote it, or {_ANEW}",
    )


def check_identity(partition: int, marker: Marker, expected: Marker) -> None:
    """Refuse state of another definition or secret.

    Raises:
        EngineError: with what differs, and what to do.
    """
    if marker.definition_hash != expected.definition_hash:
        raise EngineError(
            ExitCode.DEFINITION_CHANGED,
            f"partition {partition} was counted under definition {marker.definition_version!r} "
            f"({marker.definition_hash}), this worker has {expected.definition_version!r} "
            f"({expected.definition_hash}); restore the definition file, or {_ANEW}",
        )
    if marker.secret_fingerprint != expected.secret_fingerprint:
        raise EngineError(
            ExitCode.SECRET_CHANGED,
            f"partition {partition} was written under the secret with fingerprint "
            f"{marker.secret_fingerprint}, KPI_SECRET has {expected.secret_fingerprint}; restore the secret, "
            f"or {_ANEW}",
        )


def check_beginning(partition: int, begin: int) -> None:
    """Refuse a changelog whose first records were deleted; compaction alone never moves its beginning.

    Raises:
        EngineError: customers would be missing.
    """
    if begin > 0:
        raise damaged(partition, f"its first {begin} offsets were deleted")


def damaged(partition: int, why: str) -> EngineError:
    """The end of a process that finds a changelog it cannot trust."""
    return EngineError(
        ExitCode.CHANGELOG_DAMAGED,
        f"partition {partition}: the changelog is damaged: {why}; restore the topic, or {_ANEW} --force",
    )


def check_offsets(
    partition: int,
    offsets: Mapping[str, int],
    begin: Mapping[str, int],
    end: Mapping[str, int] | None,
) -> None:
    """Refuse to read on where the source log has no next record.

    Args:
        partition: for the message.
        offsets: next offset to apply, by topic.
        begin: first offset in the log, by topic.
        end: offset after the last, by topic; None where the broker's answer cannot be trusted.

    Raises:
        EngineError: records were deleted before they were counted, or the topic was made anew.
    """
    for topic, offset in offsets.items():
        if offset < begin[topic]:
            why = f"the log begins at {begin[topic]}: records were deleted before they were counted"
        elif end is not None and offset > end[topic]:
            why = f"the log ends at {end[topic]}: the topic was made anew or lost records"
        else:
            continue
        raise EngineError(
            ExitCode.OFFSETS_LOST,
            f"{topic} partition {partition}: the next record to count is at offset {offset}, but {why}; "
            f"counts would be wrong from here on. Restore the topic, or {_ANEW} --force --accept-loss",
        )
