"""What a signup or a cancellation costs a customer who has had very many.

One leaves and returns every twenty seconds, another signs up again and again with the same profile, a third
cancels although gone; what is measured are the next events, all in order.
"""

from collections.abc import Iterator
from itertools import count

from bench.core import Core
from bench.figures import Figure
from bench.load import END_MS, Batch, Record
from bench.timing import cost
from streams.core.definition.definition import DAY_MS, SECOND_MS
from streams.core.events import Kind
from streams.simulate import bodies

_GAP_MS = 20 * SECOND_MS
_MEASURED = 200
_FLUSH_EVERY = 20_000
_WORDS = {
    "turn": "leaving or returning",
    "signup": "signup, the same profile",
    "cancellation": "cancellation of one who is gone",
}


def measure(*, quick: bool) -> Iterator[Figure]:
    """Microseconds an event after so many."""
    rounds, lengths = (2, (10, 1_000)) if quick else (5, (10, 100, 1_000, 10_000, 100_000))
    first: dict[str, float] = {}
    for length in lengths:
        for what, words in _WORDS.items():
            one = _Restless(what, length)
            found = cost(rounds, lambda one=one: one, lambda one: one.take())  # type: ignore[misc]
            yield Figure(f"history: {words} after {length:,}", "event", found.us, found.relative)
            if length == lengths[0]:
                first[what] = found.relative
            else:
                times = found.relative / first[what]
                yield Figure(f"history: {words}, the {length:,}th against the {lengths[0]}th", "ratio", times)


class _Restless:
    """One customer of so many events."""

    def __init__(self, what: str, length: int) -> None:
        self._core = Core(_FLUSH_EVERY)
        self._core.state.view(END_MS + DAY_MS)
        self._what = what
        self._length = length
        self._numbers = count()
        for _ in range(length):
            self._core.run([self._next()])
        self._core.flush()

    def take(self) -> int:
        """Take the next events; how many."""
        return self._core.run([self._next() for _ in range(_MEASURED)])

    def _next(self) -> Batch:
        n = next(self._numbers)
        at = END_MS - (self._length - n) * _GAP_MS
        leaves = n > 0 and (self._what == "cancellation" or (self._what == "turn" and n % 2 == 1))
        kind: Kind = "cancellation" if leaves else "signup"
        if leaves:
            body = bodies.cancellation(
                f"c{n}", "c", at, effective_at=None, reason="price", churn_type="voluntary"
            )
        else:
            body = bodies.signup(f"s{n}", "c", at, {"plan": "pro"}, None, trial=False)
        return Batch(kind, [Record(b"c", body.encode(), at)])
