"""A customer of very many events: what it costs in bytes, and that all of it is known, withdrawn, erased."""

from dataclasses import replace

import pytest

from streams.core.customer.blocks import bought_as, place_of
from streams.core.customer.entries import PURCHASE_SIZE, PurchaseEntry, pack_purchase, purchases_of
from streams.core.customer.history import History
from streams.core.customer.identity import DIGEST_SIZE
from streams.core.customer.index import Index
from streams.core.customer.record import Customer
from streams.core.customer.voided import VOIDS
from streams.core.definition.definition import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Definition
from streams.core.partition.store.customers import CHUNK, LOG_KEY_SIZE
from streams.core.totals import OVERALL, flows
from tests.histories import NOW_MS as T
from tests.histories import record
from tests.laws.driver import IDENTITY, Driven, driven
from tests.laws.judging import Recounted, same
from tests.spoiling import Record

N = 1_000
HUNDRED = 100
WAITING = 40


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
    assert {key[1 + LOG_KEY_SIZE :][:1] for key in one.log if key[:1] == CHUNK} == {VOIDS}


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


def at_its_time(kind: str, ms: int, event_id: str, **fields: object) -> Record:
    """An event of customer a that is received when it happens."""
    return record(kind, "a", ms, event_id, **fields) | {"timestamp": ms}


def test_what_nothing_can_touch_any_more_loses_its_ids_and_nothing_else() -> None:
    """A year of purchases: late ones, repeats and voids are judged as if all were kept."""
    definition = replace(Definition(), kept_for_ms=5 * DAY_MS)
    year = [T - (365 * 2 - n) * DAY_MS // 2 for n in range(365 * 2)]
    records = [at_its_time("signup", T - 400 * DAY_MS, "s")]
    records += [at_its_time("purchase", ms, f"p{n}") for n, ms in enumerate(year)]
    records += [
        record("purchase", "a", T - 200 * DAY_MS, "p350"),
        record("purchase", "a", T - 9 * DAY_MS + 5, "too late"),
        record("purchase", "a", T - 4 * DAY_MS + 5, "late"),
        record("void", "a", T, "v1", voids_event_id="p350"),
        record("void", "a", T, "v2", voids_event_id="p725"),
        record("signup", "a", T, segment="smb"),
        record("cancellation", "a", T - 100 * DAY_MS + 7),
        record("erase", "a", T - 50 * DAY_MS),
    ]
    one = Driven(definition, 128)
    for number, each in enumerate(records):
        one.state.advance(min(T, each["timestamp"]))
        one.take([each])
        if number % 50 == 0 or number > len(year):
            one.restart()
        if number == len(year):
            gone = IDENTITY.event("", "p350")
            assert not any(gone in value for value in one.log.values())
            assert sum(len(value) for key, value in one.log.items() if key[:1] == b"H") < 16 * len(year)
    assert Recounted(records, T, definition).differences([one]) == []


def test_a_void_that_waits_keeps_what_it_reaches() -> None:
    """However long the clock stands still while the log goes on."""
    definition = replace(Definition(), kept_for_ms=5 * DAY_MS)
    one = Driven(definition, 64)
    begin = T - 60 * DAY_MS
    records = [at_its_time("purchase", begin + n, f"p{n}") for n in range(60)]
    records.append(at_its_time("void", begin + DAY_MS, "v", voids_event_id="p3"))
    records += [at_its_time("purchase", begin + 2 * DAY_MS + n * DAY_MS, f"q{n}") for n in range(50)]
    one.state.advance(begin + HOUR_MS)
    for each in records:
        one.take([each])
        one.flush()
    one.restart()
    one.state.advance(T)
    one.restart()
    assert Recounted(records, T, definition).differences([one]) == []


def test_many_late_events_split_a_chunk() -> None:
    """Purchases and answers; then the ids of both halves are known."""
    records = [*purchases(HUNDRED), *answers(HUNDRED)]
    for n in range(60):
        records.append(record("purchase", "a", T - HUNDRED * MINUTE_MS + 1 + n, f"late p{n}"))
        records.append(record("survey", "a", T - HUNDRED * SECOND_MS + 1 + n, f"late s{n}"))
    one = driven(records, 192)
    one.take(records)
    assert one.state.accounting_only().accounting.ignored == {"duplicate": len(records)}
    assert len(history_of(one).purchases) > HUNDRED // 6
    assert Recounted([*records, *records], T).differences([one]) == []


def test_voids_before_after_and_twice() -> None:
    """Of each kind: the first that comes acts, a second one is not pending, an id of any of them is known."""
    records = [record("signup", "a", T - 9, "s", segment="smb"), record("signup", "a", T - 9 * DAY_MS, "s0")]
    records += [record("survey", "a", T - 8, "n", score=3), record("purchase", "a", T - 7, "p")]
    records += [
        record("cancellation", "a", T - 6, "c"),
        record("purchase", "a", T - DAY_MS, "r", amount="-1"),
    ]
    for target in "snpcr":
        records.insert(ord(target) % 5, record("void", "a", T - 5, f"v{target}", voids_event_id=target))
        records.append(record("void", "a", T - 4, f"w{target}", voids_event_id=target))
    for order in (records, records[::-1]):
        one = driven(order, 64)
        assert one.state.accounting_only().accounting.void_pending == 0
        one.take(order)
        assert one.state.accounting_only().accounting.ignored == {"duplicate": len(records)}
        assert Recounted([*order, *order], T).differences([one]) == []


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


def test_an_id_is_looked_for_where_ids_begin() -> None:
    """The same bytes across two entries are nobody's."""
    index = Index()
    index.add(b"\1\2\3\4\5", 0x060708)
    index.add(b"\1\1\1\1\1", 0)
    assert not index.holds(b"\3\4\5\6\7")
    index.discard(b"\3\4\5\6\7", 0)
    assert index.places(b"\1\2\3\4\5") == [0x060708]


@pytest.mark.parametrize("room", [10_000, 2 * PURCHASE_SIZE])
def test_of_two_purchases_of_one_id_the_one_that_is_meant_goes(room: int) -> None:
    """An id that was forgotten and came again: in the head, and in closed chunks."""
    digest, customer = bytes(range(DIGEST_SIZE)), Customer()
    first, second, third = (PurchaseEntry(at, digest, 100, base=True) for at in (1_000, 2_000, 3_000))
    for entry in (first, second, third):
        customer.add_purchase(entry, IDENTITY, room)
    customer.take_purchase(second)
    assert purchases_of(customer.bought) == [first, third]
    customer.take_purchase(first)
    assert purchases_of(customer.bought) == [third]


def shopper(*voided: str, **of_last: object) -> list[Record]:
    """A customer with a refund, a vote, two orders at one instant, and an order that is the newest event."""
    records = [
        record("signup", "a", T - 80 * DAY_MS, "s"),
        record("survey", "a", T - 9 * DAY_MS, "n", score=2),
    ]
    for days, event_id, amount in (
        (30, "p1", "9"),
        (20, "p2", "9"),
        (20, "p3", "8"),
        (12, "r", "-4"),
        (1, "p4", "7"),
    ):
        records.append(record("purchase", "a", T - days * DAY_MS, event_id, amount=f"{amount}.00"))
    records += [record("void", "a", T - HOUR_MS, f"v{target}", voids_event_id=target) for target in voided]
    return records if not of_last else [*records, record("purchase", "a", T - 5, "new", **of_last)]


WITHDRAWN = (
    *(
        ("p1",),
        ("p2",),
        ("p3",),
        ("r",),
        ("p4",),
        ("p4", "r"),
        ("p2", "p3", "p1"),
        ("p1", "p2", "p3", "p4"),
        ("x",),
    ),
    *(("p1", "p2", "p3", "p4", "n"), ("n", "r", "p4", "s")),
)


@pytest.mark.parametrize("voided", WITHDRAWN, ids="+".join)
@pytest.mark.parametrize("room", [2_048, 32])
def test_a_withdrawn_purchase_takes_along_what_only_it_counted(voided: tuple[str, ...], room: int) -> None:
    """First, middle, last, of two at one instant, a refund, the newest event: as if it had never been."""
    for records in (shopper(*voided), shopper(*voided, amount="1.00"), shopper(*voided, amount="-1.00")):
        one = driven(records, room)
        assert Recounted(records, T).differences([one]) == []
        one.restart()
        assert Recounted(records, T).differences([one]) == []


def test_a_void_reaches_what_has_left_the_panes() -> None:
    """Where the log is behind the clock by more than retention."""
    definition = replace(Definition(), kept_for_ms=9 * DAY_MS)
    begin = T - 200 * DAY_MS
    records = [at_its_time("signup", begin, "s")]
    records += [at_its_time("purchase", begin + n * DAY_MS, f"p{n}") for n in (1, 2, 3)]
    records.append(at_its_time("void", begin + 4 * DAY_MS, "v", voids_event_id="p2"))
    one = Driven(definition)
    one.state.advance(T)
    one.take(records)
    assert Recounted(records, T, definition).differences([one]) == []


def test_the_latest_votes_follow_what_is_withdrawn_and_reopened() -> None:
    """Of each touchpoint, with answers on other scales between; down to nothing."""
    records: list[Record] = []
    for n in range(HUNDRED):
        other = {"survey": "csat", "score": 1 + n % 5} if n % 3 else {"score": n % 11}
        records.append(
            record("survey", "a", T - (HUNDRED - n) * HOUR_MS, f"s{n}", touchpoint=f"t{n % 4}", **other)
        )
    one = driven(records, 128)
    assert len(history_of(one).answers) > 10
    for n in (*range(0, 40, 2), *range(99, 40, -1), *range(1, 40, 2), 40):
        void = record("void", "a", T, f"v{n}", voids_event_id=f"s{n}")
        records.append(void)
        one.take([void])
        if n % 10 == 0:
            assert Recounted(records, T).differences([one]) == []
            one.restart()
    assert Recounted(records, T).differences([one]) == []


def test_a_void_after_very_many_writes_as_little_as_the_first() -> None:
    """Head, chunk of the target, now and then one of voids; waiting voids and repeats, too."""
    one = driven([*purchases(), *answers(HUNDRED)])
    voids = [record("void", "a", T, f"v{n}", voids_event_id=f"p{n + 200}") for n in range(HUNDRED)]
    voids += [record("void", "a", T, f"w{n}", voids_event_id=f"q{n}") for n in range(WAITING)]
    written: list[int] = []
    for void in voids:
        one.take([void])
        written.append(sum(len(key) + len(value or b"") for key, value in one.flush().items()))
    assert max(written[1:]) <= max(written[1:5]) + 512, "of the head, what voids have room for"
    assert max(written[HUNDRED:]) <= 3_072, "the target's chunk is not written"
    one.take(voids)
    waited_for = [record("purchase", "a", T - n, f"q{n}") for n in range(0, WAITING, 2)]
    one.restart()
    one.take([*voids, *waited_for, *waited_for])
    accounting = one.state.accounting_only().accounting
    assert accounting.ignored == {"duplicate": 2 * len(voids) + len(waited_for)}
    assert accounting.void_pending == WAITING // 2
    records = [*purchases(), *answers(HUNDRED), *voids, *voids, *voids, *waited_for, *waited_for]
    assert Recounted(records, T).differences([one]) == []


def test_an_erase_parts_closed_voids_from_what_they_withdrew() -> None:
    """What a later void withdrew counts again; what is later than the erase knows the later voids."""
    records = [*purchases(HUNDRED), *answers(HUNDRED)]
    for n in range(HUNDRED // 2):
        at = T - (HUNDRED - n - 1) * MINUTE_MS + 1
        records.append(record("void", "a", at, f"v{n}", voids_event_id=f"p{n}"))
        records.append(record("void", "a", at, f"w{n}", voids_event_id=f"s{n * 2}"))
    records.append(record("erase", "a", T - 60 * MINUTE_MS, "e"))
    one = driven(records, 128)
    assert Recounted(records, T).differences([one]) == []
    one.restart()
    assert Recounted(records, T).differences([one]) == []


def test_settled_chunks_come_back_into_an_empty_head() -> None:
    """Purchases and answers whose ids are gone, once everything newer was withdrawn."""
    definition = replace(Definition(), kept_for_ms=5 * DAY_MS)
    one = Driven(definition, 96)
    records = [at_its_time("signup", T - 90 * DAY_MS, "s")]
    for days in range(80, 10, -1):
        records.append(at_its_time("purchase", T - days * DAY_MS, f"p{days}"))
        records.append(at_its_time("survey", T - days * DAY_MS, f"a{days}", score=days % 11))
    for each in records:
        one.state.advance(each["timestamp"])
        one.take([each])
        one.flush()
    settled = {key[18:19] for key in one.log if key[:1] == b"H"} & {b"P", b"S"}
    assert settled == {b"P", b"S"}
    customer = one.state._customers.get(IDENTITY.customer("a"))
    assert customer is not None
    assert len(customer.bought) == 70 * PURCHASE_SIZE
    for entry in purchases_of(customer.bought)[::-1][:50]:
        customer.take_purchase(entry)
    for answer in customer.answered[::-1][:50]:
        customer.take_answer(answer)
    assert [entry.at_ms for entry in purchases_of(customer.bought)] == [
        T - d * DAY_MS for d in range(80, 60, -1)
    ]
    assert [entry.at_ms for entry in customer.answered] == [T - d * DAY_MS for d in range(80, 60, -1)]
    latest = customer.vote(None)
    assert latest is not None
    assert latest[0] == T - 61 * DAY_MS


def test_an_id_within_the_bytes_of_others_is_nobodys() -> None:
    """Of purchases in a block, where places are looked for by bytes."""
    first, second = (PurchaseEntry(1, bytes([n] * DIGEST_SIZE), 0, base=False) for n in (1, 2))
    block = pack_purchase(first) + pack_purchase(second)
    odd = block[DIGEST_SIZE : 2 * DIGEST_SIZE]
    assert place_of(block, odd) == -1
    assert place_of(block, second.digest) == PURCHASE_SIZE
    assert bought_as(block, odd) == []


def test_of_many_refunds_the_few_orders_are_found() -> None:
    """In any chunk, and where there is none any more."""
    hours = range(HUNDRED, 0, -1)
    refunds = [record("purchase", "a", T - h * HOUR_MS, f"r{h}", amount="-1.00") for h in hours]
    orders = [record("purchase", "a", T - h * HOUR_MS + 1, f"o{h}", amount="5.00") for h in (95, 50)]
    records = [record("signup", "a", T - 9 * DAY_MS, "s"), *refunds, *orders]
    one = driven(records, 96)
    for each in (
        record("purchase", "a", T - 70 * HOUR_MS + 2, "between", amount="5.00"),
        *(
            record("void", "a", T, f"v{target}", voids_event_id=target)
            for target in ("o50", "between", "o95")
        ),
    ):
        records.append(each)
        one.take([each])
        assert Recounted(records, T).differences([one]) == []


def test_what_was_withdrawn_or_waits_is_forgotten_in_time_too() -> None:
    """A new purchase may have the id then."""
    definition = replace(Definition(), kept_for_ms=7 * DAY_MS)
    begin = T - 60 * DAY_MS
    records = [
        at_its_time("purchase", begin, "p"),
        at_its_time("void", begin + 1, "v", voids_event_id="p"),
        *(at_its_time("purchase", begin + n * DAY_MS, f"q{n}") for n in (1, 2, 30)),
        at_its_time("purchase", begin + 31 * DAY_MS, "p"),
        at_its_time("purchase", begin + 32 * DAY_MS, "q1"),
        at_its_time("purchase", begin + 33 * DAY_MS, "q30"),
    ]
    for waits in (False, True):
        one = Driven(definition)
        one.state.advance(begin - DAY_MS if waits else T)
        one.take(records)
        one.state.advance(T)
        assert Recounted(records, T, definition).differences([one]) == []
        assert one.state.accounting_only().accounting.ignored == {"duplicate": 1}


def test_a_withdrawn_order_changes_the_risk() -> None:
    """Of a detractor who ordered every day, as far as is known then."""
    records = [record("signup", "a", T - 60 * DAY_MS, "s"), record("survey", "a", T - 20 * DAY_MS, score=0)]
    records += [record("purchase", "a", T - n * DAY_MS, f"p{n}") for n in range(30, 0, -1)]
    one = driven(records)
    bands = []
    for n in range(1, 30):
        void = record("void", "a", T, f"v{n}", voids_event_id=f"p{n}")
        records.append(void)
        one.take([void])
        bands.append(tuple(one.state.totals().groups[OVERALL][2:5]))
        assert Recounted(records, T).differences([one]) == []
    assert len({*bands}) > 1


def test_who_leaves_and_returns_with_a_long_history() -> None:
    """Again and again, to other profiles, through restarts: as the recount says."""
    records: list[Record] = [record("signup", "a", T - 50 * HOUR_MS, "s", plan="a")]
    records += [
        record("purchase", "a", T - (2_900 - n) * MINUTE_MS, f"p{n}", amount="1.00") for n in range(HUNDRED)
    ]
    for n in range(12):
        at = T - (2_000 - 20 * n) * MINUTE_MS
        records += [
            record("cancellation", "a", at, f"c{n}", reason=f"r{n % 3}"),
            record("purchase", "a", at + MINUTE_MS, f"q{n}", amount="2.00"),
            record("signup", "a", at + 2 * MINUTE_MS, f"u{n}", plan=f"p{n % 4}"),
        ]
    one = driven([], 128)
    for number, each in enumerate(records):
        one.take([each])
        if number % 7 == 0:
            one.restart()
    assert history_of(one).line
    assert Recounted(records, T).differences([one]) == []


def test_what_is_overdue_within_a_chunk_bounds_what_may_come() -> None:
    """The newest overdue purchase stands among others that are not."""
    definition = replace(Definition(), kept_for_ms=5 * DAY_MS)
    records = [at_its_time("purchase", T - 6 * DAY_MS + n * HOUR_MS, f"p{n}") for n in range(60)]
    records += [
        at_its_time("purchase", T, "now"),
        record("purchase", "a", T - 6 * DAY_MS + HOUR_MS + 1, "sealed"),
    ]
    records.append(record("purchase", "a", T - 5 * DAY_MS - 1, "after the horizon"))
    one = Driven(definition, 480)
    one.state.advance(T)
    one.take(records)
    assert one.state.accounting_only().accounting.ignored == {"sealed": 1}
    assert Recounted(records, T, definition).differences([one]) == []


def test_a_chunk_that_the_log_has_and_takes_back_is_none() -> None:
    """As an uncompacted log tells it."""
    one = driven(purchases(HUNDRED), 256)
    one.flush()
    two = Driven(Definition(), 256)
    key = IDENTITY.customer("b")
    two.state.restore(b"HC" + key + b"p\0\0\0\0", bytes(PURCHASE_SIZE))
    two.state.restore(b"HC" + key + b"p\0\0\0\0", None)
    for name, value in one.log.items():
        two.state.restore(name, value)
    two.state.restored(one.state.header())
    assert same(one.state.totals(), two.state.totals())
    assert list(two.state._customers.long) == [IDENTITY.customer("a")]
