"""The records that are measured with: the bench mix, and each kind of event by itself.

Everything is seeded and dated up to one fixed instant, so that every run does the same work.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random
from typing import NamedTuple

from streams.core.definition.definition import HOUR_MS, MINUTE_MS
from streams.core.events import KINDS, Kind
from streams.simulate import SimRecord, bench_mix, bodies, market, topic_of

END_MS = 1_776_211_200_000
CUSTOMERS = 20_000
KNOWN = 5_000
"""Customers there are before a path is measured, each with three events."""
BATCH = 5_000
"""Records of a fetch: what a worker polls at once."""
KIND_OF: dict[str, Kind] = {topic_of(kind): kind for kind in KINDS}


class Record(NamedTuple):
    """A record as the core takes it."""

    key: bytes | None
    value: bytes
    timestamp: int


class Batch(NamedTuple):
    """Records of one kind in their order."""

    kind: Kind
    records: list[Record]


def mix(n: int, *, purchases_only: bool = False) -> Iterator[Batch]:
    """The bench mix, as a worker that catches up would apply it: aligned by time, kind by kind."""
    records = bench_mix(n, customers=CUSTOMERS, end_ms=END_MS, purchases_only=purchases_only)
    for chunk in chunked(records):
        yield from by_kind(chunk)


def chunked(records: Iterator[SimRecord]) -> Iterator[list[SimRecord]]:
    """Records as fetches bring them."""
    while chunk := list(islice(records, BATCH)):
        yield chunk


def by_kind(chunk: Sequence[SimRecord]) -> list[Batch]:
    """Records that arrived together, kind by kind."""
    sorted_out: dict[Kind, list[Record]] = {kind: [] for kind in KINDS}
    for record in chunk:
        sorted_out[KIND_OF[record.topic]].append(Record(record.key, record.value, record.timestamp_ms))
    return [Batch(kind, records) for kind, records in sorted_out.items() if records]


PATHS = (
    "in-order purchase",
    "in-order purchase, record at rest",
    "late purchase",
    "repeated purchase",
    "survey",
    "first signup",
    "signup of an active customer",
    "void of a purchase",
    "cancellation",
    "malformed",
)
"""Each kind of event and way through the core, in the order in which they are measured."""

_VALUES = {
    "plan": market.PLANS.values,
    "segment": market.SEGMENTS.values,
    "channel": market.CHANNELS.values,
    "region": market.REGIONS.values,
}
_ATTRIBUTES = {"plan": "pro", "segment": "smb", "channel": "search", "region": "emea"}


def three_events(customers: int, end_ms: int = END_MS) -> Iterator[Batch]:
    """A signup and two purchases of each customer, within the day up to ``end_ms``; 240 profiles."""
    kinds: tuple[Kind, ...] = ("signup", "purchase", "purchase")
    for event, kind in enumerate(kinds):
        begin = end_ms - (24 - 8 * event) * HOUR_MS
        for first in range(0, customers, BATCH):
            numbers = range(first, min(first + BATCH, customers))
            times = [begin + number * 8 * HOUR_MS // customers for number in numbers]
            yield Batch(
                kind, [_of_three(event, number, at) for number, at in zip(numbers, times, strict=True)]
            )


def _of_three(event: int, number: int, at: int) -> Record:
    name = f"c{number:07d}"
    if event:
        body = bodies.purchase(f"p{event}-{number}", name, at, 990 + number % 5_000, "USD")
    else:
        attributes, rest = {}, number
        for key, values in _VALUES.items():
            rest, place = divmod(rest, len(values))
            attributes[key] = values[place]
        body = bodies.signup(f"s{number}", name, at, attributes, 2_500, trial=False)
    return Record(name.encode(), body.encode(), at)


def of_path(path: str, n: int, start_ms: int) -> list[Batch]:
    """``n`` records that take one way, in the minute from ``start_ms``, of `three_events`' customers."""
    if path == "repeated purchase":
        return of_path("in-order purchase", n, END_MS)
    if path == "in-order purchase, record at rest":
        return of_path("in-order purchase", n, start_ms)
    names = _names("in-order purchase" if path.startswith("void") else path, n)
    made = [_record(path, i, name, start_ms + i * MINUTE_MS // n) for i, name in enumerate(names)]
    return [Batch(made[0].kind, [one.record for one in made[at : at + BATCH]]) for at in range(0, n, BATCH)]


class _Made(NamedTuple):
    kind: Kind
    record: Record


def _names(path: str, n: int) -> list[str]:
    """Customers by chance; cancellations are of a different one each."""
    rng = Random(path)  # noqa: S311 - a simulation, not a secret
    if path == "cancellation":
        return [f"c{number:07d}" for number in rng.sample(range(KNOWN), n)]
    return [f"c{rng.randrange(KNOWN):07d}" for _ in range(n)]


def _record(path: str, i: int, name: str, at: int) -> _Made:
    kind: Kind = "purchase"
    match path:
        case "in-order purchase":
            body = bodies.purchase(f"o{i}", name, at, 990, "USD")
        case "late purchase":
            body = bodies.purchase(f"l{i}", name, at - HOUR_MS - i * HOUR_MS // KNOWN, 990, "USD")
        case "survey":
            kind = "survey"
            body = bodies.survey(f"v{i}", name, at, kind="nps", score=i % 11, scale=10, touchpoint="checkout")
        case "first signup" | "signup of an active customer":
            kind, name = "signup", f"n{i}" if path == "first signup" else name
            body = bodies.signup(f"{path[0]}{name}{i}", name, at, _ATTRIBUTES, 2_500, trial=False)
        case "void of a purchase":
            kind = "void"
            body = bodies.void(f"w{i}", name, at, f"o{i}", "shop")
        case "cancellation":
            kind = "cancellation"
            body = bodies.cancellation(
                f"c{i}", name, at, effective_at=None, reason="price", churn_type="voluntary"
            )
        case _:
            body = f'{{"event_id":"{i}","customer'
    return _Made(kind, Record(name.encode(), body.encode(), at))
