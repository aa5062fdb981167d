"""The core by itself, without Kafka and Faust: decoding, the state of a partition, recovery."""

from collections.abc import Iterator, Sequence

from bench.figures import Figure, Unit
from bench.load import END_MS, PATHS, Batch, mix, of_path
from bench.timing import Cost, cost
from streams.core.decode import Decoder
from streams.core.definition import HOUR_MS, Definition
from streams.core.identity import Identity
from streams.core.partition import PartitionState

_FLUSH_EVERY = 100_000
"""Events between two flushes: what a worker that catches up applies in a tick."""
_SECOND_MS = 1_000

Changelog = list[tuple[bytes, bytes | None]]


class Core:
    """A state that is driven as a worker drives it while it catches up."""

    def __init__(self) -> None:
        self.state = PartitionState(Definition(), Identity(b"bench"))
        self._unflushed = 0

    def run(self, batches: Sequence[Batch], view_ms: int = END_MS) -> int:
        """Apply batches, flushing now and then; returns how many records they had."""
        state, done = self.state, 0
        for kind, records in batches:
            state.view(view_ms)
            state.advance(records[-1].timestamp)
            state.apply(kind, records)
            done += len(records)
            self._unflushed += len(records)
            if self._unflushed >= _FLUSH_EVERY:
                self.flush()
        return done

    def flush(self) -> Changelog:
        """What a worker writes at a tick."""
        self._unflushed = 0
        self.state.accounting_only()
        changed = self.state.drain()
        self.state.header()
        return changed


def measure(*, quick: bool) -> Iterator[Figure]:
    """Decoding, events on the whole, and each kind and path by itself."""
    rounds, n = (3, 60_000) if quick else (5, 240_000)
    for name, purchases_only in (("purchases", True), ("mix", False)):
        batches = list(mix(n, purchases_only=purchases_only))
        yield _figure(f"decode: {name}", "event", _decoding(rounds, batches))
        yield _figure(f"core: {name}", "event", _applying(rounds, batches))
    for path in PATHS:
        yield _figure(f"core: {path}", "event", _path(rounds, path, 2_000 if quick else 10_000))


def measure_recovery(*, quick: bool) -> Iterator[Figure]:
    """A state built from what the changelog holds."""
    rounds, n = (3, 60_000) if quick else (5, 240_000)
    core = Core()
    core.run(list(mix(n)))
    core.state.advance(END_MS)
    kept = dict(core.flush())
    core = Core()
    core.run(list(mix(n)))
    kept = dict(_everything(core))
    customers = sum(key[:1] == b"C" for key in kept)
    header = core.state.header()

    def restore(state: PartitionState) -> int:
        for key, value in kept.items():
            state.restore(key, value)
        state.restored(header)
        return customers

    found = cost(rounds, lambda: PartitionState(Definition(), Identity(b"bench")), restore)
    yield _figure("core: recovery", "customer", found)


def _figure(name: str, unit: Unit, found: Cost) -> Figure:
    return Figure(name, unit, found.us, found.relative)
