"""What the watchdog of ``kpi ingest`` looks for beside the base's: records wait, and none is written."""

from faust.types import TP

from streams.engine.exits import ExitCode
from streams.engine.ownership.base_watchdog import BaseWatchdog
from streams.foreign.partition import ForeignPartition


class ForeignWatchdog(BaseWatchdog[TP, ForeignPartition]):
    """Watches the foreign partitions of this process."""

    def look_at(self, key: TP, partition: ForeignPartition, now: float) -> None:
        """Check one partition; one that waits for somebody else is not to blame."""
        idle = not partition.lag or not (self._assignment.ready and partition.valid) or partition.patient
        stood = self.stood(key, partition.durable, now, idle=idle)
        if stood > self._stuck:
            self._fatal(
                ExitCode.NO_PROGRESS,
                f"{partition}: {partition.lag} records wait, none written for {stood:.0f} s",
            )
