"""The laws of the core, each on its own: what may differ between two runs without changing a number."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from streams.core.definition.definition import DAY_MS, HOUR_MS
from streams.core.totals import Totals
from tests.histories import ALL, NOW_MS, histories, shuffle
from tests.laws.driver import CLOCKS, KEEPING, Way, drive, totals_of
from tests.laws.judging import Recounted, accounting_of, same
from tests.laws.lawful import law
from tests.spoiling import Record

CHANCE = st.randoms(use_true_random=False)
INSTANTS = st.integers(NOW_MS - DAY_MS, NOW_MS + 2 * HOUR_MS)


def totals(records: list[Record], t: int, way: Way, rng: Random) -> Totals:
    """The totals at t, driven in a way."""
    return totals_of(drive(records, t, way, rng, KEEPING))


@law
@given(histories(), CHANCE, INSTANTS)
def test_totals_equal_the_recount(records: list[Record], rng: Random, t: int) -> None:
    """Every number of every group, and the accounting."""
    assert Recounted(records, t).differences(drive(records, t, Way(), rng)) == []


@law
@given(histories(), CHANCE)
def test_every_order_of_arrival_gives_the_same_totals(records: list[Record], rng: Random) -> None:
    """As long as each record keeps its receipt class."""
    way = Way(clock="fixed", batch=1)
    one, other = (totals(r, NOW_MS, way, rng) for r in (records, shuffle(rng, records)))
    assert same(one, other)


@law
@given(histories(), CHANCE)
def test_when_the_clock_moves_changes_nothing(records: list[Record], rng: Random) -> None:
    """Whether it stands before everything, runs along, jumps about or is there already."""
    at_once, *others = (totals(records, NOW_MS, Way(clock=clock), rng) for clock in CLOCKS)
    assert all(same(at_once, other) for other in others)


@law
@given(histories(max_events=20, features=ALL - {"erases"}), CHANCE, st.integers(0, 3))
def test_a_duplicate_changes_nothing_but_its_counter(records: list[Record], rng: Random, later: int) -> None:
    """Whatever it says, wherever it comes after the first.

    Without erases: after one, a repeat may be erased, or be an event of the next person.
    """
    way = Way(clock=rng.choice(CLOCKS), batch=1)
    before = totals(records, NOW_MS, way, rng)
    twice = list(records)
    for record in records:
        if "value_b64" not in record:
            twice.insert(min(len(twice), twice.index(record) + 1 + later), record)
    after = totals(twice, NOW_MS, way, rng)
    repeats = len(twice) - len(records)
    classes, old = accounting_of(after.accounting), accounting_of(before.accounting)
    spoiled = classes["malformed"] - old["malformed"]
    assert classes.pop("ignored duplicate", 0) - old.pop("ignored duplicate", 0) == repeats - spoiled
    assert {**classes, "received": 0, "malformed": 0} == {**old, "received": 0, "malformed": 0}
    after.accounting = before.accounting
    assert same(before, after)


@law
@given(histories(), CHANCE, st.sampled_from(CLOCKS))
def test_totals_of_partitions_add_up_to_those_of_one(records: list[Record], rng: Random, clock: str) -> None:
    """Because a customer lives in one of them, nothing is counted twice."""
    one, many = (totals(records, NOW_MS, Way(clock=clock, partitions=n), rng) for n in (1, 4))
    assert same(one, many)


@law
@given(histories(), CHANCE, st.lists(INSTANTS, min_size=1, max_size=5))
def test_windows_move_without_events(records: list[Record], rng: Random, instants: list[int]) -> None:
    """A day, an hour or a millisecond later everything is as recounted then."""
    driven = drive(records, NOW_MS - DAY_MS, Way(), rng)
    for t in sorted(instants):
        driven[0].state.advance(t)
        assert Recounted(records, t).differences(driven) == []


@law
@given(histories(), CHANCE, st.sampled_from(CLOCKS))
def test_a_promise_changes_nothing(records: list[Record], rng: Random, clock: str) -> None:
    """Not to ask before the end makes catching up cheap, never wrong."""
    plain, promised = (totals(records, NOW_MS, Way(clock=clock, promise=p), rng) for p in (False, True))
    assert same(plain, promised)


@law
@given(histories(), CHANCE, st.sampled_from(CLOCKS))
def test_when_the_changelog_is_written_changes_nothing(
    records: list[Record], rng: Random, clock: str
) -> None:
    """After every batch, now and then, or never."""
    never, some, always = (totals(records, NOW_MS, Way(clock=clock, flush=p), rng) for p in (0, 0.3, 1))
    assert same(never, some)
    assert same(never, always)
