"""What an event costs a customer who has had very many, and what is kept of each of theirs.

One customer buys or answers every twenty seconds; what is measured are the next events after so many: in
order, late by half the history, and voids of purchases in its middle.
"""

import sys
from collections.abc import Iterator

from bench.core import Core
from bench.figures import Figure
from bench.load import END_MS, Batch, Record
from bench.timing import Cost, cost
from streams.core.definition.definition import SECOND_MS
from streams.core.events import Kind
from streams.simulate import bodies

_GAP_MS = 20 * SECOND_MS
_MEASURED = 200
_BATCH = 5_000
_KEPT_EVERY = 20_000


def measure(*, quick: bool) -> Iterator[Figure]:
    """Microseconds an event after so many, and bytes an event."""
    rounds, lengths = (2, (10, 10_000)) if quick else (3, (10, 1_000, 100_000, 1_000_000))
    for length in lengths:
        for name, kind in (("purchase in order", "next"), ("late purchase", "late"), ("void", "void")):
            found = _after(rounds, length, kind)
            yield Figure(f"history: {name} after {length:,}", "event", found.us, found.relative)
        found = _after(rounds, length, "answer")
        yield Figure(f"history: answer in order after {length:,}", "event", found.us, found.relative)
    yield Figure("history: kept of each closed purchase", "bytes", _bytes(lengths[-1]))


def _after(rounds: int, length: int, what: str) -> Cost:
    kind: Kind = "survey" if what == "answer" else "purchase"

    def run(core: Core) -> int:
        return core.run(_events(what, length, length + _MEASURED, length))

    return cost(rounds, lambda: _long(kind, length), run)


def _long(kind: Kind, length: int) -> Core:
    core = Core(_KEPT_EVERY)
    core.state.view(END_MS + _MEASURED * _GAP_MS)
    begin = END_MS - length * _GAP_MS - 1
    signup = bodies.signup("s", "c", begin, {"plan": "pro"}, None, trial=False)
    core.run([Batch("signup", [Record(b"c", signup.encode(), begin)])])
    core.run(_events("answer" if kind == "survey" else "next", 0, length, length))
    core.flush()
    return core


def _events(what: str, first: int, end: int, length: int) -> Iterator[Batch]:
    kind: Kind = "survey" if what == "answer" else "void" if what == "void" else "purchase"
    for begin in range(first, end, _BATCH):
        numbers = range(begin, min(begin + _BATCH, end))
        yield Batch(kind, [_record(what, n, length) for n in numbers])


def _record(what: str, n: int, length: int) -> Record:
    at = END_MS - (length - n) * _GAP_MS
    if what == "answer":
        body = bodies.survey(f"a{n}", "c", at, kind="nps", score=n % 11, scale=10, touchpoint="checkout")
    elif what == "void":
        body = bodies.void(f"v{n}", "c", at, f"p{n - length // 2 - _MEASURED}", "shop")
    else:
        when = at - length // 2 * _GAP_MS + 1 if what == "late" else at
        body = bodies.purchase(f"{what[0] if what == 'late' else 'p'}{n}", "c", when, 990, "USD")
    return Record(b"c", body.encode(), at)


def _bytes(length: int) -> float:
    """Bytes of memory that closed purchases and their index take."""
    (history,) = _long("purchase", length).state._customers.long.values()  # noqa: SLF001 - no one else knows
    chunks = sum(map(sys.getsizeof, (x for c in history.purchases for x in (c, c.packed, c.last, c.last_ms))))
    index = sum(sys.getsizeof(bucket) + 8 for bucket in history.index._buckets)  # noqa: SLF001
    places = sys.getsizeof(history._chunks) + 64 * len(history._chunks)  # noqa: SLF001
    return (chunks + index + places) / sum(len(chunk.data) for chunk in history.purchases) * 32
