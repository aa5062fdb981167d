"""All streams together: partitions, names, what changes late; judged bit by bit as judged at once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.alarms import day as d
from streams.core.alarms.judging import HOLD
from streams.core.definition.alarms import Alarm
from streams.core.definition.definition import DAY_MS, HOUR_MS, Definition, Tier
from streams.core.kpi.alarm_watch import BEFORE, AlarmWatch, SeriesPart
from streams.core.kpi.alarms import LIMIT_MS, Alarms, StreamState
from streams.core.totals import OVERALL, Group
from tests.alarms.scenarios import Change, Scenario, counts, ordinary
from tests.core.alarms.rows import ACTIVE, FIRST_DAY, part, rows
from tests.support.chance import examples

CHURN = Definition(dimensions=("plan",), alarms=(Alarm("spike", "churned_customers", "up"),))
NAMED = {"plan": frozenset({"a", "b"})}
DAYS = 40
Told = dict[Group, dict[int, Sequence[int]]]


def even(days: int = DAYS, each: int = 1) -> list[int]:
    """The same in every slot."""
    return [each] * (days * d.SLOTS_A_DAY)


def told(**plans: Sequence[int]) -> Told:
    """Values of plan, and the whole, which is their sum."""
    found: Told = {("plan", name): {d.CHURNED: numbers} for name, numbers in plans.items()}
    found[OVERALL] = {d.CHURNED: [sum(numbers) for numbers in zip(*plans.values(), strict=True)]}
    return found


def found(alarms: Alarms | None) -> dict[tuple[str, str], StreamState]:
    """Streams by dimension and value."""
    assert alarms is not None
    return {(one.dimension, one.value): one for one in alarms.streams}


def at_once(parts: Sequence[SeriesPart], named: Mapping[str, frozenset[str]] = NAMED) -> Alarms | None:
    """Judged by somebody who comes new."""
    return AlarmWatch(CHURN).judge(parts, named)


def spiked(numbers: Sequence[int], slots: int, each: int) -> list[int]:
    """With other numbers in the last slots."""
    return [*numbers[:-slots], *[each] * slots]


def test_a_spike_in_one_value_is_found_there_and_in_the_whole() -> None:
    """And in no other value; the numbers are those of the window that says most."""
    counted = told(a=spiked(even(), 6, 20), b=even())
    alarms = at_once([part(counted, DAYS * 288)])
    streams = found(alarms)
    assert {place for place, one in streams.items() if one.status == "alarm"} == {("", ""), ("plan", "a")}
    one = streams["plan", "a"]
    assert (one.alarm, one.measure, one.direction) == ("spike", "churned_customers", "up")
    assert (one.observed, one.window_ms, one.tolerance_ratio) == (126, HOUR_MS, 1.25)
    assert one.expected == 12
    assert [window.window_ms // 60_000 for window in one.windows] == [15, 60, 180, 360, 1_440]
    assert one.started is not None
    assert 0 <= part(counted, DAYS * 288).t_ms - one.started < 6 * d.SLOT_MS
    assert streams["plan", "b"].windows == ()
    assert {place for place, one in streams.items() if one.listed} == {("", ""), ("plan", "a")}
    assert alarms is not None
    together = alarms.by_alarm["spike"]
    assert together.streams == {"alarm": 2, "ok": 1}
    assert together.evidence_log10 == max(stream.evidence_log10 or 0 for stream in streams.values())
    assert alarms.stale().by_alarm["spike"].evidence_log10 is None


def test_partitions_and_values_without_a_name_are_added() -> None:
    """As if they had been one from the beginning."""
    slots = DAYS * 288
    one = part(told(a=even(), c=spiked(even(), 6, 9), d=even()), slots)
    other = part(told(a=even(), d=spiked(even(), 6, 9)), slots)
    joined = rows(told(a=even(each=2), other=spiked(even(each=3), 6, 19)), slots)
    joined[OVERALL, BEFORE] = d.pack_count(2 * ACTIVE)
    joined[("plan", "a"), BEFORE] = d.pack_count(2 * ACTIVE)
    joined[("plan", "other"), BEFORE] = d.pack_count(3 * ACTIVE)
    mine = found(at_once([one, other]))
    assert mine == found(at_once([SeriesPart(one.t_ms, joined)]))
    assert mine["plan", "other"].status == "alarm"


def test_nothing_is_said_before_all_partitions_have_told() -> None:
    """A part is never shown for the whole."""
    counted = part(told(a=even()), DAYS * 288)
    watch = AlarmWatch(CHURN)
    assert watch.judge([counted, None], NAMED) is None
    assert watch.judge([], NAMED) is None
    assert AlarmWatch(replace(CHURN, alarms=())).judge([counted], NAMED) is None
    assert watch.judge([counted, counted], NAMED) is not None
    assert found(watch.judge([counted], NAMED)) == found(at_once([counted]))


def test_slots_count_once_they_are_over_everywhere() -> None:
    """What a partition has told beyond is left for later."""
    counted = told(a=spiked(even(), 3, 40), b=even())
    slots = DAYS * 288
    ahead, behind = part(counted, slots), part(told(a=even(), b=even()), slots - 3)
    watch = AlarmWatch(CHURN)
    first = watch.judge([ahead, behind], NAMED)
    assert first is not None
    assert first.t_ms == behind.t_ms
    assert not list(first.active)
    later = watch.judge([ahead, part(told(a=even(), b=even()), slots)], NAMED)
    assert later is not None
    assert {one.value for one in later.active} == {"", "a"}


def test_customers_who_come_and_go_are_what_is_counted_against() -> None:
    """Twice the customers and twice the churns are nothing out of the ordinary."""
    numbers = [*even(39), *even(1, each=2)]
    counted: Told = {OVERALL: {d.CHURNED: numbers, d.ACTIVE: [0] * (39 * 288) + [ACTIVE] + [0] * 287}}
    assert not list(_judged(counted).active)
    alone: Told = {OVERALL: {d.CHURNED: numbers}}
    streams = found(_judged(alone))
    assert streams["", ""].evidence_log10 is not None
    doubled = found(_judged(counted))["", ""]
    assert doubled.evidence_log10 is not None
    assert doubled.evidence_log10 < streams["", ""].evidence_log10
    assert doubled.expected == pytest.approx(2 * (doubled.window_ms or 0) / d.SLOT_MS, rel=0.01)


def test_a_reason_is_counted_against_all_customers() -> None:
    """It has none of its own: twice as many of them in the whole is what makes twice its churns ordinary."""
    numbers = [*even(39), *even(1, each=2)]
    named = {"reason": frozenset({"price"})}
    price: Group = ("reason", "price")
    definition = replace(CHURN, dimensions=(), alarms=(Alarm("spike", "churned_customers", "up"),))
    grown = [0] * (39 * 288) + [ACTIVE] + [0] * 287

    def judged(active: Sequence[int], gone: int = -1) -> dict[tuple[str, str], StreamState]:
        watch = AlarmWatch(definition)
        for slots in (DAYS * 288 - 1, DAYS * 288):
            now = part({OVERALL: {d.ACTIVE: active}, price: {d.CHURNED: numbers}}, slots)
            rows_of = {**now.rows, (price, BEFORE): d.pack_count(0)}
            if slots == gone:
                del rows_of[price, BEFORE]
            alarms = watch.judge([SeriesPart(now.t_ms, rows_of)], named)
        return found(alarms)

    few, many = judged([0] * (40 * 288))[price], judged(grown)[price]
    assert few.evidence_log10 is not None
    assert many.evidence_log10 is not None
    assert many.evidence_log10 < few.evidence_log10
    assert many.expected == pytest.approx(2 * (many.window_ms or 0) / d.SLOT_MS, rel=0.01)
    assert few.expected == pytest.approx((few.window_ms or 0) / d.SLOT_MS, rel=0.01)
    assert price not in judged(grown, gone=DAYS * 288)


def test_malformed_records_are_a_stream_of_the_whole() -> None:
    """By no dimension, whatever the definition has."""
    definition = replace(CHURN, alarms=(Alarm("bad", "malformed_records", "up"),))
    assert definition.most_streams == 1
    counted: Told = {
        OVERALL: {d.MALFORMED: spiked(even(), 6, 20)},
        ("plan", "a"): {d.CHURNED: even()},
    }
    alarms = AlarmWatch(definition).judge([part(counted, DAYS * 288)], NAMED)
    assert {place: one.status for place, one in found(alarms).items()} == {("", ""): "alarm"}


def _judged(counted: Told) -> Alarms:
    alarms = at_once([part(counted, DAYS * 288)])
    assert alarms is not None
    return alarms


def test_a_value_that_nobody_has_any_more_is_no_stream() -> None:
    """Its rows are gone, and so is what was said of it."""
    watch, slots = AlarmWatch(CHURN), DAYS * 288
    both, one = part(told(a=even(), b=even()), slots), part(told(a=even()), slots)
    assert ("plan", "b") in found(watch.judge([both], NAMED))
    assert ("plan", "b") not in found(watch.judge([one], NAMED))


def test_too_short_a_history_learns() -> None:
    """And says nothing else; of a share the answers are what there has to be."""
    alarms = at_once([part(told(a=even(34)), 34 * 288)])
    assert alarms is not None
    assert alarms.learning
    streams = found(alarms)
    assert streams["", ""] == StreamState("spike", "churned_customers", "up", "", "", "learning")
    definition = replace(CHURN, alarms=(Alarm("d", "detractors", "up", ()),))
    counted: Told = {OVERALL: {d.DETRACTORS: spiked(even(), 72, 5), d.ANSWERS: even(each=5)}}
    judged = AlarmWatch(definition).judge([part(counted, DAYS * 288)], {})
    assert [one.status for one in found(judged).values()] == ["alarm"]
    few: Told = {OVERALL: {d.ANSWERS: [0] * (30 * 288) + even(10)}}
    assert found(AlarmWatch(definition).judge([part(few, DAYS * 288)], {}))["", ""].status == "learning"


def test_what_falls_is_judged_more_carefully_where_no_holidays_are_known() -> None:
    """Half of everything may be a holiday; nothing at all is none."""
    alarm = Alarm("drop", "orders", "down", ())
    careless = Definition(dimensions=(), alarms=(alarm,), holidays=("2020-01-01",))
    careful = replace(careless, holidays=())
    half: Told = {OVERALL: {d.ORDERS: spiked(even(each=8), 200, 4)}}
    none: Told = {OVERALL: {d.ORDERS: spiked(even(each=8), 200, 0)}}

    def status(definition: Definition, counted: Told) -> str:
        return found(AlarmWatch(definition).judge([part(counted, DAYS * 288)], {}))["", ""].status

    assert status(careless, half) == "alarm"
    assert status(careful, half) == "ok"
    assert status(careful, none) == "alarm"
    today = replace(careless, holidays=("2024-11-12",))
    assert FIRST_DAY + DAYS - 1 in today.holiday_days
    assert status(today, half) == "ok"


def test_stale_alarms_say_nothing() -> None:
    """After three slots without news; the same object before."""
    alarms = _judged(told(a=spiked(even(), 6, 20)))
    assert alarms.at(alarms.t_ms + LIMIT_MS) is alarms
    late = alarms.at(alarms.t_ms + LIMIT_MS + 1)
    assert {one.status for one in late.streams} == {"stale"}
    assert {one.evidence_log10 for one in late.streams} == {None}
    assert not list(late.active)


def test_where_little_is_kept_nothing_is_watched() -> None:
    """Retention of five weeks is too little for a baseline."""
    short = Definition(window_names=("1h",), tiers=(Tier(HOUR_MS, 36 * DAY_MS),))
    assert AlarmWatch(short).judge([part(told(a=even()), DAYS * 288)], NAMED) is None


def test_a_stream_of_next_to_nothing_never_speaks() -> None:
    """Less than one count in two days: nobody can say how much its days differ."""
    rare = [int(slot % (288 * 7) == 0) for slot in range(DAYS * 288)]
    assert {one.status for one in _judged({OVERALL: {d.CHURNED: rare}}).streams} == {"learning"}


def test_two_alarms_on_one_quantity_and_days_that_pass_and_go() -> None:
    """The series is made once; a day that is withdrawn counts no more."""
    two = replace(
        CHURN, alarms=(Alarm("up", "churned_customers", "up"), Alarm("down", "churned_customers", "down", ()))
    )
    watch, numbers = AlarmWatch(two), spiked(even(DAYS + 2), 4 * 288, 9)
    for slots in (DAYS * 288 - 9, DAYS * 288 + 2, (DAYS + 1) * 288):
        now = part(told(a=numbers), slots)
        for rows_of in (
            now.rows,
            {key: packed for key, packed in now.rows.items() if key[1] != FIRST_DAY + 12},
        ):
            mine = watch.judge([SeriesPart(now.t_ms, rows_of)], NAMED)
            assert mine == AlarmWatch(two).judge([SeriesPart(now.t_ms, rows_of)], NAMED)
            assert mine is not None
            assert [one.alarm for one in mine.streams] == ["up", "up", "down"]
            assert {one.alarm for one in mine.active} <= {"up"}
    assert watch.judge(
        [SeriesPart(now.t_ms, {**now.rows, (("region", "eu"), FIRST_DAY): b"?"})], NAMED
    ) == watch.judge([now], NAMED)


@settings(max_examples=examples(5))
@given(
    st.lists(
        st.tuples(st.integers(0, 700), st.integers(1, 6_000), st.integers(0, 30), st.sampled_from("abc")),
        min_size=1,
        max_size=4,
    ),
    st.lists(
        st.sampled_from([NAMED, {"plan": frozenset({"a"})}, {"plan": frozenset({"b", "c"})}]), min_size=4
    ),
)
def test_judged_bit_by_bit_is_judged_at_once(
    steps: list[tuple[int, int, int, str]], names: list[dict[str, frozenset[str]]]
) -> None:
    """Time goes on (and back, as when another partition takes over), counts come late, names change hands."""
    numbers = {name: even(DAYS + 3) for name in "abc"}
    watch, slots = AlarmWatch(CHURN), DAYS * 288
    before = ACTIVE
    for number, (onward, back, count, name) in enumerate(steps):
        slots = max(DAYS * 288 - 50, slots + onward - 40)
        numbers[name][max(0, slots - back)] = count
        before += count
        counted = told(**numbers)
        now = part(counted, slots)
        now = SeriesPart(now.t_ms, {**now.rows, (OVERALL, BEFORE): d.pack_count(before)})
        named = names[number % len(names)]
        mine, theirs = watch.judge([now], named), at_once([now], named)
        assert mine == theirs


@pytest.mark.parametrize("an_hour", [5, 20])
def test_ordinary_weeks_have_no_alarm_and_a_spike_in_one_value_has_one(an_hour: int) -> None:
    """Looked at every hour, as long as an alarm stays; the spike is ten times the churns for six hours."""
    rng = np.random.default_rng(17)
    shares = {"a": 0.5, "b": 0.3, "c": 0.1, "d": 0.1}
    days = 52
    named = {"plan": frozenset(shares)}
    begin = (days - 2) * 288
    numbers = {}
    for name, share in shares.items():
        scenario = Scenario(an_hour * share, holidays=0)
        change = Change(begin, 10.0, 6.0) if name == "a" else None
        numbers[name] = counts(scenario, ordinary(scenario, days, rng), rng, change).tolist()
    counted, watch = told(**numbers), AlarmWatch(CHURN)
    whole = rows(counted, days * 288)
    active: list[tuple[int, str]] = []
    for slots in range(36 * 288, days * 288, HOLD):
        day = FIRST_DAY + (slots - 1) // 288
        known = {key: packed for key, packed in whole.items() if key[1] <= day}
        alarms = watch.judge([SeriesPart((FIRST_DAY * 288 + slots) * d.SLOT_MS, known)], named)
        assert alarms is not None
        active += [(slots, one.value) for one in alarms.active]
        assert {one.status for one in alarms.streams if one.value in {"", "a", "b"}} <= {"ok", "alarm"}
    assert {"a"} <= {name for _, name in active} <= {"", "a"}
    first = min(slots for slots, _ in active) - begin
    assert 0 < first <= 72
