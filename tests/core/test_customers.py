"""What records add to the gauges as time passes, and that waking without reason changes nothing."""

from streams.core.definition.definition import DAY_MS, HOUR_MS, MINUTE_MS, Definition
from streams.core.totals import OVERALL, gauges
from tests.histories import NOW_MS as T
from tests.histories import record
from tests.laws.driver import Driven
from tests.laws.judging import Recounted
from tests.spoiling import Record


def driven(*records: Record, t: int = T) -> Driven:
    """A partition whose clock stands at t, after these records."""
    one = Driven(Definition())
    one.state.advance(t)
    one.take(records)
    return one


def standing(one: Driven) -> dict[str, int]:
    """The gauges of the whole."""
    return gauges(one.state.totals().groups[OVERALL])


def test_bands_change_in_silence() -> None:
    """Five thirds of the own gap after the last order: medium; seven thirds: high."""
    one = driven(record("signup", "a", T - DAY_MS), record("purchase", "a", T))
    steps = []
    for days in (49, 50, 69, 70):
        one.state.advance(T + days * DAY_MS)
        steps.append([standing(one)[band] for band in ("low", "medium", "high")])
    assert steps == [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]]


def test_a_year_makes_long_term_to_the_millisecond() -> None:
    """Without any event."""
    one = driven(record("signup", "a", T))
    for ms, long_term in ((-1, 0), (0, 1)):
        one.state.advance(T + 365 * DAY_MS + ms)
        assert standing(one)["long_term"] == long_term


def test_waking_without_reason_changes_nothing() -> None:
    """A vote that would have lost its weight within the hour, but was withdrawn before."""
    at = T - 90 * DAY_MS + 10 * MINUTE_MS
    vote = record("survey", "a", at, "vote", score=0)
    records = [
        record("signup", "a", T - 400 * DAY_MS),
        vote,
        record("void", "a", at, voids_event_id="vote") | {"timestamp": at},
    ]
    one = driven(*records)
    one.flush()
    before = standing(one)
    one.state.advance(T + 20 * MINUTE_MS)
    assert standing(one) == before
    assert one.flush() == {}
    assert Recounted(records, T + 20 * MINUTE_MS).differences([one]) == []


def test_where_very_many_are_due_the_clock_follows_later() -> None:
    """Events go on meanwhile, and in the end everything is as if there had been no hurry."""
    at = T - T % HOUR_MS + HOUR_MS
    names = [f"c{n}" for n in range(3_300)]
    records = [record("signup", name, T - DAY_MS) for name in names]
    records += [record("cancellation", name, T - 5, effective_at=at) for name in names]
    one = driven(*records)
    one.state.advance(at - 1)
    while one.state.clock < at:
        one.state.follow(at)
    assert one.state._customers.late  # most of them wait for their turn
    late = [record("purchase", "c3299", at, "p"), record("signup", "c3298", at - 1, "again")]
    one.take(late)
    one.state.follow(at + 1)
    assert one.state.clock == at
    one.take([record("signup", "c3298", at, "once more")])
    one.state.advance(at + 1)
    late.append(record("signup", "c3298", at, "once more"))
    assert Recounted([*records, *late], at + 1).differences([one]) == []
    for _ in range(2):
        one.state.follow(at + 2)
        assert one.state.clock == at + 2


def test_a_timer_of_someone_erased_wakes_nobody() -> None:
    """Neither within the hour nor later."""
    records = [
        record("signup", "a", T - DAY_MS),
        record("cancellation", "a", T - 5, effective_at=T + MINUTE_MS),
        record("erase", "a", T),
    ]
    one = driven(*records)
    for t in (T + 2 * MINUTE_MS, T + HOUR_MS):
        one.state.advance(t)
        assert Recounted(records, t).differences([one]) == []


def test_windows_moving_writes_no_record() -> None:
    """Bands and edges pass in silence, in the changelog too."""
    one = driven(record("signup", "a", T - DAY_MS), record("purchase", "a", T))
    one.flush()
    one.state.advance(T + 60 * DAY_MS)
    assert standing(one)["medium"] == 1
    assert one.flush() == {}
