"""From the totals of partitions to the snapshot: adds totals of one and the same t, and only those.

Rules (docs/contract.md, sections 2, 4 and 8):
- The snapshot's t is the newest that every partition has reached; while there is no newer common one, the
  last stays. A partition unheard of for a tick and two more is called silent; nothing is added without it.
- One partition that is not live, never seen or of another definition makes the whole ``recovering``: what was
  last complete stays, its values withheld. Before anything was complete there is only the accounting.
- t and computed-at never go back, and accounting never speaks of an earlier t than it did before.
- Dimension values have an earlier t of their own, likewise common to all partitions.

- What sweeps found, and alarms, have times of their own, see sweep_merger.py
  and alarm_merger.py; ``merge_sweeps`` is called apart, because it is slow.

Pure: the time is an argument. Never shows a sum over some of the partitions, or over different t.
"""

from dataclasses import replace
from typing import Literal

from streams.core.definition.definition import Definition
from streams.core.kpi.breakdown import Breakdown, build_breakdown, named_values
from streams.core.kpi.snapshot import PartitionInfo, Partitions, Snapshot, build, build_accounting_only
from streams.core.kpi.values.value import Condition
from streams.core.totals import OVERALL, Accounting, Named, Totals, merge
from streams.publish.merge.alarm_merger import AlarmMerger
from streams.publish.merge.flow_merger import FlowMerger
from streams.publish.merge.partition_history import PartitionHistory, PartitionTotals, newest_common
from streams.publish.merge.sweep_merger import SweepMerger

PartitionStatus = Literal["ok", "recovering", "silent", "refused"]
"""Of a partition: live and heard; not live yet or never seen; live and not heard; of another definition."""

_PATIENCE_TICKS = 3
"""A tick between two parts, and two to wait for a straggler."""


class Merger:
    """Holds what the partitions said last, and makes the snapshot of it.

    Args:
        definition: what the numbers mean.
        partitions: how many there are.
        tick_ms: how often a live partition speaks.
        dimension_interval_ms: how often it speaks of dimension values.
        at_risk_limit: how many of the customers at risk to name at most.
    """

    def __init__(
        self,
        definition: Definition,
        partitions: int,
        *,
        tick_ms: int = 1_000,
        dimension_interval_ms: int = 5_000,
        at_risk_limit: int = 1_000,
    ) -> None:
        self._definition = definition
        self._hash = definition.counting_hash
        self._parts = [PartitionHistory() for _ in range(partitions)]
        self._patience_ms = _PATIENCE_TICKS * tick_ms
        self._dimensions_limit_ms = definition.freshness_limit_ms + dimension_interval_ms
        self._summed: list[Totals] = []
        self._broken_down: list[Totals] = []
        self._breakdown: Breakdown | None = None
        self._named: Named = {}
        self._sweeps = SweepMerger(definition, at_risk_limit)
        self._alarms = AlarmMerger(definition)
        self._flows = FlowMerger()
        self._snapshot: Snapshot | None = None
        self._complete = False
        self.refused = 0
        """Parts of another definition so far."""

    def offer(self, part: PartitionTotals) -> None:
        """Take what a partition says; any order, repetitions and delays are fine.

        Raises:
            ValueError: a partition number that there is not.
        """
        if not 0 <= part.partition < len(self._parts):
            raise ValueError(f"partition {part.partition} of {len(self._parts)}")
        if part.definition_hash == self._hash:
            self._parts[part.partition].offer(part)
        else:
            self._parts[part.partition].refuse(part)
            self.refused += 1

    def states(self, now_ms: int) -> dict[int, PartitionStatus]:
        """How each partition stands."""
        return {number: self._state(part, now_ms) for number, part in enumerate(self._parts)}

    def snapshot(self, now_ms: int) -> Snapshot | None:
        """The snapshot as of now; None before anything is known.

        Args:
            now_ms: the wall clock.
        """
        now_ms = max(now_ms, self._snapshot.computed_at_ms if self._snapshot else now_ms)
        live = all(part.live for part in self._parts)
        advanced = self._advanced(now_ms) if live else None
        self._snapshot = self._warned(advanced or self._restated(now_ms, live=live))
        return self._snapshot

    @property
    def sweeps_wait(self) -> bool:
        """Whether sweeps, or counts by slots, say something that is not merged yet."""
        newest = [part.newest for part in self._parts]
        self._sweeps.offer([None if part is None else part.swept for part in newest], self._named)
        series = [None if part is None else part.series for part in newest]
        self._alarms.offer(series, self._named)
        self._flows.offer(series)
        return self._sweeps.waits or self._alarms.waits or self._flows.waits

    def merge_sweeps(self) -> None:
        """Merge them for the snapshots to come; may run in another thread than the rest."""
        if self._sweeps.waits:
            self._sweeps.merge()
        if self._alarms.waits:
            self._alarms.merge()
        if self._flows.waits:
            self._flows.merge()

    def _warned(self, snapshot: Snapshot | None) -> Snapshot | None:
        """The snapshot with the customers at risk, the alarms and the flows as known now.

        While values are withheld there are no customers at risk, and alarms are stale.
        """
        if snapshot is None:
            return None
        whole = snapshot.condition == "ok"
        warning = self._sweeps.early_warning(snapshot.t_ms) if whole else None
        alarms = self._alarms.at(snapshot.t_ms, whole=whole)
        flows = self._flows.found
        same = snapshot.early_warning is warning and snapshot.alarms is alarms and snapshot.flows is flows
        if same:
            return snapshot
        return replace(snapshot, early_warning=warning, alarms=alarms, flows=flows)

    def _advanced(self, now_ms: int) -> Snapshot | None:
        """A snapshot of newer or corrected totals; None if there are none."""
        least = self._snapshot.t_ms if self._snapshot else -1
        parts = newest_common((part.overall for part in self._parts), least)
        if not parts:
            return None
        known = self._breakdown
        breakdown = self._broken()
        if _same(parts, self._summed) and breakdown is known:
            return None
        self._summed = parts
        self._complete = True
        return build(
            merge(parts),
            self._definition,
            computed_at_ms=now_ms,
            partitions=self._infos(now_ms),
            condition=self._condition(parts[0].t, now_ms),
            sweeps=self._sweeps.shares(parts[0].t),
            dimensions=self._shown(breakdown, parts[0].t, now_ms),
        )

    def _restated(self, now_ms: int, *, live: bool) -> Snapshot | None:
        """The last totals, judged anew."""
        infos = self._infos(now_ms)
        if self._snapshot is None or not self._complete:
            return self._accounting_only(now_ms, infos)
        condition = self._condition(self._snapshot.t_ms, now_ms) if live else "recovering"
        return self._snapshot.with_condition(condition, computed_at_ms=now_ms, partitions=infos)

    def _accounting_only(self, now_ms: int, infos: Partitions) -> Snapshot | None:
        newest = [part.newest.overall for part in self._parts if part.newest]
        if not newest:
            return None
        accounting = Accounting()
        for totals in newest:
            accounting.add(totals.accounting)
        t = min(max(totals.t for totals in newest), now_ms)
        return build_accounting_only(
            accounting, self._definition, t_ms=t, computed_at_ms=now_ms, partitions=infos
        )

    def _broken(self) -> Breakdown | None:
        """The newest breakdown that all partitions have; the one there is, if no newer."""
        least = self._breakdown.t_ms if self._breakdown else -1
        parts = newest_common((part.dimensions for part in self._parts), least)
        if not parts or _same(parts, self._broken_down):
            return self._breakdown
        at = parts[0].t
        whole = newest_common((part.overall for part in self._parts), at, most=at)
        if whole:  # the whole is the denominator of some: without it nothing can be said
            totals = _joined(merge(parts), merge(whole))
            self._named = named_values(totals.groups, self._definition)
            self._breakdown = build_breakdown(totals, self._definition, self._sweeps.shares(at))
            self._broken_down = parts
        return self._breakdown

    def _shown(self, breakdown: Breakdown | None, t: int, now_ms: int) -> Breakdown:
        """The breakdown as it may be shown now: withheld when it has become too old by itself."""
        if breakdown is None:
            return Breakdown(t)
        late = now_ms - breakdown.t_ms > self._dimensions_limit_ms
        return breakdown.under("stale") if late else breakdown

    def _condition(self, t: int, now_ms: int) -> Condition:
        return "stale" if now_ms - t > self._definition.freshness_limit_ms else "ok"

    def _infos(self, now_ms: int) -> Partitions:
        infos: dict[str, PartitionInfo] = {}
        for number, state in self.states(now_ms).items():
            newest = self._parts[number].newest
            infos[str(number)] = {"lag": newest.lag if newest else None, "state": state}
        return infos

    def _state(self, part: PartitionHistory, now_ms: int) -> PartitionStatus:
        if part.refused:
            return "refused"
        if part.newest is None or not part.newest.complete:
            return "recovering"
        heard_ms = now_ms - part.newest.received_at_ms
        old = now_ms - part.newest.t > self._definition.freshness_limit_ms
        return "silent" if old or heard_ms > self._patience_ms else "ok"


def _joined(dimensions: Totals, whole: Totals) -> Totals:
    """Both classes of groups of one t as one."""
    dimensions.newest = whole.newest
    dimensions.groups[OVERALL] = whole.groups.get(OVERALL, [])
    return dimensions


def _same(parts: list[Totals], others: list[Totals]) -> bool:
    """Whether two lists hold the very same totals."""
    return len(parts) == len(others) and all(a is b for a, b in zip(parts, others, strict=True))
