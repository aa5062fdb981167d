"""A customer of very many signups and cancellations: all count, are known, withdrawn, erased."""

from collections.abc import Iterable

from streams.core.customer.history import History
from streams.core.customer.record import Customer
from streams.core.definition.definition import DAY_MS, SECOND_MS, Definition
from streams.core.totals import OVERALL, flows
from tests.histories import NOW_MS as T
from tests.histories import record
from tests.laws.driver import IDENTITY, Driven
from tests.laws.judging import Recounted, same
from tests.spoiling import Record

N = 160
GREAT = 1_000_000
"""Room for everything: as records were before there were chunks of signups and cancellations."""


def driven(records: Iterable[Record], room: int = 2_048) -> Driven:
    """A partition whose clock stands at T, after these records."""
    one = Driven(Definition(), room)
    one.state.advance(T)
    one.take(records)
    return one


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
    assert history_of(one).names() == []
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
