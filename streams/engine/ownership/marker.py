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

from streams.core.definition.definition import Definition
from streams.engine.exits import EngineError, ExitCode
from streams.engine.totals_topic.fingerprint import FINGERPRINT
from streams.engine.verdict import COUNT_ANEW, made_anew
from streams.settings import Settings

MARKER_KEY = b"\0M"
FORMAT = 2
_FORMER = 1
"""Written without a fingerprint of its layout; what it holds is read as it is."""
_TAKEN_OVER = frozenset({"bd2c97f704755737", "0702da657a21c2f9"})
"""Layouts that are read as they are: before chunks of signups and cancellations, and before those of voids,
nothing was another record."""


class Marker(msgspec.Struct, frozen=True):
    """What a partition's state amounts to, as of one committed flush."""

    format: int
    definition_hash: str
    """Definition.counting_hash: of the choices that decide what is kept."""
    definition_version: str
    secret_fingerprint: str
    offsets: dict[str, int]
    """Source topic -> offset of the next record to apply."""
    header: bytes
    """Opaque: PartitionState.header()."""
    epoch: int
    """How often the partition changed hands; totals of smaller epochs are void."""
    left_out: dict[str, int] = {}
    """Source topic -> offsets that could not be read and were left out by a person."""
    partitioner: str = "murmur2"
    """KPI_PARTITIONER."""
    partitions: int = 0
    """How many the source topics had: by it customers are told apart. 0: not noted yet."""
    topic_ids: dict[str, str] = {}
    """Topic -> id, of the changelog and the sources; those that brokers did not tell are left out."""
    layout: str = ""
    """Fingerprint of the layout of all records; empty in the former format."""
    published_hash: str = ""
    """Definition.hash, which the former format had for definition_hash."""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Marker)
_format_only = msgspec.msgpack.Decoder(dict[str, Any])


def blank(settings: Settings, definition: Definition, fingerprint: str, header: bytes = b"") -> Marker:
    """The marker that this process writes, without offsets: what another one must agree with.

    Args:
        settings: of the process.
        definition: what the numbers mean.
        fingerprint: of the deployment secret.
        header: PartitionState.header().
    """
    return Marker(
        FORMAT,
        definition.counting_hash,
        definition.version,
        fingerprint,
        {},
        header,
        0,
        partitioner=settings.partitioner,
        partitions=settings.partitions,
        layout=FINGERPRINT,
        published_hash=definition.hash,
    )


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
        if fields.get("format") in (FORMAT, _FORMER):
            return _decoder.decode(value or b"")
        found = str(fields.get("format"))
    except msgspec.MsgspecError:
        found = "unreadable"
    raise EngineError(
        ExitCode.FORMAT_CHANGED,
        f"partition {partition}: its changelog has record format {found}, this version reads {FORMAT}; "
        f"run the version that wrote it, or {COUNT_ANEW}",
    )


def check_identity(partition: int, marker: Marker, expected: Marker) -> None:
    """Refuse state of another layout, definition, secret or partitioner.

    Raises:
        EngineError: with what differs, and what to do.
    """
    taken_over = marker.format == _FORMER or marker.layout in _TAKEN_OVER
    if marker.layout != expected.layout and not taken_over:
        raise EngineError(
            ExitCode.FORMAT_CHANGED,
            f"partition {partition}: its changelog was written by another version (layout "
            f"{marker.layout or 'unknown'}, this version has {expected.layout}); run the version that wrote "
            f"it, or {COUNT_ANEW}",
        )
    counted_under = expected.published_hash if marker.format == _FORMER else expected.definition_hash
    if marker.definition_hash != counted_under:
        raise EngineError(
            ExitCode.DEFINITION_CHANGED,
            f"partition {partition} was counted under definition {marker.definition_version!r} "
            f"({marker.definition_hash}), this worker has {expected.definition_version!r} "
            f"({counted_under}); restore the definition file, or {COUNT_ANEW}",
        )
    if marker.secret_fingerprint != expected.secret_fingerprint:
        raise EngineError(
            ExitCode.SECRET_CHANGED,
            f"partition {partition} was written under the secret with fingerprint "
            f"{marker.secret_fingerprint}, KPI_SECRET has {expected.secret_fingerprint}; restore the secret, "
            f"or {COUNT_ANEW}",
        )
    if marker.partitioner != expected.partitioner:
        raise EngineError(
            ExitCode.PARTITIONER_CHANGED,
            f"partition {partition} was counted with KPI_PARTITIONER={marker.partitioner}, this worker has "
            f"{expected.partitioner}: set it back, or {COUNT_ANEW}",
        )


def check_partitions(partition: int, marker: Marker, expected: int) -> None:
    """Refuse state that was counted while the source topics had another number of partitions.

    Raises:
        EngineError: customers live in other partitions now than then.
    """
    if marker.partitions not in {0, expected}:
        raise EngineError(
            ExitCode.BAD_TOPICS,
            f"partition {partition} was counted while there were {marker.partitions} partitions, "
            f"KPI_PARTITIONS is {expected}: customers' older events are in other partitions than their newer "
            f"ones; stop producers and workers, then: kpi topics repartition --partitions {expected}",
        )


def check_topic_ids(partition: int, marker: Marker, changelog: str, ids: Mapping[str, str]) -> None:
    """Refuse to read on in a topic that was deleted and made anew, however long it is by now.

    Args:
        partition: for the message.
        marker: says which topics it speaks of.
        changelog: the changelog's name.
        ids: topic -> id as of now, where it is known.

    Raises:
        EngineError: a topic is another one.
    """
    for topic, before in marker.topic_ids.items():
        if ids.get(topic, before) == before:
            continue
        if topic == changelog:
            raise damaged(partition, "the topic was deleted and made anew, so records are missing")
        raise made_anew(topic, f"partition {partition} was counted from")


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
        f"partition {partition}: the changelog is damaged: {why}; restore the topic, or {COUNT_ANEW} --force",
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
            f"counts would be wrong from here on. Restore the topic, or {COUNT_ANEW} --force --accept-loss",
        )
