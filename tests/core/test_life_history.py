"""A customer of very many signups and cancellations: all count, are known, withdrawn, erased."""

from dataclasses import replace
from typing import Any

import pytest

from streams.core.customer.entries import PurchaseEntry, VoidEntry
from streams.core.customer.history import History
from streams.core.customer.record import Customer
from streams.core.definition.definition import DAY_MS, SECOND_MS, Definition
from streams.core.totals import OVERALL, flows
from tests.histories import NOW_MS as T
from tests.histories import Mix, history, record, seeded
from tests.laws.driver import IDENTITY, Driven, Way, drive, driven
from tests.laws.judging import Recounted, same
from tests.spoiling import Record

N = 160
GREAT = 1_000_000
"""Room for everything: as records were before there were chunks of signups and cancellations."""


def turns(count: int = N) -> list[Record]:
    """Somebody who comes and goes, a minute apart."""
    return [
        record(
            "cancellation" if n % 2 else "signup",
            "a",
            T - (count - n) * 60 * SECOND_MS,
            f"e{n}",
            **({"reason": f"r{n % 3}"} if n % 2 else {"plan": f"p{n // 100}"}),
        )
        for n in range(count)
    ]


def customer_of(one: Driven) -> Customer:
    """Customer a."""
    customer = one.state._customers.get(IDENTITY.customer("a"))
    assert customer is not None
    return customer


def history_of(one: Driven) -> History:
    """Their closed chunks."""
    history = customer_of(one).history
    assert history is not None
    return history


def recounted(records: list[Record], one: Driven) -> list[str]:
    """How totals and the recount differ."""
    return Recounted(records, one.state.clock, Definition()).differences([one])


def test_every_event_counts_and_no_record_is_large() -> None:
    """Written in bounded records; read back they are the same, and known."""
    records = turns()
    one = driven(records)
    before = one.state.totals()
    one.flush()
    assert max(len(value or b"") for _, value in one.written) < 8_192
    assert recounted(records, one) == []
    one.restart()
    assert same(before, one.state.totals())
    assert flows(before.groups[OVERALL], one.definition, one.definition.windows[-1])["churned"] == N // 2
    one.take(records)
    assert one.state.accounting_only().accounting.ignored == {"duplicate": N}


def test_one_more_event_writes_the_head_alone() -> None:
    """And a late one its chunk besides."""
    one = driven(turns())
    one.flush()
    one.take([record("cancellation", "a", T, "the next", reason="r1")])
    assert [key[:1] for key in one.flush()] == [b"C"]
    one.take([record("signup", "a", T - 150 * 60 * SECOND_MS + 1, "late", plan="p0")])
    assert sorted(key[:1] for key in one.flush()) == [b"C", b"H"]


def test_any_of_them_is_withdrawn_and_stays_known() -> None:
    """In the head and in chunks; the last of a head brings the chunk before it back."""
    records = turns()
    one = driven(records)
    voids = [
        record("void", "a", T, f"v{n}", voids_event_id=f"e{n}") for n in {*range(0, N, 7), *range(N - 60, N)}
    ]
    one.take(voids)
    assert recounted([*records, *voids], one) == []
    one.restart()
    assert recounted([*records, *voids], one) == []
    one.take(records)
    assert one.state.accounting_only().accounting.ignored["duplicate"] == N


def test_all_of_them_are_withdrawn() -> None:
    """Nothing is left but what is apart."""
    records = turns()
    one = driven(records, 200)
    voids = [record("void", "a", T, f"v{n}", voids_event_id=f"e{n}") for n in range(N - 1, -1, -1)]
    one.take(voids)
    assert recounted([*records, *voids], one) == []
    history = history_of(one)
    assert history.names() == history.voids.names()
    assert not customer_of(one).signups
    assert not customer_of(one).cancellations


def test_an_erase_takes_them_all() -> None:
    """What stays of them is closed, too, and nobody's."""
    records = [*turns(), record("erase", "a", T - 50 * 60 * SECOND_MS, "x")]
    one = driven(records)
    assert recounted(records, one) == []
    one.restart()
    assert recounted(records, one) == []
    one.state.advance(T + one.definition.reach_ms + DAY_MS)
    one.restart()
    assert not [key for key in one.log if key[:2] == b"HA"]


def test_records_of_one_part_are_taken_over() -> None:
    """They count as they did; the next event closes what is too much."""
    records = turns()
    former = driven(records, GREAT)
    former.flush()
    assert not [key for key in former.log if key[:1] == b"H"]
    one = Driven(Definition())
    for key, value in former.log.items():
        one.state.restore(key, value)
    one.state.restored(former.state.header())
    assert same(former.state.totals(), one.state.totals())
    more = record("cancellation", "a", T, "one more")
    one.take([more])
    assert recounted([*records, more], one) == []
    one.flush()
    assert [key for key in one.written if key[0][:1] == b"H"]


RESTLESS = Mix(signup=5, purchase=1, cancellation=5, survey=0.3, void=2, erase=0.1)
RULES: dict[str, dict[str, Any]] = {
    "default": {},
    "quiet customers leave": {"inactivity_churn_ms": 12 * DAY_MS},
    "quiet ones leave soon": {"inactivity_churn_ms": 2 * DAY_MS, "purchase_reactivates": False},
    "purchases never activate": {"implicit_signup": False, "purchase_reactivates": False},
    "cancelled at once": {"recognition": "cancelled_at"},
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rules", RULES)
def test_restless_lives_are_those_of_the_recount(rules: str, seed: int) -> None:
    """Late, scheduled, withdrawn, voided; with room for one of each kind, all of it is closed."""
    rng = seeded(seed)
    records = history(rng, mix=RESTLESS, events=120, customers=2)
    definition = replace(Definition(), **RULES[rules])
    way = Way(("newest", "fixed", "mixed", "behind")[seed], restart=0.05, flush=0.2, room=64)
    found = Recounted(records, T, definition).differences(drive(records, T, way, rng, definition))
    assert not found, "\n".join(found[:6])


def test_a_life_long_gone_moves_by_panes() -> None:
    """To another profile, and back into the panes of who is gone, by another reason."""
    records = turns(40)
    one = driven(records, 200)
    for more in (
        record("signup", "a", T - 30_000, "trial", trial=True, plan="other"),
        record("cancellation", "a", T - 20_000, "again"),
        record("void", "a", T, "v", voids_event_id="e39"),
        record("signup", "a", T - 10_000, "back", plan="p0", acquisition_cost=5),
        record("signup", "a", T - 20 * DAY_MS, "first of all", acquisition_cost=7),
        record("void", "a", T, "w", voids_event_id="first of all"),
        record("cancellation", "a", T - 5_000, "last", reason="r9"),
    ):
        records.append(more)
        one.take([more])
        assert recounted(records, one) == []


def test_what_is_scheduled_is_withdrawn_by_the_next_signup() -> None:
    """However many are pending; and stands again when that is voided, the clock there or beyond."""
    records = turns(40)
    records += [
        record("cancellation", "a", T - 40_000 + n, f"p{n}", effective_at=T + n * 1_000) for n in range(60)
    ]
    one = driven(records, 200)
    assert len(history_of(one).line.pending) == 59  # type: ignore[union-attr]
    for t, more in (
        (T, record("signup", "a", T - 35_000, "stays")),
        (T, record("void", "a", T, "v", voids_event_id="stays")),
        (T + 20_000, record("signup", "a", T + 10_000, "late")),
        (T + 30_000, record("void", "a", T + 21_000, "w", voids_event_id="late")),
        (T + 30_000, record("void", "a", T + 22_000, "x", voids_event_id="p50")),
        (T + 90_000, record("void", "a", T + 22_000, "y", voids_event_id="p7")),
    ):
        one.state.advance(t)
        records.append(more)
        one.take([more])
        assert recounted(records, one) == []


def test_short_lives_come_back_by_orders() -> None:
    """The first time, and again; a low answer stays in mind."""
    records = [record("signup", "a", T - 90_000, "s"), record("survey", "a", T - 85_000, "v", score=1)]
    for n in range(3):
        at = T - 80_000 + n * 10_000
        records += [record("cancellation", "a", at, f"c{n}"), record("purchase", "a", at + 1_000, f"p{n}")]
    late = [
        record("cancellation", "a", T - 9_000, "x", effective_at=T - 1_000),
        record("purchase", "a", T - 8_000, "y"),
        record("cancellation", "a", T - 7_000, "z"),
        record("purchase", "a", T - 6_000, "q"),
    ]
    one = driven([*records, *late])
    assert recounted([*records, *late], one) == []


def test_those_who_never_signed_up_fall_silent_by_their_orders() -> None:
    """Trials are no activity, closed or not."""
    definition = replace(Definition(), inactivity_churn_ms=2 * DAY_MS)
    records: list[Record] = []
    for n in range(12):
        at = T - (40 - 3 * n) * DAY_MS
        records += [
            record("signup", "a", at, f"s{n}", trial=True),
            record("purchase", "a", at + 1, f"p{n}"),
            record("cancellation", "a", at + 2, f"c{n}"),
            record("purchase", "a", at + 3, f"q{n}"),
        ]
    one = Driven(definition, 64)
    for each in records:
        one.state.advance(each["value"]["occurred_at"])
        one.take([each])
    one.state.advance(T)
    assert Recounted(records, T, definition).differences([one]) == []


def test_a_void_withdraws_all_that_have_its_id() -> None:
    """Of one id there may be two: the first was forgotten when the second came."""
    one = driven([record("signup", "a", T - 10 * DAY_MS)])
    key, digest = IDENTITY.customer("a"), IDENTITY.event("", "p")
    paths = one.state._intake._paths
    for at_ms in (T - 2 * DAY_MS, T - DAY_MS):
        paths.apply(key, PurchaseEntry(at_ms, digest, 100, base=True))

    def orders() -> int:
        month = Definition().windows[-1]
        return flows(one.state.totals().groups[OVERALL], Definition(), month)["orders"]

    assert orders() == 2
    paths.apply(key, VoidEntry(T, IDENTITY.event("", "v"), digest))
    assert orders() == 0
    assert one.state.totals().accounting.void_pending == 0
