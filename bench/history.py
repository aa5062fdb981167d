"""What an event costs a customer who has had very many, and what is kept of each of theirs.

One customer buys or answers every twenty seconds; what is measured are the next events after so many: in
order, late by half the history, voids of purchases and answers in its middle, also after very many others.
"""

import gc
import sys
import time
from collections.abc import Iterator
from itertools import count

from bench import life
from bench.core import Core
from bench.figures import Figure
from bench.load import END_MS, Batch, Record
from bench.timing import cost
from streams.core.definition.definition import DAY_MS, SECOND_MS
from streams.core.events import Kind
from streams.engine.garbage import calm_collector
from streams.simulate import bodies

_GAP_MS = 20 * SECOND_MS
_MEASURED = 200
_BATCH = 5_000
_FLUSH_EVERY = 20_000
_WORDS = {
    "next": "purchase in order",
    "late": "late purchase",
    "void": "void of a purchase",
    "answer": "answer in order",
    "answer void": "void of an answer",
}
_OF_ANSWERS = ("answer", "answer void")
_IN_ORDER = ("next", "answer")
_WRITTEN = ("late", "void")
_VOIDS = 1_000
_SHORT, _LONG = 10, 100_000


def measure(*, quick: bool) -> Iterator[Figure]:
    """Microseconds an event after so many, and bytes an event."""
    rounds, lengths = (2, (_SHORT, 10_000)) if quick else (5, (_SHORT, 1_000, _LONG, 1_000_000))
    first: dict[str, float] = {}
    for length in lengths:
        buyer, answerer = Long("purchase", length), Long("survey", length)
        for what, words in _WORDS.items():
            one = answerer if what in _OF_ANSWERS else buyer
            if what in _WRITTEN:
                yield Figure(f"history: {words} after {length:,}, written", "bytes", one.written_for(what))
            found = cost(rounds, lambda one=one: one, lambda one, what=what: one.take(what))  # type: ignore[misc]
            yield Figure(f"history: {words} after {length:,}", "event", found.us, found.relative)
            if what in _IN_ORDER and length == _SHORT:
                first[what] = found.relative
            elif what in _IN_ORDER:
                yield against_the_first(words, length, found.relative / first[what])
        if length >= 10 * _VOIDS:
            for _ in range(_VOIDS // _MEASURED):
                buyer.take("void")
            words = f"void of a purchase after {length:,} and {_VOIDS:,} voids"
            yield Figure(f"history: {words}, written", "bytes", buyer.written_for("void"))
            found = cost(rounds, lambda one=buyer: one, lambda one: one.take("void"))  # type: ignore[misc]
            yield Figure(f"history: {words}", "event", found.us, found.relative)
        if length == lengths[-1]:
            yield Figure("history: each closed purchase with its id", "bytes", buyer.bytes_each())
            yield Figure("history: recovery, a million kept purchases", "s", buyer.recovery_s())
    yield from life.measure(quick=quick)


def against_the_first(words: str, length: int, times: float) -> Figure:
    """How dear an event is after so many, against one after ten."""
    return Figure(f"history: {words}, the {length:,}th against the {_SHORT}th", "ratio", times)


class Long:
    """One customer of so many events."""

    def __init__(self, kind: Kind, length: int) -> None:
        self.core = Core(_FLUSH_EVERY)
        self.core.kept = {}
        self.core.state.view(END_MS + DAY_MS)
        self._length = length
        self._numbers = count(length)
        begin = END_MS - length * _GAP_MS - 1
        signup = bodies.signup("s", "c", begin, {"plan": "pro"}, None, trial=False)
        self.core.run([Batch("signup", [Record(b"c", signup.encode(), begin)])])
        what = "answer" if kind == "survey" else "next"
        for first in range(0, length, _BATCH):
            numbers = range(first, min(first + _BATCH, length))
            self.core.run([Batch(kind, [self._record(what, n) for n in numbers])])
        self.core.flush()

    def take(self, what: str) -> int:
        """Take the next events of a kind; how many."""
        kind: Kind = "survey" if what == "answer" else "void" if "void" in what else "purchase"
        records = [self._record(what, next(self._numbers)) for _ in range(_MEASURED)]
        return self.core.run([Batch(kind, records)])

    def _record(self, what: str, n: int) -> Record:
        at = END_MS - (self._length - n) * _GAP_MS
        middle = self._length // 2
        if what == "answer":
            body = bodies.survey(f"a{n}", "c", at, kind="nps", score=n % 11, scale=10, touchpoint="checkout")
        elif what in {"void", "answer void"}:
            target = n - self._length + middle - 10 * _MEASURED
            own, source = ("p", "shop") if what == "void" else ("a", "pulse")
            body = bodies.void(f"v{n}", "c", at, f"{own}{target}", source)
        elif what == "late":
            body = bodies.purchase(f"l{n}", "c", at - (1 + middle) * _GAP_MS + 1, 990, "USD")
        else:
            body = bodies.purchase(f"p{n}", "c", at, 990, "USD")
        return Record(b"c", body.encode(), at)

    def written_for(self, what: str) -> float:
        """Bytes written at the tick after one event of a kind, at the most of some."""
        self.core.flush()
        return max(self._written_for_one(what) for _ in range(_SHORT))

    def _written_for_one(self, what: str) -> int:
        kind: Kind = "void" if what == "void" else "purchase"
        self.core.run([Batch(kind, [self._record(what, next(self._numbers))])])
        return sum(len(key) + len(value or b"") for key, value in self.core.state.drain())

    def recovery_s(self) -> float:
        """Seconds of processor time that the recovery of a million of these purchases takes."""
        self.core.flush()
        kept, state, header = self.core.kept or {}, Core().state, self.core.state.header()
        calm_collector()
        begun = time.process_time()
        for key, value in kept.items():
            state.restore(key, value)
        state.restored(header)
        taken = time.process_time() - begun
        gc.unfreeze()
        return taken * 1e6 / self._length

    def bytes_each(self) -> float:
        """Bytes of memory that a closed purchase takes, with its part of the index."""
        (history,) = self.core.state._customers.long.values()  # noqa: SLF001 - no one else knows
        kept = [chunk for chunk in history.purchases.chunks if not chunk.settled]
        chunks = sum(map(sys.getsizeof, (x for c in kept for x in (c, c.packed, c.last, c.last_ms))))
        buckets = history.index._buckets  # noqa: SLF001
        index = sum(sys.getsizeof(bucket) + 8 for bucket in buckets) + 100 * len(kept)
        return (chunks + index) / sum(len(chunk.packed) for chunk in kept) * 32
