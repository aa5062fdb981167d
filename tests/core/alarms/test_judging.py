"""What becomes of a stream: learning, ordinary, an episode with begin and end."""

import math
from dataclasses import replace

from streams.core.alarms.evidence import REACH, SLOT_MS
from streams.core.alarms.judging import HOLD, Series, judge

THRESHOLD = 8.0
DAY = 288
START_MS = 20_000 * DAY * SLOT_MS


def ordinary(*, days: int = 40, each: int = 5, answers: int = 0) -> Series:
    """Days that are all the same."""
    slots = days * DAY
    against = [answers or 100] * slots
    return Series(
        START_MS + slots * SLOT_MS,
        [each] * slots,
        against,
        [each * DAY] * days,
        [answers * DAY] * days if answers else (),
    )


def changed(series: Series, begin: int, end: int, each: int) -> Series:
    """With other counts in some of the last slots (negative numbers)."""
    counts = list(series.counts)
    for slot in range(begin, end):
        counts[slot] = each
    return replace(series, counts=counts)


def cut(series: Series, slots: int) -> Series:
    """Without the last slots, on the same day."""
    return replace(
        series,
        end_ms=series.end_ms - slots * SLOT_MS,
        counts=series.counts[:-slots],
        exposures=series.exposures[:-slots],
    )


def test_it_learns_for_five_weeks() -> None:
    """Then it says what is ordinary."""
    assert judge(ordinary(days=34), "up", THRESHOLD).status == "learning"
    found = judge(ordinary(), "up", THRESHOLD)
    assert (found.status, found.tolerance, found.started_ms) == ("ok", 1.25, 0)
    assert found.evidence.log10 < 1


def test_too_few_slots_are_learning_too() -> None:
    """The days alone do not do."""
    series = ordinary()
    short = replace(series, counts=series.counts[-REACH:], exposures=series.exposures[-REACH:])
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
    series = ordinary()
    found = judge(series, "up", -1_000.0)
    assert (found.status, series.end_ms - found.started_ms) == (
        "alarm",
        (len(series.counts) - REACH) * SLOT_MS,
    )


def test_down_needs_silence_and_a_holiday_excuses_it() -> None:
    """A fifth of the counts on a working day is out of the ordinary; a third on a holiday is not."""
    quiet = changed(ordinary(each=20), -DAY, 0, 6)
    today = (quiet.end_ms - 1) // (DAY * SLOT_MS)
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
    answers = [0 if day == 50 else 2_880 for day in range(60)]
    days = [0 if day == 50 else 576 for day in range(60)]
    assert judge(replace(series, days=days, answers=answers), "share", THRESHOLD).status == "ok"
