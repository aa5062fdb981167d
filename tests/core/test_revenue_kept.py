"""What former payers still pay: rows that add up and are packed, whatever their sums."""

from hypothesis import given
from hypothesis import strategies as st

from streams.core.kpi.revenue_buckets import Buckets, add, add_packed, pack
from streams.core.kpi.revenue_kept import kept, put_kept
from streams.core.partition.sweep.exact_shares import kept_of

amounts = st.one_of(st.integers(-500, 500), st.integers(-(10**20), 10**20))
paid = st.lists(st.tuples(amounts, amounts), max_size=20)


def row_of(customers: list[tuple[int, int]]) -> Buckets:
    """A row with these."""
    row: Buckets = {}
    for before, now in customers:
        put_kept(row, before, now)
    return row


@given(paid, paid)
def test_rows_of_partitions_add_up_packed_or_not(
    mine: list[tuple[int, int]], theirs: list[tuple[int, int]]
) -> None:
    """Sums below zero and beyond 64 bits, too."""
    exact = kept_of(mine + theirs)
    together = row_of(mine)
    add(together, row_of(theirs))
    read: Buckets = {}
    for customers in (mine, theirs):
        add_packed([read], pack([row_of(customers)]))
    assert kept(together) == kept(read) == exact
    assert exact.still_minor <= exact.before_minor
    assert exact.still_minor >= 0


def test_nobody_is_nothing() -> None:
    """An empty row."""
    assert kept({}) == kept_of([])
