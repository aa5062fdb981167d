"""Names that no record needs any more leave state and changelog; those that any record needs stay."""

from streams.core.customer.record import ROOM
from streams.core.definition.definition import DAY_MS, HOUR_MS, Definition
from streams.core.partition.state import group_key
from streams.core.partition.sweep.steps import finish
from tests.histories import NOW_MS as T
from tests.histories import record
from tests.laws.driver import Driven
from tests.laws.judging import same
from tests.spoiling import Record

FORGOTTEN_MS = Definition().retention_ms + HOUR_MS


def driven(*records: Record, definition: Definition | None = None, room: int = ROOM) -> Driven:
    """A partition at T after these records, flushed."""
    one = Driven(definition or Definition(), room)
    one.state.advance(T)
    one.take(records)
    one.flush()
    return one


def passed(one: Driven) -> list[bytes]:
    """The names in the changelog after a pass over all records and a flush."""
    finish(one.state.sweeping(10))
    one.flush()
    return [value for key, value in one.log.items() if key.startswith(b"G")]


def holds(names: list[bytes], text: str) -> bool:
    """Whether any group bears a name."""
    return any(text.encode() in packed for packed in names)


def life(customer: str, name: str) -> list[Record]:
    """A customer with names of their own in every dimension."""
    return [
        record("signup", customer, T - 9 * DAY_MS, segment=f"segment-{name}", plan="pro"),
        record("survey", customer, T - 8 * DAY_MS, touchpoint=f"touchpoint-{name}"),
        record("cancellation", customer, T - 7 * DAY_MS, reason=f"reason-{name}", churn_type="voluntary"),
    ]


def test_what_only_an_erased_customer_had_goes_with_their_last_window() -> None:
    """Until then the anonymous person keeps it; a restart in between changes nothing."""
    one = driven(*life("a", "mine"), *life("b", "theirs"), record("erase", "a", T - HOUR_MS))
    assert holds(passed(one), "reason-mine")
    one.restart()
    one.state.advance(T + FORGOTTEN_MS)
    before = one.state.totals()
    names = passed(one)
    for dimension in ("segment", "touchpoint", "reason"):
        assert not holds(names, f"{dimension}-mine")
        assert holds(names, f"{dimension}-theirs")
        assert not any(value.endswith("-mine") for _, value in one.state.values)
    assert same(one.state.totals(), before)
    one.restart()
    assert same(one.state.totals(), before)
    assert not any("mine" in value for value in map(str, one.state.values))


def test_a_name_that_comes_back_is_made_anew() -> None:
    """Under another number, or after a restart under the same."""
    for restart in (False, True):
        one = driven(*life("a", "mine"), record("erase", "a", T - HOUR_MS))
        one.state.advance(T + FORGOTTEN_MS)
        assert not holds(passed(one), "mine")
        if restart:
            one.restart()
        again = record("signup", "c", T + HOUR_MS, segment="segment-mine") | {"timestamp": T + FORGOTTEN_MS}
        one.take([again])
        assert one.state.totals().groups["segment", "segment-mine"][0] == 1
        assert holds(passed(one), "segment-mine")
        one.restart()
        assert one.state.totals().groups["segment", "segment-mine"][0] == 1


def test_what_is_erased_or_looked_up_during_a_pass_stays() -> None:
    """The anonymous person is a new record that the pass never meets, and so is a newcomer."""
    one = driven(*life("z", "first"), *life("a", "mine"))
    steps = one.state.sweeping(10)
    next(steps)
    one.take([record("erase", "a", T - HOUR_MS), *life("b", "new")])
    finish(steps)
    one.flush()
    names = [value for key, value in one.log.items() if key.startswith(b"G")]
    assert holds(names, "reason-mine")
    assert holds(names, "reason-new")


def test_what_waits_for_its_time_keeps_its_names() -> None:
    """Parked before the pass or during it."""
    ahead = [record("signup", "a", T + 5_000, segment="soon"), record("erase", "x", T + 6_000)]
    one = driven(*ahead, record("signup", "here", T - 1))
    steps = one.state.sweeping(10)
    next(steps)
    one.take([record("survey", "b", T + 7_000, touchpoint="sooner")])
    finish(steps)
    one.flush()
    names = [value for key, value in one.log.items() if key.startswith(b"G")]
    assert holds(names, "soon")
    assert holds(names, "sooner")


def test_closed_answers_keep_their_touchpoint() -> None:
    """Wherever they stand."""
    answers = [record("survey", "a", T - n * HOUR_MS, touchpoint=f"t{n}") for n in range(9, 0, -1)]
    one = driven(*answers, room=64)
    before = one.state.totals()
    names = passed(one)
    assert all(holds(names, f"t{n}") for n in range(1, 10))
    assert same(one.state.totals(), before)


def test_a_pass_that_was_broken_off_is_begun_anew() -> None:
    """And one that found nothing gone is no reason to look again."""
    one = driven(*life("a", "mine"), record("erase", "a", T - HOUR_MS))
    next(one.state.sweeping(10))
    one.state.advance(T + FORGOTTEN_MS)
    assert not holds(passed(one), "mine")
    finish(one.state.sweeping(10))
    assert one.flush() == {}


def test_a_name_is_deleted_by_its_key_and_restored_as_gone() -> None:
    """A log that is not compacted yet holds both; a deletion of what never was is no error."""
    one = driven(*life("a", "mine"), record("erase", "a", T - HOUR_MS))
    one.state.advance(T + FORGOTTEN_MS)
    finish(one.state.sweeping(10))
    deleted = [key for key, value in one.flush().items() if value is None and key.startswith(b"G")]
    assert deleted
    assert group_key(0) not in deleted
    again = Driven(Definition())
    for key, value in one.written:
        again.state.restore(key, value)
    again.state.restored(one.state.header())
    assert same(again.state.totals(), one.state.totals())
    assert not any(value.endswith("-mine") for _, value in again.state.values)
