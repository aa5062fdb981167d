"""Replay: the KPIs of a log of records, as of any instants, with the core of the live service and no broker.

One pass: everything is parked, then the clock advances from instant to instant (docs/contract.md, section 9).
The same lines give the same snapshots, byte for byte: nothing here reads a clock or draws a random number.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import NamedTuple

from streams.core.customer.identity import DIGEST_SIZE, Identity
from streams.core.decoding.arrival import arrival_ms
from streams.core.decoding.decoder import Record
from streams.core.definition.definition import Definition
from streams.core.events import KINDS, Kind, Malformed
from streams.core.kpi.alarm_watch import AlarmWatch, Row, SeriesPart
from streams.core.kpi.breakdown import named_values
from streams.core.kpi.group_kpis import Sweeps
from streams.core.kpi.snapshot import Snapshot, build
from streams.core.partition.journal import Journal
from streams.core.partition.placement import Belongs, partition_of
from streams.core.partition.state import PartitionState
from streams.core.partition.sweep.steps import finish
from streams.core.totals import Named
from streams.replay.lines import LineError, parse_line
from streams.replay.revenue_shares import Spending

SOURCE_TOPICS: dict[str, Kind] = {f"crm.customer.{kind}.v1": kind for kind in KINDS}
"""Topic -> kind of its events, by their default names."""

_BATCH = 2_000
_NO_CLOCK = 1 << 62


class ReplayError(ValueError):
    """A line that is no Kafka record; the message names the line and what is wrong with it."""


class LoggedRecord(NamedTuple):
    """A record of a file, and the number of its line."""

    key: bytes | None
    value: bytes | None
    timestamp: int
    line: int


Refused = Callable[[Kind, Record, Malformed], None]
"""Takes a record that is malformed, and why."""


def replay(
    records: Iterable[bytes],
    *,
    definition: Definition,
    as_of: list[int] | None = None,
    every_ms: int | None = None,
    wall_ms: int | None = None,
    topics: dict[str, Kind] | None = None,
) -> Iterator[Snapshot]:
    """Recount a log.

    Args:
        records: JSON lines in arrival order, one Kafka record each; empty lines are skipped.
        definition: what the numbers mean.
        as_of: instants (ms); None and no ``every_ms``: the newest event time.
        every_ms: also every multiple of this from the oldest to the newest event.
        wall_ms: for records without a timestamp; None: those are never too early.
        topics: topic -> kind; the default names.

    Returns:
        A snapshot for each instant, in order of time; of no event none, unless ``as_of`` asks for it.

    Raises:
        ReplayError: a line is no record of a known topic.
    """
    read = read_lines(records, topics or SOURCE_TOPICS, wall_ms=_NO_CLOCK if wall_ms is None else wall_ms)
    return replay_records(read, definition=definition, as_of=as_of, every_ms=every_ms)


def replay_records(
    records: Iterable[tuple[Kind, Record]],
    *,
    definition: Definition,
    as_of: list[int] | None = None,
    every_ms: int | None = None,
    told: Callable[[int, int], None] | None = None,
    belongs: Belongs | None = None,
    refused: Refused | None = None,
) -> Iterator[Snapshot]:
    """Recount records in arrival order, each with its kind; the rest as for ``replay``.

    Args:
        records: (kind, record); a record without a Kafka timestamp has the one the caller gave it.
        definition: what the numbers mean.
        as_of: instants (ms).
        every_ms: also every multiple of this.
        told: called before each snapshot with how many are done, and how many there are in all.
        belongs: whether a record is in its customer's partition; None: lines of a file, which have none.
        refused: called with each malformed record, in their order.
    """
    journal = Journal()
    numbers = count()

    def entropy() -> bytes:
        return next(numbers).to_bytes(DIGEST_SIZE, "big")

    place = None if belongs is None else partition_of
    state = PartitionState(
        definition, Identity(b"replay"), entropy=entropy, journal=journal, belongs=belongs, place=place
    )
    spending = Spending(definition)
    watch = AlarmWatch(definition)
    rows: dict[Row, bytes] = {}
    _receive(state, records, refused)
    instants = _instants(journal, as_of, every_ms)
    for done, t in enumerate(instants):
        if told is not None:
            told(done, len(instants))
        state.advance(t)
        totals = state.totals()
        totals.t = t
        totals.accounting = journal.accounting(t, totals.accounting)
        named = named_values(totals.groups, definition)
        sweeps = _sweeps(state, spending, named)
        rows = _series(state, rows)
        alarms = watch.judge([SeriesPart(state.clock, rows)], named)
        yield build(totals, definition, computed_at_ms=t, partitions={}, sweeps=sweeps, alarms=alarms)


def read_lines(
    lines: Iterable[bytes], topics: Mapping[str, Kind], *, wall_ms: int
) -> Iterator[tuple[Kind, Record]]:
    """The records of JSON lines, each with its kind; empty lines are skipped.

    Args:
        lines: one Kafka record each.
        topics: topic -> kind.
        wall_ms: for records without a timestamp.

    Raises:
        ReplayError: a line is no record of a known topic.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _read(line, number, topics, wall_ms)


def _sweeps(state: PartitionState, spending: Spending, named: Named) -> Sweeps:
    """The revenue shares, exactly."""
    spending.update(state.spent())
    return spending.shares(state.clock, state.table, named) if spending.exact else state.sweep(named)


def _series(state: PartitionState, rows: dict[Row, bytes]) -> dict[Row, bytes]:
    """The counts for alarms, with what has changed."""
    rows = dict(rows)
    for group, day, packed in finish(state.telling_series()):
        if packed is None:
            rows.pop((group, day), None)
        else:
            rows[group, day] = packed
    return rows


def _instants(journal: Journal, as_of: list[int] | None, every_ms: int | None) -> list[int]:
    instants = set(as_of or ())
    newest, oldest = journal.newest_ms, journal.oldest_ms
    if every_ms is not None and newest is not None and oldest is not None:
        instants.update(range(-(-oldest // every_ms) * every_ms, newest + 1, every_ms))
    if as_of is None and every_ms is None and newest is not None:
        instants.add(newest)
    return sorted(instants)


def _receive(state: PartitionState, records: Iterable[tuple[Kind, Record]], refused: Refused | None) -> None:
    """Hand over everything: one batch for each run of records of one kind."""
    batch: list[Record] = []
    kind: Kind | None = None
    for of, record in records:
        if of != kind or len(batch) >= _BATCH:
            if kind is not None:
                _apply(state, kind, batch, refused)
            batch, kind = [], of
        batch.append(record)
    if kind is not None:
        _apply(state, kind, batch, refused)


def _apply(state: PartitionState, kind: Kind, batch: list[Record], refused: Refused | None) -> None:
    for record, malformed in state.apply(kind, batch):
        if refused is not None:
            refused(kind, record, malformed)


def _read(text: bytes, number: int, topics: Mapping[str, Kind], wall_ms: int) -> tuple[Kind, Record]:
    try:
        line = parse_line(text)
    except LineError as error:
        raise ReplayError(f"line {number}: {error}") from error
    kind = topics.get(line.topic)
    if kind is None:
        raise ReplayError(f"line {number}: unknown topic {line.topic!r}; expected {', '.join(topics)}")
    return kind, LoggedRecord(line.key, line.value, arrival_ms(line.timestamp_ms, wall_ms), number)
