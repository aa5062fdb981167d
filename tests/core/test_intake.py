"""Receipt classes, decided in arrival order whatever the clock."""

import pytest

from streams.core.customer.entries import PurchaseEntry, pack_purchase
from streams.core.customer.identity import DIGEST_SIZE
from streams.core.customer.memory import known
from streams.core.customer.record import Customer
from streams.core.definition.definition import DAY_MS, Definition
from tests.histories import GOOD, record
from tests.histories import NOW_MS as T
from tests.laws.driver import IDENTITY, Driven
from tests.spoiling import Record


def classes(*records: Record, t: int = T) -> tuple[int, dict[str, int]]:
    """How many are counted, and why others are ignored."""
    one = Driven(Definition())
    one.state.advance(t)
    one.take(records)
    accounting = one.state.accounting_only().accounting
    assert accounting.balanced
    return sum(accounting.counted.values()), accounting.ignored


@pytest.mark.parametrize("t", [-1, T])
@pytest.mark.parametrize("kind", [kind for kind in GOOD if kind != "erase"])
def test_the_second_arrival_of_an_identity_is_a_duplicate(kind: str, t: int) -> None:
    """Of whatever kind the first one was, and whether it waits or was applied."""
    first = record("purchase", "a", T - 9, "x")
    assert classes(first, record(kind, "a", T - 5, "x"), t=t) == (1, {"duplicate": 1})
    assert classes(record(kind, "a", T - 9, "x"), first, t=t) == (1, {"duplicate": 1})


def test_another_source_or_customer_makes_another_event() -> None:
    """The identity has three parts."""
    records = [record("signup", "a", T, "x"), record("signup", "b", T, "x")]
    records.append(record("signup", "a", T, "x", source="crm"))
    assert classes(*records) == (3, {})


@pytest.mark.parametrize("t", [-1, T - 50, T])
def test_an_erase_acts_on_later_arrivals_from_its_receipt_on(t: int) -> None:
    """Wherever the clock stands: dated up to it they are erased, unless they repeat what came after it."""
    records = [
        record("purchase", "a", T - 100, "old"),
        record("purchase", "a", T - 10, "new"),
        record("erase", "a", T - 20, "z"),
        record("purchase", "a", T - 30, "late"),
        record("purchase", "a", T - 20, "same"),
        record("purchase", "a", T - 30, "new"),
        record("purchase", "a", T - 5, "old"),
        record("erase", "a", T - 20, "z"),
    ]
    assert classes(*records, t=t) == (4, {"erased": 3, "duplicate": 1})


def test_a_digest_is_looked_for_where_digests_stand() -> None:
    """The same bytes across two fields are nobody's."""
    wanted = bytes(range(1, DIGEST_SIZE + 1))
    half = DIGEST_SIZE // 2
    across = PurchaseEntry(int.from_bytes(wanted[half:], "little"), bytes(half) + wanted[:half], 1, base=True)
    customer = Customer()
    customer.purchases = pack_purchase(across)
    assert wanted in customer.purchases
    assert not list(known(customer, wanted, "", "x", IDENTITY))
    customer.purchases += pack_purchase(PurchaseEntry(T, wanted, 1, base=True))
    assert list(known(customer, wanted, "", "x", IDENTITY)) == [("purchase", T)]


def test_what_waits_is_counted_and_changes_nothing() -> None:
    """Until the clock is there."""
    one = Driven(Definition())
    one.state.advance(T)
    one.take([record("signup", "a", T + 1)])
    totals = one.state.totals()
    assert (totals.groups[("", "")][0], totals.newest, totals.accounting.parked) == (0, {}, 1)
    one.state.advance(T + 1)
    totals = one.state.totals()
    assert (totals.groups[("", "")][0], totals.newest, totals.accounting.parked) == (1, {"signup": T + 1}, 0)


def test_an_event_older_than_the_oldest_pane_is_known_to_be_late() -> None:
    """A signup a year ago: it counts for the customer, and for no window."""
    one = Driven(Definition())
    one.state.advance(T)
    one.take([record("signup", "a", T - 365 * DAY_MS)])
    totals = one.state.totals()
    assert totals.accounting.late_beyond_retention == 1
    assert totals.groups[("", "")][:2] == [1, 1]
