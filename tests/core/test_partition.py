"""The state of a partition from outside: its clock, its promises, its changelog."""

import json
from collections.abc import Callable

import pytest

from streams.core.customer.identity import DIGEST_SIZE, Identity
from streams.core.definition.definition import DAY_MS, HOUR_MS, Definition
from streams.core.events import Malformed
from streams.core.kpi.snapshot import build
from streams.core.partition.state import PartitionState
from streams.core.partition.sweep.steps import finish
from streams.core.totals import OVERALL
from tests.histories import NOW_MS as T
from tests.histories import record
from tests.laws.driver import IDENTITY, Driven, kafka_record
from tests.laws.judging import Recounted, same
from tests.spoiling import Record


def driven(*records: Record, t: int = T) -> Driven:
    """A partition whose clock stands at t, after these records."""
    one = Driven(Definition())
    one.state.advance(t)
    one.take(records)
    return one


def test_a_fresh_partition_has_no_time_and_nothing_to_write() -> None:
    """Before the first advance."""
    one = Driven(Definition())
    one.state.restored(None)
    assert (one.state.clock, one.state.dirty, one.flush()) == (-1, False, {})


def test_the_clock_never_goes_back() -> None:
    """An earlier t is no error and changes nothing."""
    one = driven(record("signup", "a", T))
    one.state.advance(T - HOUR_MS)
    assert one.state.clock == T
    assert one.state.totals().groups[OVERALL][0] == 1


def test_moving_in_steps_is_moving_at_once() -> None:
    """The more is parked, the more steps there are."""
    records = [record("signup", "a", T - 5), record("cancellation", "a", T, effective_at=T + HOUR_MS)]
    parked = [record("purchase", f"c{i % 7}", T + 1 + i * 100, f"p{i}") for i in range(2_000)]
    at_once, in_steps = driven(*records, *parked), driven(*records, *parked)
    at_once.state.advance(T + 3 * HOUR_MS)
    steps = in_steps.state.advancing(T + 3 * HOUR_MS)
    while in_steps.state.clock == T:
        next(steps)
    assert T < in_steps.state.clock < T + 3 * HOUR_MS
    finish(steps)
    assert same(at_once.state.totals(), in_steps.state.totals())
    assert at_once.flush() == in_steps.flush()


MINUTE = 60_000
BETWEEN: dict[str, Callable[[Driven], object]] = {
    "events of those who wait": lambda one: one.take(later()),
    "a flush": lambda one: one.flush(),
    "totals": lambda one: one.state.totals(),
    "a look at one of them": lambda one: one.state._customers.read(IDENTITY.customer("c199")),
    "the same instant": lambda one: one.state.advance(T + MINUTE),
    "a later one": lambda one: one.state.advance(T + 2 * MINUTE),
    "a restart": lambda one: one.restart(),
}


def leaving(count: int) -> list[Record]:
    """Customers who are to leave at one instant, a minute after T; each second one has left before."""
    records = []
    for n in range(count):
        records += [
            record("signup", f"c{n}", T - 9 * DAY_MS, f"s{n}"),
            record("cancellation", f"c{n}", T - 9, f"x{n}", effective_at=T + MINUTE, reason=f"r{n % 3}"),
        ]
        if n % 2:
            records += [
                record("cancellation", f"c{n}", T - 8 * DAY_MS, f"y{n}"),
                record("signup", f"c{n}", T - 7 * DAY_MS, f"z{n}"),
            ]
    return records


def ahead() -> list[Record]:
    """What waits for its time, and is erased before it."""
    return [record("purchase", f"c{n}", T + MINUTE - 10, "ahead", amount="7.00") for n in (3, 194, 195)]


def later() -> list[Record]:
    """What the last of them do just before and just after."""
    return [
        record("purchase", "c199", T + MINUTE - 1, "p"),
        record("purchase", "c198", T + MINUTE, "p"),
        record("signup", "c197", T + MINUTE - 5, "u", plan="b"),
        record("survey", "c196", T + MINUTE - 5, "v", score=2),
        record("erase", "c195", T + MINUTE - 2, "e"),
    ]


@pytest.mark.parametrize("between", BETWEEN)
def test_while_many_are_due_at_once_anything_may_happen(between: str) -> None:
    """No step takes all of them, and in the end it is as if one had."""
    records = [*leaving(200), *ahead()]
    one = driven(*records[:500])
    one.flush()
    one.take(records[500:])
    steps = one.state.advancing(T + MINUTE)
    customers = one.state._customers
    while not customers.late:
        next(steps)
    assert len(customers.late) > 100
    BETWEEN[between](one)
    if between != "a restart":
        finish(steps)
    assert not customers.late
    if between != "events of those who wait":
        one.take(later())
    one.state.advance(T + 2 * MINUTE)
    assert Recounted([*records, *later()], T + 2 * MINUTE, Definition()).differences([one]) == []


def test_a_broken_promise_is_an_error() -> None:
    """Totals before the promised time would be wrong, so there are none; the greatest promise holds."""
    one = driven()
    one.state.view(T + 5)
    one.state.view(T + 1)
    with pytest.raises(
        ValueError, match=f"totals at {T} were asked for, but view promised none before {T + 5}"
    ):
        one.state.totals()
    one.state.advance(T + 5)
    assert one.state.totals().t == T + 5


def test_totals_without_dimensions_are_the_whole_alone() -> None:
    """The same vector."""
    one = driven(record("signup", "a", T, segment="smb"))
    alone, everything = one.state.totals(dimensions=False), one.state.totals()
    assert set(alone.groups) == {OVERALL}
    assert alone.groups[OVERALL] == everything.groups[OVERALL]
    assert ("segment", "smb") in everything.groups


def test_a_partition_that_is_not_live_tells_its_accounting() -> None:
    """And no totals."""
    one = driven(record("signup", "a", T), record("survey", "a", T, score=99))
    told = one.state.accounting_only()
    assert told.groups == {}
    assert told.newest == {"signup": T}
    assert told.accounting.counted == {"signup": 1}
    assert told.accounting.malformed == {"bad_score": 1}


def test_the_malformed_come_back_with_their_reasons() -> None:
    """The very records, in order, for the dead-letter topic."""
    good, bad, worse = (kafka_record(record("signup", "a", T, f"s{i}")) for i in range(3))
    bad = bad._replace(value=b"{")
    worse = worse._replace(key=b"b")
    state = PartitionState(Definition(), Identity(b"s"))
    assert state.apply("signup", [worse, good, bad]) == [
        (worse, Malformed("key_mismatch", "customer_id")),
        (bad, Malformed("not_json")),
    ]


def test_it_is_dirty_until_what_changed_is_drained() -> None:
    """Any record, parked or applied, even one that only counts; the clock alone too."""
    one = driven()
    later = record("purchase", "a", T + 5)
    steps = [
        [record("signup", "a", T, segment="smb")],
        [record("signup", "a", T, segment="smb")],
        [later],
        [record("erase", "b", T)],
        [record("cancellation", "a", T - 9, reason="price")],
    ]
    for records in steps:
        one.flush()
        assert not one.state.dirty
        one.take(records)
        assert one.state.dirty
    one.flush()
    one.state.advance(T + 1)
    assert one.state.dirty
    assert one.flush() == {}


def test_the_log_tells_only_of_parked_events_that_a_flush_finds_waiting() -> None:
    """What came and was applied between two flushes never stood there, so nothing is deleted."""
    one = driven()
    one.take([record("signup", "a", T + 5)])
    one.state.advance(T + 10)
    assert {key[:1] for key in one.flush()} == {b"C"}
    one.take([record("purchase", "a", T + 20)])
    (waiting,) = one.flush().items()
    assert waiting[0][:1] == b"P"
    assert waiting[1] is not None
    one.state.advance(T + 20)
    assert one.flush()[waiting[0]] is None
    one.take([record("purchase", "a", T + 30, "p2")])
    one.state.advance(T + 30)
    assert waiting[0] not in one.flush()


def test_what_an_erase_leaves_has_a_random_key() -> None:
    """Two partitions with the same events name the anonymous differently, unless told how."""
    logs = []
    for _ in range(2):
        state = PartitionState(Definition(), Identity(b"s"))
        state.advance(T)
        state.apply("signup", [kafka_record(record("signup", "a", T - 1))])
        state.apply("erase", [kafka_record(record("erase", "a", T))])
        logs.append(dict(state.drain()))
    keys = [next(key for key in log if key[:1] == b"A") for log in logs]
    assert keys[0] != keys[1]
    assert {len(key) for key in keys} == {1 + DIGEST_SIZE}


def test_later_records_of_a_log_replace_earlier_ones() -> None:
    """Deleted ones are gone, whatever stood there before."""
    one = driven(record("signup", "a", T - 9), record("signup", "b", T - 9), record("purchase", "c", T + 5))
    one.flush()
    one.take([record("cancellation", "a", T - 1), record("erase", "b", T - 1)])
    one.state.advance(T + 6)
    one.flush()
    again = PartitionState(Definition(), Identity(b"a secret of the tests"))
    for key, value in one.written:
        again.restore(key, value)
    again.restored(one.state.header())
    assert same(again.totals(), one.state.totals())
    assert not again.dirty


def test_values_that_were_joined_are_counted_once_through_a_restart() -> None:
    """The changelog keeps of each only that it was there."""
    one = Driven(Definition(max_values_inside=2, max_values=2))
    one.state.advance(T)
    records = [record("signup", f"c{n}", T - 1_000 + n, segment=f"s{n}") for n in range(5)]
    one.take_batch(records)
    one.restart()
    assert one.state.accounting_only().accounting.folded_values == 3
    one.take([record("signup", "another", T - 10, segment="s4")])
    assert one.state.accounting_only().accounting.folded_values == 3


def test_a_deleted_record_of_a_form_that_is_never_deleted_is_left_alone() -> None:
    """And so is one of a form unknown here: the marker's version guards against other layouts."""
    state = PartitionState(Definition(), Identity(b"s"))
    state.restore(b"E" + bytes(DIGEST_SIZE), None)
    state.restore(b"?", b"anything")
    state.restored(None)
    assert state.drain() == []


def test_free_text_is_told_nowhere_but_as_a_number() -> None:
    """Of each dimension, how many events had some: in the document, and through a restart."""
    one = driven(
        record("signup", "a", T - 9, segment="the person called Alice"),
        record("signup", "a", T - 8, segment="the person called Alice"),
        record("cancellation", "a", T - 7, reason="Alice Smith moved to Berlin"),
    )
    one.restart()
    totals = one.state.totals()
    assert totals.accounting.refused_values == {"segment": 2, "reason": 1}
    assert totals.groups["reason", "other"]
    document = build(totals, one.definition, computed_at_ms=T, partitions={}).json()
    assert json.loads(document)["accounting"]["refused_values"] == {"reason": 1, "segment": 2}
    assert not [data for pair in one.written for data in pair if data and b"Alice" in data]
    assert b"Alice" not in document
