"""Holds everything that was kept and published against a recount of what the source topics hold.

The recount is ``streams.replay.recount`` (for what is published) and its state, partition by partition
(for totals, customers and accounting). It reads the source logs and asks no worker for anything.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from itertools import zip_longest

from streams.core.customer.entries import purchases_of
from streams.core.customer.identity import Identity
from streams.core.customer.record import Customer
from streams.core.definition.definition import Definition
from streams.core.kpi.snapshot import Snapshot
from streams.core.partition.journal import Journal
from streams.core.partition.state import PartitionState
from streams.core.partition.store.customers import is_anonymous
from streams.core.totals import OVERALL, Accounting, Totals, Vector
from streams.demo.compare import compare
from streams.demo.observe import Observer
from streams.replay.recount import replay
from streams.settings import Settings
from streams.simulate import SimRecord, to_line, topic_of
from tests.chaos.logs import Held, by_kind, read
from tests.support.eventually import patient

Portrait = tuple[object, ...]
_MOVING = {"late_beyond_retention", "lateness", "corrected"}
"""Of the accounting: these depend on when a record was applied, so they have no one right value."""
_OBSERVE_S = 40.0
_PLACES = 4


def mismatches(held: Held, definition: Definition, secret: bytes) -> list[str]:
    """Wherever one partition's totals, customers or accounting differ from the recount."""
    told, marker = held.told, held.marker
    if told is None or told.dimensions is None or marker is None or not told.header.live:
        return [f"partition {held.number}: no live totals, or no marker"]
    recount = PartitionState(definition, Identity(secret), journal=Journal())
    for kind, records in by_kind(held.sources):
        recount.apply(kind, records)
    found: list[str] = []
    found += _differences("dimensions", _at(recount, told.dimensions.t), told.dimensions)
    found += _differences("overall", _whole(_at(recount, told.overall.t)), told.overall)
    found += _accounting(_at(recount, told.overall.t).accounting, told.overall.accounting)
    kept = PartitionState(definition, Identity(secret))
    for key, value in held.changelog:
        kept.restore(key, value)
    kept.restored(marker.header)
    t = max(kept.clock, recount.clock)
    found += _differences("changelog", _at(recount, t), _at(kept, t))
    found += _accounting(_at(recount, t).accounting, _at(kept, t).accounting)
    found += _customers(recount, kept)
    if marker.offsets != held.ends:
        found.append(f"offsets {marker.offsets}, the logs end at {held.ends}")
    return [f"partition {held.number}: {line}" for line in found]


def _at(state: PartitionState, t: int) -> Totals:
    state.advance(t)
    return state.totals()


def _whole(totals: Totals) -> Totals:
    return replace(totals, groups={OVERALL: totals.groups[OVERALL]})


def _differences(name: str, expected: Totals, found: Totals) -> Iterator[str]:
    """Vectors that differ; a group without anything is no group."""
    if expected.t != found.t:
        yield f"{name}: t {found.t}, recounted {expected.t}"
    for group in expected.groups.keys() | found.groups.keys():
        if name == "dimensions" and group == OVERALL:
            continue
        mine, theirs = found.groups.get(group), expected.groups.get(group)
        if any(mine or ()) != any(theirs or ()) or (any(mine or ()) and mine != theirs):
            yield f"{name} {group}: {_unequal(mine or [], theirs or [])}"


def _unequal(mine: Vector, theirs: Vector) -> str:
    """The first numbers that differ, by their place in the vector."""
    pairs = enumerate(zip_longest(mine, theirs, fillvalue=0))
    lines = [f"[{place}] {one}, recounted {other}" for place, (one, other) in pairs if one != other]
    return "; ".join(lines[:_PLACES])


def _accounting(expected: Accounting, found: Accounting) -> Iterator[str]:
    if not found.balanced:
        yield "accounting does not balance"
    for item in fields(Accounting):
        if item.name in _MOVING:
            continue
        mine, theirs = getattr(found, item.name), getattr(expected, item.name)
        if _without_zeros(mine) != _without_zeros(theirs):
            yield f"accounting {item.name}: {mine}, recounted {theirs}"


def _without_zeros(value: object) -> object:
    return {key: n for key, n in value.items() if n} if isinstance(value, Mapping) else value


def _customers(expected: PartitionState, found: PartitionState) -> Iterator[str]:
    mine, my_anonymous = _portraits(found)
    theirs, their_anonymous = _portraits(expected)
    wrong = sum(mine.get(key) != theirs.get(key) for key in mine.keys() | theirs.keys())
    if wrong:
        yield f"{wrong} of {len(theirs)} customers differ"
    if my_anonymous != their_anonymous:
        yield f"anonymous persons: {my_anonymous.total()}, recounted {their_anonymous.total()}, or others"
    if found._intake.markers != expected._intake.markers:
        yield "erase markers differ"


def _portraits(state: PartitionState) -> tuple[dict[bytes, Portrait], Counter[Portrait]]:
    """The customers, and those who have no name any more, without what depends on the order of arrival."""
    state.drain()
    named: dict[bytes, Portrait] = {}
    anonymous: Counter[Portrait] = Counter()
    table = state._groups.table
    for key in state._customers.cold:
        one = state._customers.read(key)
        assert one is not None
        portrait = _portrait(one, table)
        if is_anonymous(key):
            anonymous[portrait] += 1
        else:
            named[key] = portrait
    return named, anonymous


def _portrait(one: Customer, table: list[tuple[str, ...]]) -> Portrait:
    body = one.body
    return (
        (one.engaged, one.first, one.last, one.second, one.since, one.orders, one.state),
        table[one.profile],
        tuple(sorted((e.at_ms, e.event_id, e.source, *table[e.profile], e.trial) for e in body.signups)),
        tuple(sorted((e.at_ms, e.event_id, e.effect_ms, *table[e.reason]) for e in body.cancellations)),
        tuple(sorted((e.at_ms, e.event_id, e.form, e.score, *table[e.touchpoint]) for e in one.answered)),
        tuple(sorted((e.at_ms, e.digest, e.target) for e in body.voids)),
        tuple(sorted((e.at_ms, e.digest, e.amount_minor, e.base) for e in purchases_of(one.bought))),
        len(body.withdrawn),
        body.erased_ms,
    )


async def published(
    observer: Observer, held: Iterable[Held], definition: Definition, since_ms: int
) -> tuple[int, list[str]]:
    """How many published values were compared, and which of them differ from ``streams.replay.recount``."""
    observed = await observer.observe(since_ms, within=patient(_OBSERVE_S))
    lines = [
        to_line(SimRecord(topic_of(s.kind), s.key, s.value or b"", s.timestamp))
        for s in sorted(source for one in held for source in one.sources)
    ]
    as_of = [observed.t_ms, observed.dimensions_t_ms]
    by_t: dict[int, Snapshot] = {s.t_ms: s for s in replay(lines, definition=definition, as_of=as_of)}
    expected = replace(by_t[observed.t_ms], dimensions=by_t[observed.dimensions_t_ms].dimensions)
    comparison = compare(observed, expected, definition)
    told = [f"{one.where}: {one.found}, recounted {one.expected}" for one in comparison.mismatches]
    return comparison.compared, told


async def read_all(settings: Settings) -> list[Held]:
    """What the logs of every partition hold."""
    return list(await asyncio.gather(*(read(settings, number) for number in range(settings.partitions))))
