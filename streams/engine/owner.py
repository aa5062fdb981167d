"""What Faust's side asks of whoever owns the partitions that are assigned to this process.

Faust decides who reads what; an owner decides where to read on, and what is written about what was read.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from faust.types import TP

from streams.engine.kafka.fetch import Batch


class Seeker(Protocol):
    """What an owner asks of the consumer."""

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Read on from these offsets."""


class Owner(Protocol):
    """Owns the partitions that the group assigns to this process, and takes what is fetched of them."""

    @property
    def ready(self) -> bool:
        """Whether every assigned partition is recovered and may be fed."""

    @property
    def waiting_for(self) -> str | None:
        """Why the process is not ready; None when it is."""

    def on_assigned(self, assigned: Iterable[TP], generation: int) -> None:
        """Take note of an assignment and start acquiring; returns at once."""

    async def wait_recovered(self, *args: object, **kwargs: object) -> None:
        """Return when all partitions are acquired, or the assignment is outdated."""

    async def on_revoked(self) -> None:
        """Write out what is in memory before partitions move."""

    async def close(self) -> None:
        """Write out what is in memory, give everything up and take nothing any more."""

    def handle(self, place: TP, batch: Batch, seeker: Seeker) -> None:
        """Take a batch, or refuse it."""

    def seen_ends(self, ends: Mapping[TP, int]) -> None:
        """Take note of the ends of the logs."""

    def holds(self, place: TP) -> bool:
        """Whether fetching should pause there."""

    def next_offsets(self) -> dict[TP, int]:
        """Where to read on."""

    def durable_offsets(self) -> dict[TP, int]:
        """What to tell the group in the background, for tools that show its lag; empty: nothing."""
