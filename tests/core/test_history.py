"""A customer of very many events: what it costs in bytes, and that all of it is known, withdrawn, erased."""

from streams.core.customer.history import History
from streams.core.customer.index import Index
from streams.core.definition.definition import DAY_MS, MINUTE_MS, SECOND_MS, Definition
from streams.core.totals import OVERALL, flows
from tests.histories import NOW_MS as T
from tests.histories import record
from tests.laws.driver import IDENTITY, Driven
from tests.laws.judging import Recounted, same
from tests.spoiling import Record

N = 1_000
HUNDRED = 100


def driven(records: list[Record], room: int = 2_048) -> Driven:
    """A partition whose clock stands at T, after these records."""
    one = Driven(Definition(), room)
    one.state.advance(T)
    one.take(records)
    return one


def purchases(count: int = N) -> list[Record]:
    """Purchases of one customer, a minute apart, all within a day."""
    return [record("purchase", "a", T - (count - n) * MINUTE_MS, f"p{n}") for n in range(count)]


def answers(count: int) -> list[Record]:
    """Answers of one customer, ever another score."""
    return [record("survey", "a", T - (count - n) * SECOND_MS, f"s{n}", score=n % 11) for n in range(count)]


def flow(one: Driven, name: str) -> int:
    """A count of the last 30 days."""
    return flows(one.state.totals().groups[OVERALL], one.definition, one.definition.windows[-1])[name]


def history_of(one: Driven) -> History:
    """The closed chunks of customer a."""
    customer = one.state._customers.get(IDENTITY.customer("a"))
    assert customer is not None
    assert customer.history is not None
    return customer.history


def test_every_event_counts_and_no_record_is_large() -> None:
    """Written in bounded records; read back they are the same."""
    records = [*purchases(), *answers(N)]
    one = driven(records)
    before = one.state.totals()
    one.flush()
    assert max(len(value or b"") for _, value in one.written) < 8_192
    one.restart()
    assert same(before, one.state.totals())
    assert flow(one, "orders") == N
    one.take(records)
    assert one.state.accounting_only().accounting.ignored == {"duplicate": 2 * N}


def test_one_more_event_writes_the_head_alone() -> None:
    """And a late one its chunk besides."""
    one = driven(purchases())
    one.flush()
    one.take([record("purchase", "a", T, "new")])
    assert [key[:1] for key in one.flush()] == [b"C"]
    one.take([record("purchase", "a", T - 900 * MINUTE_MS + 1, "late")])
    written = one.flush()
    assert [key[:1] for key in written] == [b"C", b"H"]
    assert sum(len(value or b"") for value in written.values()) < 4_096


def test_what_stands_in_a_chunk_can_be_withdrawn() -> None:
    """Purchases and answers, the first, the last, all of a chunk, all of everything."""
    records = [*purchases(HUNDRED), *answers(HUNDRED)]
    numbers = [0, 1, 2, 3, 4, 50, 51, 99, 98, *range(60, 90)]
    for kind in "ps":
        records += [record("void", "a", T, f"v{kind}{n}", voids_event_id=f"{kind}{n}") for n in numbers]
    one = driven(records, 128)
    assert Recounted(records, T).differences([one]) == []
    one.restart()
    rest = [n for n in range(HUNDRED) if n not in numbers]
    records += [
        record("void", "a", T, f"w{kind}{n}", voids_event_id=f"{kind}{n}") for n in rest for kind in "ps"
    ]
    one.take(records[-2 * len(rest) :])
    assert Recounted(records, T).differences([one]) == []
    one.restart()
    assert Recounted(records, T).differences([one]) == []
    assert not [key for key in one.log if key[:1] == b"H"]


def test_an_erase_takes_all_chunks() -> None:
    """What is later begins anew; the anonymous past is as long as it was, and has no ids."""
    erase = record("erase", "a", T - 500 * MINUTE_MS)
    records = [*purchases(), *answers(HUNDRED), record("void", "a", T - 5, voids_event_id="p3"), erase]
    one = driven(records, 256)
    assert Recounted(records, T).differences([one]) == []
    one.restart()
    assert Recounted(records, T).differences([one]) == []
    past = [value for key, value in one.log.items() if key[:2] == b"HA"]
    assert past
    one.state.advance(T + Definition().reach_ms + 2 * DAY_MS)
    one.flush()
    assert not [key for key in one.log if key[:2] == b"HA"]


def test_a_move_takes_closed_events_along() -> None:
    """To another profile, in order and late."""
    records = [
        *purchases(HUNDRED),
        *answers(HUNDRED),
        record("signup", "a", T, segment="smb"),
        record("cancellation", "a", T - 50 * MINUTE_MS + 1),
        record("signup", "a", T - 20 * MINUTE_MS + 1, segment="ent"),
    ]
    one = driven(records, 128)
    assert Recounted(records, T).differences([one]) == []


def test_an_index_knows_what_was_entered() -> None:
    """However many, and hardly anything else."""
    index = Index()
    ids = [IDENTITY.event("", f"e{n}") for n in range(5_000)]
    for n, digest in enumerate(ids[:2_500]):
        index.add(digest, n % 7)
        index.add(digest, 8)
    for digest in ids:
        index.discard(digest, 8)
    assert [index.places(digest) for digest in ids[:2_500]] == [[n % 7] for n in range(2_500)]
    assert all(index.holds(digest) for digest in ids[:2_500])
    assert not any(index.holds(digest) for digest in ids[2_500:])
