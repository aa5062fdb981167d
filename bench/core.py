"""The core by itself, without Kafka and Faust: decoding, the state of a partition, recovery.

Run as a program, it measures the core that it finds (a compiled one, where that is first on the path) and
prints a figure a line, as JSON.
"""

import sys
from collections.abc import Iterable, Iterator

import msgspec

from bench.figures import Figure, Unit
from bench.load import END_MS, KNOWN, PATHS, Batch, mix, of_path, three_events
from bench.timing import Cost, cost
from streams.core.customer.identity import Identity
from streams.core.decoding.decoder import Decoder
from streams.core.definition.definition import HOUR_MS, Definition
from streams.core.partition.state import PartitionState

NEEDS_PURCHASES = ("repeated purchase", "void of a purchase")
"""Paths that meet the purchases of the first one."""
_FLUSH_EVERY = 100_000
"""Events between two flushes: what a worker that catches up applies in a tick."""


class Core:
    """A state that is driven as a worker drives it while it catches up.

    Args:
        flush_every: events between two flushes.
    """

    def __init__(self, flush_every: int = _FLUSH_EVERY) -> None:
        self._flush_every = flush_every
        self.state = PartitionState(Definition(), Identity(b"bench"))
        self.kept: dict[bytes, bytes | None] | None = None
        """What the changelog holds, where somebody wants it."""
        self._unflushed = 0

    def run(self, batches: Iterable[Batch]) -> int:
        """Apply batches, flushing now and then; returns how many records they had."""
        state, done = self.state, 0
        for kind, records in batches:
            state.view(END_MS)
            state.advance(records[-1].timestamp)
            state.apply(kind, records)
            done += len(records)
            self._unflushed += len(records)
            if self._unflushed >= self._flush_every:
                self.flush()
        return done

    def flush(self) -> None:
        """What a worker does at a tick."""
        self._unflushed = 0
        self.state.accounting_only()
        self.state.header()
        changed = self.state.drain()
        if self.kept is not None:
            self.kept.update(changed)


def measure(*, quick: bool) -> Iterator[Figure]:
    """Decoding, events on the whole, each kind and path by itself, and recovery."""
    rounds, n, customers = (2, 30_000, 5_000) if quick else (5, 150_000, 30_000)
    for name, purchases_only in (("purchases", True), ("mix", False)):
        batches = list(mix(n, purchases_only=purchases_only))
        yield _figure(f"decode: {name}", "event", _decoding(rounds, batches))
        yield _figure(f"core: {name}", "event", _applying(rounds, batches))
    known = list(three_events(KNOWN))
    for path in PATHS:
        yield _figure(f"core: {path}", "event", _path(rounds, known, path, KNOWN))
    yield _figure("core: recovery", "customer", _recovery(rounds, customers))


def _figure(name: str, unit: Unit, found: Cost) -> Figure:
    return Figure(name, unit, found.us, found.relative)


def _decoding(rounds: int, batches: list[Batch]) -> Cost:
    def decode(decoder: Decoder) -> int:
        return sum(len(decoder.batch(kind, records)) for kind, records in batches)

    return cost(rounds, lambda: Decoder(Definition()), decode)


def _applying(rounds: int, batches: list[Batch]) -> Cost:
    """The last four fifths of the records: before, customers are new and dictionaries grow."""
    begin = len(batches) // 5

    def warm() -> Core:
        core = Core()
        core.run(batches[:begin])
        return core

    return cost(rounds, warm, lambda core: core.run(batches[begin:]))


def _path(rounds: int, known: list[Batch], path: str, n: int) -> Cost:
    """Records of one kind and way, to active customers that were touched since the last flush.

    ``at rest``: all were flushed before and are again, so a record is unpacked, changed and packed.
    """
    at_rest = path.endswith("at rest")

    def warm() -> Core:
        core = Core()
        core.run(known)
        if path in NEEDS_PURCHASES:
            core.run(of_path("in-order purchase", n, END_MS))
        if at_rest:
            core.flush()
        return core

    batches = of_path(path, n, END_MS + HOUR_MS)

    def run(core: Core) -> int:
        done = core.run(batches)
        if at_rest:
            core.flush()
        return done

    return cost(rounds, warm, run)


def _recovery(rounds: int, customers: int) -> Cost:
    core = Core()
    core.kept = {}
    core.run(three_events(customers))
    core.flush()
    kept, header = core.kept, core.state.header()

    def restore(state: PartitionState) -> int:
        for key, value in kept.items():
            state.restore(key, value)
        state.restored(header)
        return customers

    return cost(rounds, lambda: Core().state, restore)


if __name__ == "__main__":
    for found in measure(quick="--quick" in sys.argv):
        print(msgspec.json.encode(found).decode(), flush=True)
