"""Late events: which are, how late, and which windows they correct (docs/contract.md, section 2)."""

from collections.abc import Iterable

import pytest

from streams.core.definition.definition import Definition
from streams.core.totals import LATE_MS, LATENESS_MS, Accounting, Totals, merge
from tests.laws.driver import Driven
from tests.spoiling import Record

T = 1_776_211_200_000
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def record(kind: str, number: int, at_ms: int, customer: str = "c") -> Record:
    """An event of a customer."""
    value = {"event_id": f"e{number}", "customer_id": customer, "occurred_at": at_ms}
    if kind == "purchase":
        value |= {"amount": "1.00", "currency": "USD"}
    if kind == "survey":
        value |= {"survey": "nps", "score": 9}
    return {"topic": f"crm.customer.{kind}.v1", "key": customer, "timestamp": T, "value": value}


def partition(records: Iterable[Record] = ()) -> Driven:
    """A partition at T that took these records."""
    driven = Driven(Definition())
    driven.state.advance(T)
    driven.take(records)
    return driven


def accounting(driven: Driven) -> Accounting:
    """What it accounts for."""
    return driven.state.accounting_only().accounting


def purchases(*ages_ms: int) -> list[Record]:
    """Purchases so long before T, in this order, each of another customer."""
    return [record("purchase", n, T - age, f"c{n}") for n, age in enumerate(ages_ms)]


def test_in_order_nothing_is_late() -> None:
    """However old it is."""
    assert accounting(partition(purchases(90 * DAY, 3 * DAY, HOUR, 0))).late == {}


def test_an_event_is_late_when_its_log_is_further_by_more_than_the_finest_pane() -> None:
    """10 s are in time, a millisecond more is late."""
    assert accounting(partition(purchases(0, LATE_MS))).late == {}
    assert accounting(partition(purchases(0, LATE_MS + 1))).late == {"purchase": 1}


def test_a_late_event_corrects_the_windows_that_it_is_dated_in() -> None:
    """3 h ago: not the last hour, but the day and all that is longer."""
    found = accounting(partition(purchases(0, 3 * HOUR)))
    assert found.corrected == {"24h": 1, "7d": 1, "30d": 1}
    assert found.lateness["purchase"][-1] == 3 * HOUR


def test_beyond_all_windows_nothing_is_corrected() -> None:
    """Late all the same; beyond retention it is counted there too."""
    found = accounting(partition(purchases(0, 100 * DAY)))
    assert found.corrected == {}
    assert found.late == {"purchase": 1}
    assert found.lateness["purchase"][len(LATENESS_MS)] == 1
    assert found.late_beyond_retention == 1


def test_each_class_of_lateness_ends_with_its_bound() -> None:
    """Events exactly at each bound."""
    row = accounting(partition(purchases(0, *LATENESS_MS))).lateness["purchase"]
    assert row == [1] * len(LATENESS_MS) + [0, sum(LATENESS_MS)]


def test_kinds_are_told_apart() -> None:
    """Every kind is a log of its own: one may be behind the other."""
    records = [*purchases(0), record("survey", 5, T - DAY), record("survey", 6, T - 2 * DAY)]
    assert accounting(partition(records)).late == {"survey": 1}


def test_what_is_not_counted_is_not_late() -> None:
    """A repetition, and what an erase covers."""
    records = [
        *purchases(DAY, 0),
        *purchases(DAY),
        record("erase", 9, T, "c0"),
        record("survey", 8, T - 1, "c0"),
    ]
    assert accounting(partition(records)).late == {}


def test_what_was_parked_is_not_late() -> None:
    """It came before its time, whatever was counted until then."""
    driven = partition(purchases(-HOUR, -2 * HOUR, 0))
    driven.state.advance(T + 3 * HOUR)
    assert accounting(driven).late == {}


@pytest.mark.parametrize("batch", [1, 2, 7, 100])
def test_the_size_of_batches_makes_no_difference(batch: int) -> None:
    """Customers known and new, on the in-order path and beside it."""
    ages = [DAY, HOUR, 2 * HOUR, 40_000, 0, 5 * MINUTE, 2 * DAY, 1, 30 * DAY]
    records = [
        record("purchase", 10 * n + i, T - age - n, f"c{i % 4}")
        for n in range(6)
        for i, age in enumerate(ages)
    ]
    driven = partition()
    for start in range(0, len(records), batch):
        driven.take_batch(records[start : start + batch])
    assert accounting(driven) == accounting(partition(records))
    assert accounting(driven).late["purchase"] > 20


def test_late_events_survive_a_restart() -> None:
    """They are in the marker."""
    driven = partition(purchases(0, 3 * HOUR))
    before = accounting(driven)
    driven.restart()
    assert accounting(driven) == before
    driven.take(purchases(0, 1, 4 * HOUR)[2:])
    assert accounting(driven).late == {"purchase": 2}


def test_late_events_add_up_over_partitions() -> None:
    """Class by class."""
    one, other = partition(purchases(0, MINUTE)), partition([*purchases(0, HOUR), record("survey", 1, T)])
    merged = merge(Totals(T, accounting=accounting(each)) for each in (one, other)).accounting
    assert merged.late == {"purchase": 2}
    assert merged.lateness["purchase"][-1] == MINUTE + HOUR
    assert merged.corrected == {"5m": 1, "1h": 1, "24h": 2, "7d": 2, "30d": 2}
