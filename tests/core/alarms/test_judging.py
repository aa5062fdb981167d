"""What becomes of a stream: learning, ordinary, an episode with begin and end."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from streams.core.alarms.day import SLOT_MS
from streams.core.alarms.evidence import REACH, Direction, Prefix
from streams.core.alarms.judging import HOLD, HOLIDAY_TOLERANCE, Judge, Judgement, Series

THRESHOLD = 8.0
DAY = 288
START = 20_000 * DAY


@dataclass(frozen=True)
class Past:
    """Counts and exposures by slot from START on, and by day."""

    counts: Sequence[int]
    exposures: Sequence[int]
    days: Sequence[int]
    answers: Sequence[int] = ()

    @property
    def series(self) -> Series:
        """As it is judged."""
        return Series(START, Prefix(self.counts), Prefix(self.exposures), self.days, self.answers)

    @property
    def end_ms(self) -> int:
        """When the last slot ends."""
        return (START + len(self.counts)) * SLOT_MS


def ordinary(*, days: int = 40, each: int = 5, answers: int = 0) -> Past:
    """Days that are all the same."""
    slots = days * DAY
    return Past(
        [each] * slots,
        [answers or 100] * slots,
        [each * DAY] * (days - 1),
        [answers * DAY] * (days - 1) if answers else (),
    )


def changed(past: Past, begin: int, end: int, each: int) -> Past:
    """With other counts in some of the last slots (negative numbers)."""
    counts = list(past.counts)
    for slot in range(begin, end):
        counts[slot] = each
    return replace(past, counts=counts)


def cut(past: Past, slots: int) -> Past:
    """Without the last slots."""
    left = len(past.counts) - slots
    days = (left - 1) // DAY
    return Past(past.counts[:left], past.exposures[:left], past.days[:days], past.answers[:days])


def judge(
    past: Past, direction: Direction, threshold: float = THRESHOLD, holidays: Collection[int] = ()
) -> Judgement:
    """Judged once."""
    return Judge(direction, threshold, holidays).judge(past.series)


def test_it_learns_for_five_weeks() -> None:
    """Then it says what is ordinary."""
    assert judge(ordinary(days=35), "up", THRESHOLD).status == "learning"
    found = judge(ordinary(days=36), "up", THRESHOLD)
    assert (found.status, found.tolerance, found.started_ms) == ("ok", 1.25, 0)
    assert found.evidence.log10 < 1


def test_days_before_anything_was_counted_are_no_history() -> None:
    """A business of five weeks learns, however far back its days are told."""
    past = ordinary(days=44)
    young = replace(past, days=[0] * 9 + list(past.days[9:]))
    assert judge(young, "up").status == "learning"
    assert judge(replace(past, days=[0] * 8 + list(past.days[8:])), "up").status == "ok"


def test_too_few_slots_are_learning_too() -> None:
    """The days alone do not do."""
    past = ordinary()
    short = replace(past, counts=past.counts[-REACH:], exposures=past.exposures[-REACH:])
    found = judge(short, "up", THRESHOLD)
    assert found.status == "learning"
    assert math.isnan(found.tolerance)


def test_an_episode_begins_where_the_evidence_first_passed() -> None:
    """Within minutes of what happened, and its greatest evidence is told."""
    found = judge(changed(ordinary(), -30, 0, 40), "up", THRESHOLD)
    assert found.status == "alarm"
    begin = (ordinary().end_ms - found.started_ms) // SLOT_MS
    assert 25 <= begin <= 30
    assert found.greatest_log10 == found.evidence.log10 > THRESHOLD


def test_an_episode_goes_on_for_an_hour_after_the_last_evidence() -> None:
    """As windows of a day remember, it lasts until the day's evidence falls."""
    series = changed(ordinary(days=45), -400, -394, 60)
    states = [judge(cut(series, slots), "up", THRESHOLD).status for slots in range(393, 0, -8)]
    assert states[0] == "alarm"
    assert states[-1] == "ok"
    assert states == sorted(states)  # one episode: alarms, then ordinary


def test_two_spikes_a_day_apart_are_two_episodes() -> None:
    """The begin is that of the second one."""
    series = changed(changed(ordinary(days=45), -700, -694, 60), -6, 0, 60)
    found = judge(series, "up", THRESHOLD)
    assert 0 < (series.end_ms - found.started_ms) // SLOT_MS <= 6 + HOLD


def test_an_episode_is_no_older_than_what_is_known() -> None:
    """It began at the first instant that has its past."""
    series = ordinary(days=44)
    found = judge(series, "up", -1_000.0)
    assert (found.status, series.end_ms - found.started_ms) == ("alarm", 9 * DAY * SLOT_MS - SLOT_MS)
    long = replace(series, days=[1_440] * 86)
    begun = (len(series.counts) - REACH) * SLOT_MS
    assert series.end_ms - judge(long, "up", -1_000.0).started_ms == begun


def test_the_evidence_of_a_day_rests_on_the_tolerance_of_that_day() -> None:
    """What happened on a day makes the next days more tolerant, not the day itself."""
    past = ordinary(days=60)
    days = list(past.days)
    days[-1] *= 4
    spiked = replace(past, days=days)
    before = judge(cut(spiked, DAY), "up")
    after = judge(spiked, "up")
    assert before.tolerance == 1.25
    assert after.tolerance > 1.25
    at_midnight = judge(cut(spiked, DAY - 1), "up")
    assert at_midnight.tolerance == after.tolerance


def test_a_least_tolerance_is_kept() -> None:
    """For who does not know the holidays."""
    assert Judge("down", THRESHOLD, (), HOLIDAY_TOLERANCE).judge(ordinary().series).tolerance == 3.5


def test_counts_below_nothing_are_nothing() -> None:
    """What was sealed counts at the end of its pane: taken out again, a slot may be below zero."""
    past = changed(ordinary(each=0), -2, 0, -3)
    days = [3] * len(past.days)
    assert judge(replace(past, days=days), "down").status == "ok"
    assert judge(replace(past, days=days, exposures=[-1] * len(past.counts)), "down").status == "ok"


@given(
    st.lists(st.tuples(st.integers(1, 700), st.integers(0, 90)), min_size=1, max_size=4),
    st.sampled_from(["up", "down", "share"]),
    st.sampled_from([-3.0, 1.0, 8.0]),
)
def test_judged_again_and_again_is_judged_at_once(
    steps: list[tuple[int, int]], direction: Direction, threshold: float
) -> None:
    """Whatever comes late: what is kept of former judgements changes none."""
    past = ordinary(days=41, answers=100 if direction == "share" else 0)
    again = Judge(direction, threshold)
    again.judge(cut(past, 8).series)
    seen = len(past.counts) - 8
    for number, (back, count) in enumerate(steps):
        now = cut(past, max(0, 7 - number))
        slot = len(now.counts) - back
        past = changed(past, slot - len(past.counts), slot - len(past.counts) + 1, count)
        days = [sum(past.counts[at * DAY : (at + 1) * DAY]) for at in range(len(past.days))]
        past = replace(past, days=days)
        now = cut(past, max(0, 7 - number))
        found = again.judge(now.series, START + min(slot, seen))
        assert repr(found) == repr(Judge(direction, threshold).judge(now.series))
        seen = len(now.counts)


def test_down_needs_silence_and_a_holiday_excuses_it() -> None:
    """A fifth of the counts on a working day is out of the ordinary; a third on a holiday is not."""
    quiet = changed(ordinary(each=20), -DAY, 0, 6)
    today = (quiet.end_ms // SLOT_MS - 1) // DAY
    assert judge(quiet, "down", THRESHOLD).status == "alarm"
    assert judge(quiet, "down", THRESHOLD, {today}).status == "ok"
    assert judge(changed(ordinary(each=20), -DAY, 0, 0), "down", THRESHOLD, {today}).status == "alarm"


def test_a_share_rises_among_as_many_answers() -> None:
    """More answers are no more detractors; more detractors among them are."""
    series = ordinary(each=2, answers=10)
    assert judge(series, "share", THRESHOLD).status == "ok"
    twice = replace(changed(series, -DAY, 0, 4), exposures=[*series.exposures[:-DAY], *[20] * DAY])
    assert judge(twice, "share", THRESHOLD).status == "ok"
    found = judge(changed(series, -DAY, 0, 7), "share", THRESHOLD)
    assert found.status == "alarm"


def test_days_without_answers_do_not_matter() -> None:
    """A share of nothing is no day of zero detractors."""
    series = ordinary(days=60, each=2, answers=10)
    answers = [0 if day == 50 else 2_880 for day in range(59)]
    days = [0 if day == 50 else 576 for day in range(59)]
    assert judge(replace(series, days=days, answers=answers), "share", THRESHOLD).status == "ok"
