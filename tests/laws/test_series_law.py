"""The counts for alarms are held to a recount from lives: any order, clock, restarts, partitions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from streams.core.alarms import day as d
from streams.core.counting.slot_series import BEFORE
from streams.core.definition.definition import DAY_MS, Definition
from streams.core.partition.sweep.steps import finish
from streams.core.totals import OVERALL, Group
from tests.histories import NOW_MS, histories, shuffle
from tests.laws.driver import CLOCKS, Driven, Way, drive
from tests.laws.lawful import law
from tests.recount import Life, classify
from tests.recount.document import is_forgotten, lives_of
from tests.recount.groups import by_profile
from tests.spoiling import Record

CHANCE = st.randoms(use_true_random=False)
INSTANTS = st.integers(NOW_MS - DAY_MS, NOW_MS + DAY_MS)
Numbers = dict[tuple[Group, int], int]
"""(group, slot * WIDTH + quantity), or (group, -1) for the time before -> number; what is 0 is left out."""


def told(driven: Iterable[Driven]) -> Numbers:
    """What partitions tell at first, added up."""
    numbers: Numbers = Counter()
    for one in driven:
        rows = {(group, day): packed for group, day, packed in finish(one.state.telling_series())}
        for (group, day), packed in rows.items():
            if packed is not None and day == BEFORE:
                numbers[group, -1] += d.unpack_count(packed)
            elif packed is not None:
                for slot, row in d.unpack_day(packed).items():
                    for quantity, n in enumerate(row):
                        numbers[group, (day * d.SLOTS_A_DAY + slot) * d.WIDTH + quantity] += n
    return {key: n for key, n in numbers.items() if n}


def recounted(records: Sequence[Record], t: int) -> Numbers:
    """The same from lives."""
    definition = Definition()
    receipts = classify(records, definition)
    everyone = lives_of(receipts, t, definition)
    lives = [one for one in everyone if not is_forgotten(one, t, definition)]
    sides = {OVERALL: lives}
    for dimension in definition.dimensions:
        for value, mine in by_profile(lives, dimension).items():
            sides[dimension, value] = mine
    numbers: Numbers = Counter()
    counts = [(group, one) for group, mine in sides.items() for life in mine for one in counted(life, t)]
    counts += [(("reason", why), (ms, d.CHURNED, 1)) for life in lives for ms, why in causes(life, t)]
    counts += [
        (OVERALL, (record["timestamp"], d.MALFORMED, 1))
        for record, receipt in zip(records, receipts, strict=True)
        if receipt.outcome == "malformed"
    ]
    for group, (ms, quantity, n) in counts:
        place = placed(ms, quantity, t)
        if place is not None:
            numbers[group, place] += n
    return {key: n for key, n in numbers.items() if n}


def counted(life: Life, t: int) -> Iterator[tuple[int, int, int]]:
    """(time, quantity, number) of everything that counts in a life."""
    for happened in life.within(-1, t):
        yield happened.at_ms, d.ACTIVE, 1 if happened.what in {"new", "reactivated"} else -1
        if happened.what in {"new", "churned"}:
            yield happened.at_ms, d.NEW if happened.what == "new" else d.CHURNED, 1
    for bought in life.person.of_kind("purchase"):
        if bought.is_order or bought.currency == "USD":
            yield bought.at_ms, d.ORDERS if bought.is_order else d.REFUNDS, 1
    for answer in life.person.of_kind("survey"):
        if answer.survey == "nps":
            yield answer.at_ms, d.ANSWERS, 1
            yield answer.at_ms, d.DETRACTORS, int(answer.score <= 6)


def causes(life: Life, t: int) -> Iterator[tuple[int, str]]:
    """(time, reason) of every churn in a life."""
    for happened in life.within(-1, t):
        if happened.what == "churned":
            yield happened.at_ms, happened.reason


def placed(ms: int, quantity: int, t: int) -> int | None:
    """Where a number belongs as of t; None: nowhere."""
    today = (t - 1) // DAY_MS
    if ms <= (today - d.KEPT_DAYS + 1) * DAY_MS:
        return -1 if quantity == d.ACTIVE else None
    if ms > t // d.SLOT_MS * d.SLOT_MS:
        return None
    day = (ms - 1) // DAY_MS
    slot = (ms - 1) // d.SLOT_MS if day > today - d.FINE_DAYS else day * d.SLOTS_A_DAY
    return slot * d.WIDTH + quantity


@law
@given(histories(), CHANCE, INSTANTS)
def test_what_is_told_is_what_lives_say(records: list[Record], rng: Random, t: int) -> None:
    """By slots, by days, and who was there before; of every group; by any way of driving."""
    way = Way(rng.choice(CLOCKS), rng.randint(1, 3), rng.choice((0.0, 0.2)), rng.choice((0.0, 0.2)))
    assert told(drive(records, t, way, rng)) == recounted(records, t)


@law
@given(histories(max_events=30), CHANCE, st.lists(st.integers(1, 8 * DAY_MS), min_size=1, max_size=5))
def test_told_bit_by_bit_is_told_at_once(records: list[Record], rng: Random, steps: list[int]) -> None:
    """Whoever follows what changes has in the end what is told to who comes late; deletions are told."""
    (one,) = drive(records, NOW_MS, Way(clock="behind"), rng)
    known: dict[tuple[Group, int], bytes] = {}
    t = NOW_MS
    for step in (0, *steps):
        t += step
        one.take(shuffle(rng, records)[:3])
        one.state.advance(t)
        for group, day, packed in finish(one.state.telling_series()):
            known.pop((group, day), None)
            if packed is not None:
                known[group, day] = packed
    one.restart()
    anew = finish(one.state.telling_series())
    fresh = {(group, day): packed for group, day, packed in anew if packed is not None}
    fine = (t - 1) // DAY_MS - d.FINE_DAYS
    for group, day in known.keys() | fresh.keys():
        mine, theirs = known.get((group, day)), fresh.get((group, day))
        if day in range(fine + 1) and mine is not None:
            mine = d.pack_day(d.coarse(d.unpack_day(mine))) if d.coarse(d.unpack_day(mine)) else None
        assert mine == theirs, (group, day)
