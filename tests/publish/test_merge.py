"""The merger: sums of one t only, in whatever order the partitions speak."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.definition.definition import DAY_MS, Definition
from streams.core.kpi.snapshot import Snapshot
from streams.core.totals import Totals
from streams.publish.merge.merger import Merger
from streams.publish.merge.partition_history import KEPT, PartitionTotals
from tests.publish.world import T0, part
from tests.support.chance import examples

HOUR = Definition(window_names=("1h",))
SECOND = 1_000
DIMENSIONS_EVERY = 2
"""Ticks."""


def size(partition: int, tick: int) -> int:
    """A size of its own for every partition and tick, so that each sum tells what was added."""
    return (tick + 1) * int(100**partition)


def said(partition: int, tick: int, *, live: bool = True) -> PartitionTotals:
    """What a partition says at a tick."""
    with_dimensions = live and tick % DIMENSIONS_EVERY == 0
    t = T0 + tick * SECOND
    return part(HOUR, partition, t, size(partition, tick), live=live, with_dimensions=with_dimensions)


def tick_of(snapshot: Snapshot) -> int:
    """The tick that a snapshot is of."""
    return (snapshot.t_ms - T0) // SECOND


def merger(partitions: int, *parts: PartitionTotals) -> Merger:
    """A merger that has heard these."""
    new = Merger(HOUR, partitions)
    for each in parts:
        new.offer(each)
    return new


def assert_sum_of_one_t(snapshot: Snapshot, partitions: int) -> None:
    """Every number of the snapshot is the sum over all partitions at its t."""
    whole = sum(size(partition, tick_of(snapshot)) for partition in range(partitions))
    assert snapshot.windows["1h"]["orders"].numerator == 40 * whole
    assert snapshot.now["active_customers"].numerator == 50 * whole
    assert snapshot.accounting.received == 100 * whole
    tick = (snapshot.dimensions.t_ms - T0) // SECOND
    by_value = sum(size(partition, tick) for partition in range(partitions))
    assert snapshot.dimensions.t_ms <= snapshot.t_ms
    for _, _, periods in snapshot.dimensions.rows():
        first = next(iter(periods["1h"].values()))
        assert first.n in (6 * by_value, 4 * by_value, 31 * by_value)  # new, churned, votes


Offer = tuple[int, int]
"""(partition, tick)."""


@st.composite
def offers(draw: st.DrawFn) -> tuple[int, list[Offer]]:
    """A number of partitions, and what they say in any order, with gaps and repetitions."""
    partitions = draw(st.integers(1, 3))
    said_once = [(partition, tick) for partition in range(partitions) for tick in range(KEPT)]
    kept = draw(st.lists(st.sampled_from(said_once), min_size=1, max_size=3 * len(said_once)))
    return partitions, kept


@given(offers())
@settings(max_examples=examples(150))
def test_any_order_of_offers_gives_sums_of_one_t_that_never_goes_back(drawn: tuple[int, list[Offer]]) -> None:
    """Interleaved, delayed, repeated and missing parts: each snapshot is a complete sum, or has none yet."""
    partitions, order = drawn
    merging, last_t, heard = merger(partitions), -1, set[Offer]()
    for each in order:
        merging.offer(said(*each))
        heard.add(each)
        snapshot = merging.snapshot(T0 + KEPT * SECOND)
        assert snapshot is not None
        assert snapshot.t_ms >= last_t
        last_t = snapshot.t_ms
        if not snapshot.windows:
            assert snapshot.condition == "recovering"
            continue
        assert_sum_of_one_t(snapshot, partitions)
        assert all((partition, tick_of(snapshot)) in heard for partition in range(partitions))


@given(st.integers(1, 3), st.randoms(use_true_random=False))
@settings(max_examples=examples(50))
def test_when_all_was_heard_the_newest_t_is_shown(partitions: int, random: Random) -> None:
    """The order of arrival decides nothing in the end."""
    order = [said(partition, tick) for partition in range(partitions) for tick in range(KEPT)]
    random.shuffle(order)
    snapshot = merger(partitions, *order).snapshot(T0 + KEPT * SECOND)
    assert snapshot is not None
    assert tick_of(snapshot) == KEPT - 1
    assert snapshot.condition == "ok"
    assert_sum_of_one_t(snapshot, partitions)


@given(st.lists(st.tuples(st.integers(0, 1), st.booleans(), st.integers(0, 3)), max_size=40))
@settings(max_examples=examples(100))
def test_no_value_is_shown_unless_every_partition_is_live(turns: list[tuple[int, bool, int]]) -> None:
    """Whatever partitions become live, fall behind or jump ahead: ok means all live, at one t."""
    merging, ticks, live = merger(2), [0, 0], [False, False]
    for partition, is_live, step in turns:
        ticks[partition] += step
        live[partition] = is_live
        merging.offer(said(partition, ticks[partition], live=is_live))
        snapshot = merging.snapshot(T0 + max(ticks) * SECOND)
        assert snapshot is not None
        if not all(live):
            assert snapshot.condition == "recovering"
        values = [value.value for period in snapshot.windows.values() for value in period.values()]
        assert snapshot.condition == "ok" or not any(value is not None for value in values)
        if snapshot.windows:
            assert_sum_of_one_t(snapshot, 2)


def test_nothing_is_published_before_anything_is_known() -> None:
    """No parts, no snapshot."""
    assert merger(2).snapshot(T0) is None


def test_before_all_partitions_were_live_there_is_only_accounting() -> None:
    """The first catch-up: where the records went so far, no KPI, no window."""
    merging = merger(3, said(0, 3), said(1, 1, live=False))
    snapshot = merging.snapshot(T0 + 4 * SECOND)
    assert snapshot is not None
    assert (snapshot.condition, snapshot.windows, snapshot.now) == ("recovering", {}, {})
    assert snapshot.accounting.received == 100 * (size(0, 3) + size(1, 1))
    assert snapshot.partitions == {
        "0": {"lag": 0, "state": "ok"},
        "1": {"lag": 7, "state": "recovering"},
        "2": {"lag": None, "state": "recovering"},
    }


def test_accounting_never_goes_back_when_the_first_values_come() -> None:
    """A common t older than what was already counted has to wait for a newer one."""
    merging = merger(2, said(0, 5))
    first = merging.snapshot(T0 + 5 * SECOND)
    merging.offer(said(0, 4))
    merging.offer(said(1, 4))
    second = merging.snapshot(T0 + 6 * SECOND)
    merging.offer(said(1, 5))
    third = merging.snapshot(T0 + 7 * SECOND)
    assert first is not None
    assert second is not None
    assert third is not None
    assert first.accounting.received <= second.accounting.received <= third.accounting.received
    assert (second.condition, third.condition, tick_of(third)) == ("recovering", "ok", 5)


def test_a_straggler_holds_the_common_t_and_nothing_is_added_without_it() -> None:
    """Add at the newest common t.

    partition 0:  0 1 2 3
    partition 1:  0 1        -> t = 1
    """
    merging = merger(2, *(said(0, tick) for tick in range(4)), said(1, 0), said(1, 1))
    snapshot = merging.snapshot(T0 + 3 * SECOND)
    assert snapshot is not None
    assert (tick_of(snapshot), snapshot.condition) == (1, "ok")
    assert_sum_of_one_t(snapshot, 2)


def test_a_silent_partition_is_named_and_makes_the_values_stale() -> None:
    """Its owner died: t stalls, the state says which one, values go at the limit and not before."""
    merging = merger(2, said(0, 0), said(1, 0))
    for tick in range(1, 12):
        merging.offer(said(0, tick))
        snapshot = merging.snapshot(T0 + tick * SECOND)
        assert snapshot is not None
        assert tick_of(snapshot) == 0
        assert snapshot.condition == ("stale" if tick > 10 else "ok")
        assert snapshot.partitions["1"]["state"] == ("silent" if tick > 3 else "ok")
        assert (snapshot.windows["1h"]["orders"].value is None) == (tick > 10)
        assert snapshot.windows["1h"]["orders"].numerator == 40 * (size(0, 0) + size(1, 0))


def test_values_come_back_when_the_silent_partition_speaks_again() -> None:
    """Stale is no dead end, and neither is recovering on the way."""
    merging = merger(1, said(0, 0))
    merging.snapshot(T0)
    conditions = []
    for each, now in ((None, 60), (said(0, 1, live=False), 61), (said(0, 62), 62)):
        if each is not None:
            merging.offer(each)
        snapshot = merging.snapshot(T0 + now * SECOND)
        assert snapshot is not None
        conditions.append(snapshot.condition)
    assert conditions == ["stale", "recovering", "ok"]


def test_while_recovering_the_last_complete_numbers_stay_without_values() -> None:
    """Numerator, n and t are the last known ones; value and interval are null."""
    merging = merger(2, said(0, 0), said(1, 0))
    merging.snapshot(T0)
    merging.offer(said(1, 1, live=False))
    merging.offer(said(0, 1))
    snapshot = merging.snapshot(T0 + SECOND)
    assert snapshot is not None
    assert (snapshot.condition, tick_of(snapshot)) == ("recovering", 0)
    nps = snapshot.windows["1h"]["nps_score"]
    assert (nps.value, nps.low, nps.high, nps.status) == (None, None, None, "recovering")
    assert nps.n == 31 * (size(0, 0) + size(1, 0))


def test_a_live_partition_without_its_whole_is_not_added_as_nothing() -> None:
    """What is missing is not zero."""
    empty = PartitionTotals(1, True, 0, Totals(T0), None, HOUR.counting_hash, T0)
    snapshot = merger(2, said(0, 0), empty).snapshot(T0)
    assert snapshot is not None
    assert (snapshot.condition, snapshot.windows) == ("recovering", {})
    assert snapshot.partitions["1"]["state"] == "recovering"


def test_totals_of_another_definition_are_refused() -> None:
    """They mean something else: counted, named, and the service is not complete without that partition."""
    merging = merger(2, said(0, 0), part(HOUR, 1, T0, definition_hash="other"))
    snapshot = merging.snapshot(T0)
    assert snapshot is not None
    assert (merging.refused, snapshot.condition) == (1, "recovering")
    assert snapshot.partitions["1"]["state"] == "refused"
    merging.offer(said(0, 1))
    merging.offer(said(1, 1))
    healed = merging.snapshot(T0 + SECOND)
    assert healed is not None
    assert (healed.condition, healed.partitions["1"]["state"]) == ("ok", "ok")


def test_a_correction_at_the_same_t_is_shown() -> None:
    """While the wall clock stands, a partition may say more of the same t."""
    merging = merger(1, part(HOUR, 0, T0, 1))
    merging.snapshot(T0)
    merging.offer(part(HOUR, 0, T0, 2))
    snapshot = merging.snapshot(T0)
    assert snapshot is not None
    assert snapshot.windows["1h"]["orders"].numerator == 80


def test_computed_at_does_not_go_back_with_the_wall_clock() -> None:
    """A clock that is set back must not make the newest snapshot look older than the last."""
    merging = merger(1, said(0, 0))
    first, second = merging.snapshot(T0 + SECOND), merging.snapshot(T0)
    assert first is not None
    assert second is not None
    assert second.computed_at_ms == first.computed_at_ms


def test_dimension_values_keep_their_own_t_until_all_have_a_newer_one() -> None:
    """Both classes of groups have their common t.

    partition 0:  0d 1 2d 3
    partition 1:  0d 1 2  3   -> overall t = 3, dimensions t = 0
    """
    merging = merger(2, *(said(0, tick) for tick in range(4)), said(1, 0), said(1, 1))
    merging.offer(part(HOUR, 1, T0 + 2 * SECOND, size(1, 2)))
    merging.offer(said(1, 3))
    snapshot = merging.snapshot(T0 + 3 * SECOND)
    assert snapshot is not None
    assert (tick_of(snapshot), snapshot.dimensions.t_ms) == (3, T0)
    assert_sum_of_one_t(snapshot, 2)


def test_dimension_values_that_stand_still_are_withheld() -> None:
    """The overall figures go on; a frozen dimension value is not served."""
    merging = merger(1, said(0, 0))
    for tick in range(1, 17):
        merging.offer(part(HOUR, 0, T0 + tick * SECOND, size(0, tick)))
        snapshot = merging.snapshot(T0 + tick * SECOND)
        assert snapshot is not None
        value = snapshot.dimensions.values["segment"]["smb"]["1h"]["orders"]
        assert snapshot.windows["1h"]["orders"].status == "ok"
        assert (value.value is None, value.status) == ((True, "stale") if tick > 15 else (False, "ok"))


def test_a_silent_source_is_told_of_the_whole_and_of_every_dimension_value() -> None:
    """The newest event of any partition counts: one that still brings purchases is enough."""
    old = said(0, 0)
    old.overall.newest["purchase"] = T0 - 2 * DAY_MS
    merging = merger(1, old)
    snapshot = merging.snapshot(T0)
    assert snapshot is not None
    by_value = snapshot.dimensions.values["segment"]["smb"]
    assert (snapshot.windows["1h"]["orders"].status, by_value["1h"]["orders"].status) == ("silent", "silent")
    assert by_value["1h"]["orders"].value is not None
    two = merger(2, old, said(1, 0)).snapshot(T0)
    assert two is not None
    assert two.windows["1h"]["orders"].status == "ok"
    assert two.dimensions.values["segment"]["smb"]["1h"]["orders"].status == "ok"


def test_a_partition_that_does_not_exist_is_an_error() -> None:
    """The totals topic has other partitions than we were told: nobody should guess."""
    with pytest.raises(ValueError, match="partition 2 of 2"):
        merger(2, said(2, 0))
