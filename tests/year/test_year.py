"""A year of a simulated business: the recount and the service agree at random times, everywhere.

Every KPI, window, dimension value and driver, and the accounting: once as the live service runs (partitions,
batches in order of arrival, ticks, restarts), once as a replay does (one pass over the whole file).

``KPI_YEAR_TIMES=200 KPI_YEAR_CUSTOMERS=400`` in the environment is the long form.
"""

import json
import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Any, cast

from streams.core.definition.definition import DAY_MS, MINUTE_MS, Definition
from streams.core.events import Kind
from streams.core.kpi.snapshot import build
from streams.core.totals import merge
from streams.replay.recount import replay
from streams.simulate import Business, Spike, to_line
from tests.core.test_snapshot_golden import SWEPT
from tests.histories import seeded
from tests.laws.driver import Driven, kafka_record
from tests.recount import classify, document
from tests.recount.drivers import drivers
from tests.recount.receipt import Receipt
from tests.spoiling import Record, kind_of

TIMES = int(os.environ.get("KPI_YEAR_TIMES", "12"))
CUSTOMERS = int(os.environ.get("KPI_YEAR_CUSTOMERS", "70"))
END_MS = 1_776_211_200_000
PARTITIONS = 3
BATCH = 200
YEAR = Definition(max_values=3)
"""Kept history holds the whole year (see docs/contract.md, section 2), and some values share ``other``."""
RELATIVE, ABSOLUTE = 1e-9, 1e-12


@cache
def lines() -> tuple[bytes, ...]:
    """The events in the order of arrival."""
    business = Business(11, CUSTOMERS, 365, END_MS, spike=Spike("smb", 40 * DAY_MS, 20, 2 * DAY_MS))
    return tuple(map(to_line, business.history()))


@cache
def records() -> tuple[Record, ...]:
    """The same, parsed."""
    return tuple(json.loads(line) for line in lines())


def instants() -> list[int]:
    """Random times of the year, some on a pane's edge, one in the spike."""
    rng = seeded(TIMES)
    times = {END_MS - rng.randint(0, 360 * DAY_MS) for _ in range(TIMES - 2)}
    return sorted({*times, END_MS, END_MS - 39 * DAY_MS // (5 * MINUTE_MS) * (5 * MINUTE_MS)})


def expected(receipts: Sequence[Receipt], t: int) -> dict[str, Any]:
    """The recount, with its drivers."""
    return {**document(receipts, t, YEAR), "drivers": drivers(receipts, t, YEAR)}


def differences(one: Any, other: Any, at: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Every place where two documents differ; of a KPI only the parts that the recount has."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = one.keys() if "status" in one else one.keys() | other.keys()
        for name in sorted(names):
            yield from differences(one.get(name, "missing"), other.get(name, "missing"), f"{at}/{name}")
    elif isinstance(one, list) and isinstance(other, list):
        yield from differences(dict(enumerate(one)), dict(enumerate(other)), at)
    elif isinstance(one, float) and isinstance(other, float):
        if abs(one - other) > max(ABSOLUTE, RELATIVE * abs(one)):
            yield f"{at}: {one} recounted, {other} served"
    elif one != other:
        yield f"{at}: {one!r} recounted, {other!r} served"


def compared(mine: dict[str, Any], theirs: dict[str, Any], *, swept: bool) -> list[str]:
    """The differences of two documents, in all that both know."""
    found = []
    for part in ("windows", "now", "dimensions", "bounds", "newest_event", "drivers"):
        one, other = (doc[part] if swept else without_shares(doc[part]) for doc in (theirs, mine))
        found += list(differences(one, other, part))
    for name in ("received", "counted", "ignored", "malformed_total", "not_active", "void_pending"):
        found += list(differences(theirs["accounting"][name], mine["accounting"][name], name))
    return found


def without_shares(part: Any) -> Any:  # noqa: ANN401 - any JSON
    """A part of a document without the shares of revenue, which live are a sweep's."""
    if not isinstance(part, dict):
        return part
    return {name: without_shares(inner) for name, inner in part.items() if name not in SWEPT}


def test_a_replay_agrees_at_every_time() -> None:
    """One pass over the file, the shares of revenue included, exactly."""
    receipts = classify(records(), YEAR)
    seen = 0
    for snapshot in replay(lines(), definition=YEAR, as_of=instants()):
        found = compared(json.loads(snapshot.json()), expected(receipts, snapshot.t_ms), swept=True)
        assert not found, (snapshot.t_ms, len(found), found[:10])
        seen += 1
    assert seen == len(instants())


def test_a_wrong_figure_would_be_seen() -> None:
    """In any part: one more, one less, another name."""
    receipts = classify(records(), YEAR)
    (snapshot,) = replay(lines(), definition=YEAR, as_of=[END_MS])
    theirs = expected(receipts, END_MS)
    mine = json.loads(snapshot.json())
    mine["windows"]["30d"]["orders"]["numerator"] += 1
    del mine["dimensions"]["segment"]["smb"]["24h"]["churn_ratio"]
    mine["dimensions"]["plan"]["new"] = {}
    mine["accounting"]["counted"] -= 1
    mine["drivers"]["segment"].append({})
    assert len(compared(mine, theirs, swept=True)) == 5


def test_the_live_service_agrees_at_every_time() -> None:
    """Three partitions, batches of one topic, a clock that follows the records, a restart at every time."""
    arrivals = [record["timestamp"] for record in records()]
    driven = [Driven(YEAR) for _ in range(PARTITIONS)]
    receipts = classify(records(), YEAR)
    done = 0
    for t in instants():
        upto = bisect_right(arrivals, t)
        feed(driven, done, upto)
        done = upto
        for one in driven:
            one.state.advance(t)
        totals = merge(one.state.totals() for one in driven)
        mine = build(totals, YEAR, computed_at_ms=t, partitions={}).document()
        theirs = expected(receipts[:upto], t)
        theirs["accounting"] |= parked_too(receipts[:upto])
        found = compared(mine, theirs, swept=False)
        assert not found, (t, len(found), found[:10])
        for one in driven:
            one.restart()


def feed(driven: Sequence[Driven], start: int, end: int) -> None:
    """Hand out records in the order of their arrival, in batches of one kind and partition."""
    for at in range(start, end, BATCH):
        chunk = records()[at : min(at + BATCH, end)]
        for partition, one in enumerate(driven):
            one.state.advance(chunk[0]["timestamp"] // 1_000 * 1_000)
            share = [record for record in chunk if home(record) == partition]
            for kind, run in groupby(share, kind_of):
                one.state.apply(cast("Kind", kind), [kafka_record(record) for record in run])


def home(record: Record) -> int:
    """The partition of a record: by its key, the record's own where it has none."""
    key = kafka_record(record).key or b""
    return sum(key) % PARTITIONS


def parked_too(receipts: Sequence[Receipt]) -> dict[str, Any]:
    """Live, what is dated after t is received and classed already."""
    ignored: dict[str, int] = {}
    for receipt in receipts:
        if receipt.outcome == "ignored":
            ignored[receipt.reason] = ignored.get(receipt.reason, 0) + 1
    outcomes = [receipt.outcome for receipt in receipts]
    return {"received": len(receipts), "counted": outcomes.count("counted"), "ignored": ignored}
