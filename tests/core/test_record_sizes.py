"""No record of the changelog outgrows a topic, whatever one customer does; what is counted is kept."""

import pytest

from streams.core.definition.definition import DAY_MS, MINUTE_MS, SECOND_MS, Definition
from streams.core.partition.parking import MOST_TOGETHER
from streams.core.partition.pieces import PIECE, PIECES, Pieces, piece_key
from streams.core.totals import OVERALL, flows
from tests.histories import NOW_MS, record
from tests.laws.driver import Driven
from tests.laws.judging import Recounted, same
from tests.spoiling import Record

PLAIN = Definition()


def greatest(one: Driven) -> int:
    """Bytes of the greatest record ever written."""
    return max(len(value or b"") for _, value in one.written)


def ahead(count: int, ms: int) -> list[Record]:
    """So many purchases of one customer, all within ``ms`` after NOW."""
    return [record("purchase", "a", NOW_MS + 1 + n * ms // count, f"p{n}") for n in range(count)]


@pytest.mark.parametrize("ms", [1, 280 * SECOND_MS])
def test_purchases_ahead_of_the_clock_are_kept_over_a_restart(ms: int) -> None:
    """Of one customer, at one instant or over the whole skew: counted means kept."""
    count = 6_000
    one = Driven(PLAIN)
    one.state.advance(NOW_MS)
    one.take_batch(ahead(count, ms))
    one.restart()
    assert greatest(one) < 20_000
    assert one.state.accounting_only().accounting.parked == count
    one.take(ahead(count, ms)[:1])
    assert one.state.accounting_only().accounting.ignored == {"duplicate": 1}
    one.state.advance(NOW_MS + 5 * MINUTE_MS)
    one.restart()
    totals = one.state.totals()
    assert totals.accounting.parked == 0
    assert totals.accounting.balanced
    orders = flows(totals.groups[OVERALL], PLAIN, PLAIN.windows[0])["orders"]
    assert orders == count
    assert not [key for key in one.log if key.startswith(b"P")]


def test_a_second_of_parked_events_costs_its_own_chunks() -> None:
    """What waits longer is not written again, and what comes is added to the newest chunk."""
    one = Driven(PLAIN)
    one.state.advance(NOW_MS)
    one.take_batch(ahead(8_000, 280 * SECOND_MS))
    assert len(one.flush()) >= 8_000 // MOST_TOGETHER
    one.state.advance(NOW_MS + 2 * SECOND_MS)
    assert len([key for key in one.flush() if key.startswith(b"P")]) <= 5
    one.take([record("purchase", "a", NOW_MS + 100 * SECOND_MS, "one more")])
    assert len([key for key in one.flush() if key.startswith(b"P")]) == 1


def test_longest_ids_in_a_chunk_stay_below_a_piece() -> None:
    """A chunk full of what an entry can have at most."""
    one = Driven(PLAIN)
    one.state.advance(NOW_MS)
    ids = [f"{n:03d}".ljust(128, "😀") for n in range(MOST_TOGETHER)]
    one.take(record("survey", "a", NOW_MS + 5, i, source="😀" * 128, touchpoint="x" * 256) for i in ids)
    one.restart()
    assert MOST_TOGETHER * 1_024 < greatest(one) <= PIECE
    assert one.state.accounting_only().accounting.parked == MOST_TOGETHER


def test_a_record_of_many_pieces_comes_back_as_it_was() -> None:
    """Of very many signups with the longest ids, none of them closed: grown, shrunk and erased."""
    definition = PLAIN
    one = Driven(definition, 100_000)
    one.state.advance(NOW_MS)
    ids = [f"{n:04d}".ljust(128, "😀") for n in range(1_200)]
    records = [record("signup", "a", NOW_MS - 5_000 + n, i, source="😀" * 128) for n, i in enumerate(ids)]
    one.take_batch(records)
    before = one.state.totals()
    one.restart()
    assert greatest(one) <= PIECE
    assert len([key for key in one.log if key.startswith(PIECES)]) == 2
    assert same(before, one.state.totals())
    one.take([record("erase", "a", NOW_MS - 3_900)])  # 100 signups are left
    one.restart()
    assert (
        Recounted([*records, record("erase", "a", NOW_MS - 3_900)], NOW_MS, definition).differences([one])
        == []
    )
    one.state.advance(NOW_MS + definition.reach_ms + DAY_MS)
    one.restart()
    assert not [key for key in one.log if key.startswith(PIECES)]


def test_a_missing_piece_is_no_record() -> None:
    """It is told, and nothing is guessed."""
    whole = Pieces()
    (_, *further) = whole.cut([(b"Ckey", bytes(3 * PIECE))])
    damaged = Pieces()
    for key, value in further[1:]:
        damaged.restore(key[1:], value)
    with pytest.raises(ValueError, match="a piece of a record is missing"):
        damaged.joined()


def test_pieces_that_were_deleted_do_not_count() -> None:
    """A log that is not compacted yet tells of them and of their end."""
    pieces = Pieces()
    for key, value in (
        *pieces.cut([(b"Ckey", bytes(2 * PIECE))])[1:],
        *pieces.cut([(b"Ckey", b"small")])[1:],
    ):
        pieces.restore(key[1:], value)
    assert pieces.joined() == {}
    assert pieces.cut([(b"Ckey", None)]) == [(b"Ckey", None)]


def test_a_deleted_value_takes_its_pieces_along() -> None:
    """And leaves those of others alone."""
    pieces = Pieces()
    pieces.cut([(b"Cone", bytes(2 * PIECE)), (b"Cother", bytes(3 * PIECE))])
    assert pieces.cut([(b"Cone", None)]) == [(b"Cone", None), (piece_key(1, b"Cone"), None)]
    gone = [(b"Cother", None), (piece_key(1, b"Cother"), None), (piece_key(2, b"Cother"), None)]
    assert pieces.cut([(b"Cother", None)]) == gone
