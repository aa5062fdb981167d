"""An erase of a customer of very many events: all of it goes, in slices, and what is later stays."""

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from streams.core.customer.entries import PURCHASE_SIZE, CancellationEntry
from streams.core.customer.history import History
from streams.core.customer.nameless import Ranks
from streams.core.definition.definition import DAY_MS, HOUR_MS, MINUTE_MS, Definition
from tests.histories import NOW_MS as T
from tests.histories import record
from tests.laws.driver import IDENTITY, Driven, driven
from tests.laws.judging import Recounted
from tests.spoiling import Record

RULES: dict[str, dict[str, Any]] = {
    "default": {},
    "quiet ones leave": {"inactivity_churn_ms": 45 * MINUTE_MS},
    "by orders alone": {"implicit_signup": False, "purchase_reactivates": False},
    "cancelled at once": {"recognition": "cancelled_at"},
}
COUNT = 60


def a_life(count: int = COUNT) -> list[Record]:
    """Signups, cancellations (some scheduled, several for one instant), purchases, answers and voids."""
    records: list[Record] = []
    for n in range(count):
        at = T - (count - n) * HOUR_MS
        late = {"effective_at": at + 150 * MINUTE_MS - at % (2 * HOUR_MS)} if n % 3 else {}
        records += [
            record("signup", "a", at, f"u{n}", plan=f"p{n // 20}"),
            record("purchase", "a", at + MINUTE_MS, f"b{n}", amount="-1.00" if n % 7 == 0 else "3.00"),
            record("survey", "a", at + 2 * MINUTE_MS, f"s{n}", score=n % 11, touchpoint=f"t{n % 5}"),
            record("cancellation", "a", at + 3 * MINUTE_MS, f"c{97 * n % count}", reason=f"r{n % 4}", **late),
        ]
        if n % 9 == 4:  # some of what is older, some of what is to come
            records.append(record("void", "a", at + 4 * MINUTE_MS, f"v{n}", voids_event_id=f"b{n // 2}"))
            records.append(record("void", "a", at + 5 * MINUTE_MS, f"w{n}", voids_event_id=f"u{n + 3}"))
            records.append(record("void", "a", at + 6 * MINUTE_MS, f"x{n}", voids_event_id=f"c{n - 4}"))
            records.append(record("void", "a", at + 7 * MINUTE_MS, f"y{n}", voids_event_id=f"s{n + 9}"))
    return records


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("hours", [61, 50, 31, 2, 0])
def test_what_an_erase_leaves_and_what_comes_after_are_those_of_the_recount(rules: str, hours: int) -> None:
    """Before, early, in the middle, late, after everything; in memory, read back, and when it goes."""
    definition = replace(Definition(), **RULES[rules])
    records = [*a_life(), record("erase", "a", T - hours * HOUR_MS + (150_000 if hours else 0), "e")]
    one = Driven(definition, 128)
    one.state.advance(T)
    one.take(records)
    assert Recounted(records, T, definition).differences([one]) == []
    one.restart()
    more = record("purchase", "a", T, "more", amount="4.00")
    one.take([more])
    records.append(more)
    assert Recounted(records, T, definition).differences([one]) == []
    t = T + definition.reach_ms + DAY_MS
    one.state.advance(t)
    assert Recounted(records, t, definition).differences([one]) == []
    one.flush()
    assert not [key for key in one.log if key[:2] in {b"HA", b"A"} or key[:1] == b"A"]


def test_nothing_of_it_has_an_id_any_more() -> None:
    """Neither in plain nor as a digest, whatever was written; numbers decide ties as ids did."""
    records = a_life()
    one = driven(records, 256)
    one.flush()
    one.take([record("erase", "a", T, "e")])
    one.flush()
    values = b"".join(value for key, value in one.log.items() if key[:1] in b"AH")
    assert values
    for each in records:
        event_id = each["value"]["event_id"]
        assert f"\xa3{event_id}".encode("latin-1") not in values
        assert IDENTITY.event("", event_id) not in values
    assert not [key for key in one.log if IDENTITY.customer("a") in key and key[:1] != b"E"]


def test_a_crash_between_two_slices_begins_again() -> None:
    """Nothing of an erase is written before all of it is; then it is the same."""
    records = [*a_life(), record("erase", "a", T - HOUR_MS, "e")]
    one = driven(records[:-1], 128)
    one.flush()
    header = one.state.header()
    one.take(records[-1:])
    list(islice(one.state.draining(), 5))
    again = Driven(one.definition, 128)
    again.log = dict(one.log)
    for key, value in again.log.items():
        again.state.restore(key, value)
    again.state.restored(header)
    again.take(records[-1:])
    assert Recounted(records, T).differences([again]) == []
    again.restart()
    assert Recounted(records, T).differences([again]) == []


def test_an_erase_of_long_ago_leaves_nothing() -> None:
    """The windows have passed it already; and one whose windows pass before it is written."""
    long_ago = T - Definition().reach_ms - 90 * DAY_MS
    records = [record("purchase", "a", long_ago + n, f"p{n}") for n in range(40)]
    records += [
        record("cancellation", "a", long_ago + 100, "c"),
        record("cancellation", "a", long_ago + 101, "d"),
    ]
    records.append(record("erase", "a", long_ago + 200, "e"))
    definition = replace(Definition(), kept_for_ms=92 * DAY_MS)
    for t in (T, long_ago + 300):
        one = Driven(definition, 128)
        one.state.advance(t)
        one.take(records)
        one.state.advance(T)
        one.restart()
        assert not [key for key in one.log if key[:1] in {b"A", b"C", b"H"}]
        assert one.state.accounting_only().accounting.not_active == 0


def test_the_work_is_done_in_many_small_steps() -> None:
    """In proportion to chunks, of which each step has a few."""
    one = driven([record("purchase", "a", T - n, f"p{n}") for n in range(2_000)], 4 * PURCHASE_SIZE)
    one.flush()
    one.take([record("survey", "a", T - n, f"s{n}", score=n % 11) for n in range(200)])
    one.take([record("erase", "a", T, "e")])
    assert sum(1 for _ in one.state.draining()) > 2_000 // (8 * 4)


def test_of_two_answers_at_one_instant_the_greater_id_stays_the_latest() -> None:
    """In a chunk that has settled, after a restart, too."""
    definition = replace(Definition(), kept_for_ms=DAY_MS)
    one = Driven(definition, 96)
    records: list[Record] = []
    for days in range(60, 0, -1):
        for event_id, score in (("a", 10), ("b", 0)):
            at = T - days * DAY_MS
            records.append(
                record("survey", "a", at, f"{days}{event_id}", score=score, touchpoint=f"t{days}")
                | {"timestamp": at}
            )
    for each in records:
        one.state.advance(each["timestamp"])
        one.take([each])
        one.flush()
    one.state.advance(T)
    assert any(key[18:19] == b"S" for key in one.log)
    one.restart()
    assert Recounted(records, T, definition).differences([one]) == []


def test_ranks_are_those_of_all_ids_however_many() -> None:
    """They are sorted in runs, which are merged."""
    ranks = Ranks(History(IDENTITY)._cancellations)
    entries = [CancellationEntry(n, f"{n * 7_919 % 5_000:04d}", "", n, 1, 2) for n in range(5_000)]
    for at in range(0, len(entries), 1_000):
        ranks.see(entries[at : at + 1_000])
    assert len(list(ranks.ranking())) == 5
    assert [entry.event_id for entry in ranks.named(entries)] == [
        f"{int(entry.event_id):08d}" for entry in entries
    ]
