"""The demo's self-check: everything applied, everything read at one t, everything recounted, all equal."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from streams.core.definition.definition import Definition
from streams.core.kpi.snapshot import Snapshot
from streams.demo.compare import Comparison, Mismatch, compare
from streams.demo.observe import Observed, Observer
from streams.replay.recount import replay

_SETTLE_S = 180.0
_AGREE_S = 60.0


class Report(msgspec.Struct, frozen=True):
    """What the check found; times in seconds."""

    ok: bool
    t: int
    """Evaluation time that was compared (ms)."""
    compared: int
    different: int
    mismatches: list[Mismatch]
    """The first of them."""
    sent: int
    """Records sent, malformed and repeated ones included."""
    history: int
    """So many of them were history."""
    accounting: dict[str, object]
    kafka: str
    timings: dict[str, float]


class Stopwatch:
    """Names how long each step took."""

    def __init__(self) -> None:
        self.timings: dict[str, float] = {}
        self._since = time.monotonic()

    def lap(self, name: str) -> None:
        """The step that ends now."""
        now = time.monotonic()
        self.timings[f"{name}_s"] = round(now - self._since, 2)
        self._since = now


async def check(
    observer: Observer, journal: Path, sent: int, definition: Definition, watch: Stopwatch
) -> tuple[Snapshot, Comparison]:
    """Wait until everything sent is applied, then compare; the recount and what the comparison found.

    Raises:
        ObservationError: it is never all applied, or never shown at one t.
    """
    settled_ms = await observer.settled(sent, within=_SETTLE_S)
    watch.lap("settle")
    observed = await observer.observe(settled_ms, within=_AGREE_S)
    watch.lap("observe")
    recounted = await asyncio.to_thread(recount, journal, observed, definition)
    watch.lap("recount")
    return recounted, compare(observed, recounted, definition)


def recount(journal: Path, observed: Observed, definition: Definition) -> Snapshot:
    """What should be published at the instants that were observed, from the journal alone."""
    as_of = [observed.t_ms, observed.dimensions_t_ms]
    snapshots = {s.t_ms: s for s in replay(_lines(journal), definition=definition, as_of=as_of)}
    dimensions = snapshots[observed.dimensions_t_ms].dimensions
    return replace(snapshots[observed.t_ms], dimensions=dimensions)


def _lines(journal: Path) -> Iterator[bytes]:
    with journal.open("rb") as lines:
        yield from lines
