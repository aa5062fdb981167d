"""The foreign partitions that this process owns, and what it does with them.

How they are taken and given back is as with a worker's (engine/ownership/base_assignment.py).
"""

import asyncio
from collections.abc import Iterable, Mapping
from time import monotonic

from faust.types import TP

from streams.engine.exits import OnFatal
from streams.engine.kafka.fetch import Batch
from streams.engine.ownership.base_assignment import BaseAssignment
from streams.engine.ownership.stats import Sample
from streams.engine.ownership.task import Admission
from streams.foreign.partition import Context, ForeignPartition

_CONCURRENT_STARTS = 8


class ForeignAssignment(BaseAssignment[TP, ForeignPartition]):
    """Owned foreign partitions and their assignment.

    Args:
        context: what partitions share.
        on_fatal: ends the process.
    """

    acquiring = "taking it over"
    writing = "writing its events"

    def __init__(self, context: Context, on_fatal: OnFatal) -> None:
        super().__init__(context.client, context.stats.stage, on_fatal, _CONCURRENT_STARTS)
        self._context = context

    def key(self, place: TP) -> TP:
        """Each is kept by itself."""
        return place

    def wanted(self, assigned: Iterable[TP]) -> set[TP]:
        """All that is assigned."""
        return set(assigned)

    def new(self, key: TP) -> ForeignPartition:
        """A partition, not acquired yet."""
        return ForeignPartition(key, self._context)

    def resume(self, partition: ForeignPartition) -> None:
        """Have it convert and write."""
        if partition.working is None or partition.working.done():
            partition.working = asyncio.create_task(self._work(partition))

    async def _work(self, partition: ForeignPartition) -> None:
        try:
            await partition.run()
        except Exception as error:  # noqa: BLE001 - nothing may be written any more, whatever it was
            self.failed(partition.place, partition, error)

    def take(self, partition: ForeignPartition, _place: TP, batch: Batch) -> Admission:
        """Let a batch wait, or refuse it."""
        return partition.take(batch)

    def received(self, partition: ForeignPartition, _place: TP) -> int:
        """Where it is to be read on."""
        return partition.received

    def seen_ends(self, ends: Mapping[TP, int]) -> None:
        """Take note of the ends of the logs."""
        for place, end in ends.items():
            partition = self.partitions.get(place)
            if partition is not None:
                partition.end = end

    # -- what others ask ------------------------------------------------------------------------------

    def holds(self, place: TP) -> bool:
        """Whether fetching should pause there."""
        partition = self.partitions.get(place)
        return partition is not None and partition.full

    def next_offsets(self) -> dict[TP, int]:
        """Where to read on, for every acquired partition."""
        return {place: partition.received for place, partition in self.partitions.items() if partition.valid}

    def durable_offsets(self) -> dict[TP, int]:
        """Nothing: the transactions tell the group."""
        return {}

    @property
    def waiting_for(self) -> str | None:
        """Why the process is not ready, for the readiness probe; None when it is."""
        if not self.ready:
            return "waiting for an assignment" if self.generation < 0 else "taking partitions over"
        schemas = self._context.schemas
        return None if schemas is None else schemas.trouble

    def samples(self) -> list[Sample]:
        """Metrics of this process."""
        samples = self._context.stats.samples()
        samples.append(("kpi_streams_partitions_owned", {}, len(self.partitions)))
        if self._context.schemas is not None:
            samples.append(("kpi_streams_ingest_registry_up", {}, int(self._context.schemas.trouble is None)))
        now = monotonic()
        for place, partition in sorted(self.partitions.items()):
            labels = {"topic": place.topic, "partition": str(place.partition)}
            samples.append(("kpi_streams_ingest_lag", labels, partition.lag))
            age = now - partition.committed_at if partition.lag else 0.0
            samples.append(("kpi_streams_ingest_waiting_seconds", labels, age))
        return samples
