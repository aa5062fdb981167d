"""Snapshots to show on a board: a simulated business with a churn spike, counted without a broker."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count, groupby
from typing import NamedTuple

from streams.core.customer.identity import DIGEST_SIZE, Identity
from streams.core.definition.definition import DAY_MS, MINUTE_MS, Definition
from streams.core.events import KINDS, Kind
from streams.core.kpi.alarm_watch import SeriesPart
from streams.core.kpi.breakdown import named_values
from streams.core.kpi.flows import Flows
from streams.core.kpi.snapshot import PartitionInfo, Snapshot, build
from streams.core.partition.state import PartitionState
from streams.core.partition.sweep.steps import finish
from streams.publish.merge.flow_merger import FlowMerger
from streams.simulate import Business, SimRecord, Spike, topic_of

END_MS = 1_776_211_200_000
"""When the simulated history ends, and the boards' clocks begin."""

OK: PartitionInfo = {"lag": 3, "state": "ok"}
PARTITIONS = {str(number): OK for number in range(4)}
_KINDS: dict[str, Kind] = {topic_of(kind): kind for kind in KINDS}
SPIKE = Spike("smb", END_MS - 50 * MINUTE_MS, 240.0, 50 * MINUTE_MS)


class _Record(NamedTuple):
    key: bytes | None
    value: bytes | None
    timestamp: int


def counted(customers: int, definition: Definition, *, curves: bool = False) -> Iterator[Snapshot]:
    """The snapshot of a business at END_MS; with ``curves`` first those of the minutes of the day before."""
    numbers = count()
    state = PartitionState(
        definition, Identity(b"board"), entropy=lambda: next(numbers).to_bytes(DIGEST_SIZE, "big")
    )
    records = Business(7, customers, 60, END_MS, spike=SPIKE).history()
    _apply(state, records)
    if curves:
        for t in range(END_MS - DAY_MS, END_MS, MINUTE_MS):
            yield _snapshot(state, definition, t, dimensions=False)
    yield _snapshot(state, definition, END_MS, dimensions=True)


def _apply(state: PartitionState, records: Iterator[SimRecord]) -> None:
    """Apply everything, in batches of one kind."""
    for topic, batch in groupby(records, key=lambda record: record.topic):
        state.apply(_KINDS[topic], [_Record(one.key, one.value, one.timestamp_ms) for one in batch])


def _snapshot(state: PartitionState, definition: Definition, t: int, *, dimensions: bool) -> Snapshot:
    state.advance(t)
    totals = state.totals(dimensions=dimensions)
    totals.t = t
    sweeps = state.sweep(named_values(totals.groups, definition)) if dimensions else {}
    snapshot = build(totals, definition, computed_at_ms=t, partitions=PARTITIONS, sweeps=sweeps)
    return replace(snapshot, flows=_flows(state, t)) if dimensions else snapshot


def _flows(state: PartitionState, t: int) -> Flows | None:
    """What the only partition tells by steps of time, and nobody was told before."""
    told = finish(state.telling_series())
    merger = FlowMerger()
    merger.offer([SeriesPart(t, {(group, day): packed for group, day, packed in told if packed is not None})])
    merger.merge()
    return merger.found


def at(snapshot: Snapshot, t_ms: int) -> Snapshot:
    """The same values as of another time: time goes on and nothing happens."""
    return replace(snapshot, t_ms=t_ms, computed_at_ms=t_ms + 300)


@dataclass
class Scene:
    """What a board is to be shown, tick by tick; tests change it while the board runs."""

    snapshot: Snapshot
    frozen_ms: int | None = None
    """The newest t there will be; None: t goes on with the clock."""
    silent: bool = False
    """Whether nothing is published."""
    change: Callable[[Snapshot], Snapshot] = field(default=lambda snapshot: snapshot)
    """What becomes of each snapshot."""

    def tick(self, now_ms: int) -> Snapshot | None:
        """The snapshot of a tick."""
        if self.silent:
            return None
        t = now_ms // 1_000 * 1_000
        return self.change(at(self.snapshot, t if self.frozen_ms is None else min(t, self.frozen_ms)))
