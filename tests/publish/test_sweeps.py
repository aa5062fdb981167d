"""The sweeps of all partitions as one: never a part for the whole, never older than allowed."""

import asyncio

import pytest

from streams.core.definition.definition import Definition
from streams.core.kpi.early_warning import AtRisk
from streams.core.kpi.revenue_buckets import Buckets, pack, put
from streams.core.kpi.revenue_kept import put_kept
from streams.core.kpi.swept import Swept
from streams.core.kpi.values.value import Kept, SweptValue
from streams.core.totals import OVERALL, Group
from streams.publish.merge.merger import Merger
from streams.publish.merge.partition_history import PartitionTotals
from streams.publish.merge.sweep_merger import LIMIT_MS, SweepMerger
from streams.publish.publisher import Publisher
from tests.publish.world import T0, dimensions, overall, part
from tests.support.eventually import eventually_async, patient

DAY = Definition(window_names=("1h", "24h"))
SMB, RARE = ("segment", "smb"), ("segment", "rare")
NAMED = {"segment": frozenset({"smb"})}


def customer(number: int, score: float) -> AtRisk:
    """A customer at risk."""
    return AtRisk(score, bytes([number]) * 16)


def swept(t: int, *at_risk: AtRisk, **groups: list[int]) -> Swept:
    """What a sweep found: amounts of the buyers of ``smb`` and ``rare``, which are all there are."""
    shares: dict[Group, bytes] = {}
    whole = [amount for amounts in groups.values() for amount in amounts]
    for group, amounts in ((OVERALL, whole), *((("segment", name), mine) for name, mine in groups.items())):
        row: Buckets = {}
        former: Buckets = {}
        for amount in amounts:
            put(row, amount)
            put_kept(former, 10, amount)
        shares[group] = pack([row, former])
    return Swept(t, shares, at_risk)


def merged(*parts: Swept | None) -> SweepMerger:
    """A merger that has merged these."""
    merger = SweepMerger(DAY, 3)
    merger.offer(parts, NAMED)
    merger.merge()
    return merger


def said(partition: int, t: int, found: Swept | None) -> PartitionTotals:
    """A live part with the sweep of its partition."""
    return PartitionTotals(
        partition, True, 0, overall(DAY, t), dimensions(DAY, t, values=(SMB,)), DAY.counting_hash, t, found
    )


def test_buyers_of_all_partitions_are_one_market() -> None:
    """The best of five is the best of all."""
    found = merged(swept(T0, smb=[50, 10]), swept(T0, smb=[20, 15, 5])).shares(T0)[OVERALL, "24h"]
    assert (found.buyers, found.a_minor, found.b_minor, found.c_minor) == (5, 50, 35, 15)


def test_what_former_payers_pay_adds_up() -> None:
    """Five who paid 10 each: three pay more, one as much, one half of it."""
    found = merged(swept(T0, smb=[50, 10]), swept(T0, smb=[20, 15, 5])).shares(T0)[OVERALL, "24h"]
    assert found.kept == Kept(5, 50, 100, 45)


def test_values_without_a_name_join_other() -> None:
    """And names without buyers are there, with nobody."""
    found = merged(swept(T0, smb=[50], rare=[7]), swept(T0, rare=[3])).shares(T0)
    assert found[SMB, "24h"].revenue_minor == 50
    assert (found[("segment", "other"), "24h"].buyers, found[("segment", "other"), "24h"].revenue_minor) == (
        2,
        10,
    )
    assert found[("plan", "unknown"), "24h"].buyers == 0
    assert (RARE, "24h") not in found


def test_windows_of_less_than_a_day_have_no_shares() -> None:
    """They are no market."""
    assert {window for _, window in merged(swept(T0, smb=[50])).shares(T0)} == {"24h"}


def test_a_partition_without_a_sweep_leaves_nothing_to_say() -> None:
    """A part is never shown for the whole."""
    merger = merged(swept(T0, customer(1, 0.9), smb=[50]), None)
    assert merger.shares(T0) == {}
    assert merger.early_warning(T0) is None


def test_the_oldest_sweep_is_the_time_of_all() -> None:
    """And the limit holds for it."""
    merger = merged(swept(T0, smb=[50]), swept(T0 + 60_000, smb=[5]))
    assert merger.shares(T0 + LIMIT_MS)[OVERALL, "24h"].t_ms == T0
    assert merger.shares(T0 + LIMIT_MS + 1) == {}
    assert merger.early_warning(T0 + LIMIT_MS) is not None
    assert merger.early_warning(T0 + LIMIT_MS + 1) is None


def test_the_most_at_risk_of_all_partitions_are_named() -> None:
    """As many as asked for, the highest score first."""
    one, two = swept(T0, customer(1, 0.9), customer(2, 0.3)), swept(T0, customer(3, 0.5), customer(4, 0.4))
    warning = merged(one, two).early_warning(T0)
    assert warning is not None
    assert warning.customers == (customer(1, 0.9), customer(3, 0.5), customer(4, 0.4))


def test_nothing_waits_until_something_changed() -> None:
    """A sweep, or a name."""
    found = swept(T0, smb=[50])
    merger = merged(found)
    merger.offer([found], dict(NAMED))
    assert not merger.waits
    merger.offer([found], {"segment": frozenset({"smb", "rare"})})
    assert merger.waits
    merger.merge()
    merger.offer([swept(T0, smb=[50])], {"segment": frozenset({"smb", "rare"})})
    assert merger.waits


def test_an_erased_customer_goes_and_the_shares_stay_as_they_are() -> None:
    """Nothing is added up anew."""
    before = swept(T0, customer(1, 0.9), customer(2, 0.3), smb=[50])
    merger = merged(before)
    shares = merger.shares(T0)
    merger.offer([Swept(T0, before.shares, before.at_risk[1:])], NAMED)
    merger.merge()
    assert merger.shares(T0) is shares
    warning = merger.early_warning(T0)
    assert warning is not None
    assert warning.customers == (customer(2, 0.3),)


def test_the_snapshot_has_the_shares_with_their_own_time_and_who_is_at_risk() -> None:
    """Overall, and by value of a customer dimension."""
    merger = Merger(DAY, 1)
    merger.offer(said(0, T0, None))
    before = merger.snapshot(T0)
    assert before is not None
    assert "top20_revenue_ratio" not in before.windows["24h"]
    assert before.early_warning is None
    merger.offer(said(0, T0 + 5_000, swept(T0 - 1_000, customer(1, 0.9), smb=[300, 50, 40, 30, 80])))
    assert merger.sweeps_wait
    merger.merge_sweeps()
    assert not merger.sweeps_wait
    after = merger.snapshot(T0 + 5_000)
    assert after is not None
    by_value = after.dimensions.values["segment"]["smb"]["24h"]["top20_revenue_ratio"]
    for value in (after.windows["24h"]["top20_revenue_ratio"], by_value):
        assert isinstance(value, SweptValue)
        assert (value.value, value.numerator, value.denominator, value.n) == (0.6, 300, 500, 5)
        assert value.t == T0 - 1_000
    assert after.early_warning is not None
    assert after.early_warning.customers == (customer(1, 0.9),)


@pytest.mark.parametrize("withheld", ["recovering", "stale"])
def test_nobody_is_named_while_values_are_withheld(withheld: str) -> None:
    """Until they are shown again."""
    merger = Merger(DAY, 1)
    merger.offer(said(0, T0, swept(T0, customer(1, 0.9))))
    assert merger.sweeps_wait
    merger.merge_sweeps()
    shown = merger.snapshot(T0)
    assert shown is not None
    assert shown.early_warning is not None
    if withheld == "recovering":
        merger.offer(part(DAY, 0, T0 + 1_000, live=False))
    later = T0 + (1_000 if withheld == "recovering" else DAY.freshness_limit_ms + 1)
    hidden = merger.snapshot(later)
    assert hidden is not None
    assert (hidden.condition, hidden.early_warning) == (withheld, None)
    merger.offer(said(0, later + 1_000, swept(T0, customer(1, 0.9))))
    assert merger.sweeps_wait
    merger.merge_sweeps()
    again = merger.snapshot(later + 1_000)
    assert again is not None
    assert again.early_warning is not None


def test_the_publisher_merges_sweeps_by_itself() -> None:
    """Beside its loop."""

    async def scene() -> None:
        merger = Merger(DAY, 1)
        merger.offer(said(0, T0, swept(T0, customer(1, 0.9), smb=[50])))
        publisher = Publisher(merger, [], lambda: T0, tick_ms=20)
        task = asyncio.create_task(publisher.run())

        async def named() -> bool:
            return publisher.current is not None and publisher.current.early_warning is not None

        await eventually_async(named, within=10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scene())


def test_a_merge_that_fails_ends_the_publisher() -> None:
    """Records that are not what they must be are a bug."""
    merger = Merger(DAY, 1)
    merger.offer(said(0, T0, Swept(T0, {OVERALL: b"\x01"}, ())))
    with pytest.raises(ValueError, match="array"):
        asyncio.run(asyncio.wait_for(Publisher(merger, [], lambda: T0, tick_ms=20).run(), patient(10)))
