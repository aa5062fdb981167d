"""What every sink of snapshots is: Prometheus, Redis, HTTP.

Rules: a sink is given every snapshot and cares only for the newest; `publish` returns at once and outages are
the sink's own affair (it retries with the then newest snapshot). A sink shows one snapshot whole or not at
all, and a value that is null in the snapshot is shown by no sink.

Never: a sink computes no figure, and keeps no value that the newest snapshot does not have.
"""

from typing import Protocol

from streams.core.kpi.snapshot import Snapshot


class Sink(Protocol):
    """Shows the newest snapshot to somebody."""

    async def start(self) -> None:
        """Begin to show; called once, before the first `publish`."""

    def publish(self, snapshot: Snapshot) -> None:
        """Take the newest snapshot; never waits, never raises for trouble outside."""

    async def stop(self) -> None:
        """Stop showing and give back what was opened; called once, within a few seconds."""
