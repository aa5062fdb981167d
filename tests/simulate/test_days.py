"""How days of a simulated business differ: by as much as was asked for, and otherwise not at all."""

from collections import Counter
from collections.abc import Iterable
from math import sqrt
from statistics import fmean, pvariance

import pytest

from streams.core.definition.definition import DAY_MS, HOUR_MS
from streams.core.events import Cancellation, Purchase, Signup
from streams.simulate import Business, Days, Leak, Outage
from streams.simulate.days import HOLIDAY, IMPORTED_AT_MS, Tide
from tests.simulate.test_business import END, events

DAYS = 60
FIRST = END // DAY_MS - DAYS
FULL = range(FIRST + 1, FIRST + DAYS)


def happened(unlike: Days | None, customers: int = 3_000) -> dict[type, Counter[int]]:
    """How many events of a kind are dated on which day; signups of newcomers, orders, cancellations."""
    found: dict[type, Counter[int]] = {Signup: Counter(), Purchase: Counter(), Cancellation: Counter()}
    known: set[str] = set()
    for _, event in events(list(Business(1, customers, DAYS, END, unlike=unlike).history())):
        newcomer = isinstance(event, Signup) and event.customer_id not in known
        if isinstance(event, Purchase | Cancellation) or newcomer:
            found[type(event)][event.at_ms // DAY_MS] += 1
        known.add(event.customer_id)
    return found


@pytest.fixture(scope="module")
def even() -> dict[type, Counter[int]]:
    """Where all days are alike."""
    return happened(None)


def mean_of(counts: Counter[int], days: Iterable[int] = FULL) -> float:
    """Events a day."""
    return fmean(counts[day] for day in days)


def test_by_default_nothing_differs() -> None:
    """The records are those of before."""
    mine = list(Business(1, 100, 10, END, unlike=Days()).history())
    assert mine == list(Business(1, 100, 10, END).history())


def test_the_same_seed_brings_the_same_days() -> None:
    """And another one others."""
    unlike = Days(scatter=0.3)
    runs = [list(Business(seed, 100, 10, END, unlike=unlike).history()) for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_scatter_is_the_variation_of_days_beyond_chance(even: dict[type, Counter[int]]) -> None:
    """Means stay; of each weekday the days differ by the share asked for. Kinds differ by themselves."""
    found = happened(Days(scatter=0.3))

    def variation(counts: Counter[int]) -> float:
        squares = []
        for weekday in range(7):
            of_day = [counts[day] for day in FULL if day % 7 == weekday]
            mean = fmean(of_day)
            squares.append((pvariance(of_day) * len(of_day) / (len(of_day) - 1) - mean) / mean**2)
        return sqrt(max(0.0, fmean(squares)))

    orders = {day: found[Purchase][day] / even[Purchase][day] for day in FULL}
    assert mean_of(found[Purchase]) == pytest.approx(mean_of(even[Purchase]), rel=0.12)
    assert variation(even[Purchase]) < 0.12
    assert variation(found[Purchase]) == pytest.approx(0.3, abs=0.1)
    signups = {day: found[Signup][day] for day in FULL}
    both = [(orders[day] - 1) * (signups[day] / mean_of(found[Signup]) - 1) for day in FULL]
    assert abs(fmean(both)) < 0.04


def test_a_holiday_has_its_share_of_everything(even: dict[type, Counter[int]]) -> None:
    """Thirty per cent, on these days and no others."""
    days = frozenset(day for day in FULL if day % 10 == 3)
    found = happened(Days(holidays=days))
    for kind, chance in ((Signup, 0.12), (Purchase, 0.06), (Cancellation, 0.25)):
        quiet = mean_of(found[kind], days) / mean_of(even[kind], days)
        others = [day for day in FULL if day not in days]
        assert quiet == pytest.approx(HOLIDAY, abs=chance), kind
        assert mean_of(found[kind], others) == pytest.approx(mean_of(even[kind], others), rel=0.15), kind


def test_signups_grow_week_by_week(even: dict[type, Counter[int]]) -> None:
    """By the share asked for; the customers that were there are as many."""
    found = happened(Days(growth=0.1))
    first, last = FULL[:14], FULL[-14:]
    ratio = mean_of(found[Signup], last) / mean_of(found[Signup], first)
    assert ratio == pytest.approx(1.1 ** ((last[0] - first[0]) / 7), rel=0.25)
    assert mean_of(even[Signup], last) / mean_of(even[Signup], first) == pytest.approx(1, abs=0.2)


def test_nobody_signs_up_in_an_outage() -> None:
    """Not those of a trial either; before and after it they do."""
    outage = Outage(20 * HOUR_MS, 6 * HOUR_MS)
    begin = END - outage.ago_ms
    business = Business(1, 20_000, 10, END, unlike=Days(outage=outage))
    seen: Counter[int] = Counter()
    known: dict[str, bool] = {}
    for _, event in events(list(business.history())):
        if isinstance(event, Signup) and known.get(event.customer_id, True):
            seen[(event.at_ms - begin) // outage.duration_ms] += 1
            known[event.customer_id] = event.trial
    assert seen[0] <= 1  # one source's clock may be ahead
    assert min(seen[-1], seen[1]) > 50


def test_churn_leaks_little_by_little(even: dict[type, Counter[int]]) -> None:
    """Twice as many leave at the end, half as many more half-way, none more before it began."""
    found = happened(Days(leak=Leak(40 * DAY_MS, 3.0)))[Cancellation]
    usual = even[Cancellation]
    assert mean_of(found, FULL[:18]) == pytest.approx(mean_of(usual, FULL[:18]), rel=0.2)
    assert 1.5 < mean_of(found, FULL[34:44]) / mean_of(usual, FULL[34:44]) < 2.6
    assert 2.2 < mean_of(found, FULL[-8:]) / mean_of(usual, FULL[-8:]) < 3.6


def test_cancellations_by_day_come_in_the_night_after() -> None:
    """Dated at midnight, arriving in one import; scheduled ones come when they are made, as ever."""
    records = list(Business(1, 2_000, 30, END, unlike=Days(by_day=True)).history())
    imports = [
        (record.timestamp_ms, event.at_ms)
        for record, event in events(records)
        if isinstance(event, Cancellation) and not event.effective_ms
    ]
    assert len(imports) > 20
    assert {at % DAY_MS for _, at in imports} == {0}
    assert {arrived - at for arrived, at in imports} == {IMPORTED_AT_MS}
    assert any(isinstance(event, Cancellation) and event.effective_ms for _, event in events(records))


def test_time_in_a_tide_adds_up() -> None:
    """What passes in steps passes at once, over days of any pace; a pace of one is time itself."""
    tide = Tide(10, lambda day: (0.5, 1.0, 2.0)[day % 3])
    start = 10 * DAY_MS + 5 * HOUR_MS
    at_once = tide.after(start, 3.3 * DAY_MS)
    stepped = start
    for _ in range(33):
        stepped = tide.after(stepped, 0.1 * DAY_MS)
    assert stepped == pytest.approx(at_once, abs=40)
    plain = Tide(10, lambda _: 1.0)
    assert plain.after(start, 40 * DAY_MS) == start + 40 * DAY_MS
