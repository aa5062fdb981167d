"""The simulated business: the same every time, in order of arrival, with everything a real one has."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice, pairwise

import msgspec
import pytest

from streams.core.decoding.decoder import Decoder
from streams.core.definition.definition import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Definition
from streams.core.events import KINDS, Cancellation, Envelope, Erase, Event, Malformed, Purchase, Signup
from streams.simulate import Business, SimRecord, Spike, topic_of

END = 1_776_211_200_000
KIND_OF = {topic_of(kind): kind for kind in KINDS}


def events(records: list[SimRecord]) -> Iterator[tuple[SimRecord, Event]]:
    """The records that are well formed, with their events."""
    decoder = Decoder(Definition())
    for record in records:
        event = decoder.one(KIND_OF[record.topic], record.key, record.value, record.timestamp_ms)
        if not isinstance(event, Malformed):
            yield record, event


@pytest.fixture(scope="module")
def history() -> list[SimRecord]:
    """Sixty days of 3,000 customers."""
    return list(Business(1, 3_000, 60, END).history())


def test_the_same_seed_gives_the_same_records() -> None:
    """Two businesses with the same arguments cannot be told apart, live traffic included."""
    runs = []
    for _ in range(2):
        business = Business(7, 200, 20, END)
        runs.append([*business.history(), *islice(business.live(50), 500)])
    assert runs[0] == runs[1]


def test_another_seed_gives_other_records(history: list[SimRecord]) -> None:
    """The seed decides."""
    assert list(islice(Business(2, 3_000, 60, END).history(), 1_000)) != history[:1_000]


def test_records_come_in_order_of_arrival(history: list[SimRecord]) -> None:
    """Timestamps never go back, and all lie within the history."""
    assert all(a.timestamp_ms <= b.timestamp_ms for a, b in pairwise(history))
    assert history[0].timestamp_ms >= END - 60 * DAY_MS
    assert history[-1].timestamp_ms <= END


def test_every_kind_of_event_and_dirt_is_there(history: list[SimRecord]) -> None:
    """All kinds, refunds, trials, scheduled cancellations, other currencies, late and doubled events."""
    seen: Counter[str] = Counter()
    ids: set[tuple[str, str, str]] = set()
    for record, event in events(history):
        seen[KIND_OF[record.topic]] += 1
        identity = (event.customer_id, event.source, event.event_id)
        seen["duplicate"] += identity in ids
        ids.add(identity)
        seen["late"] += record.timestamp_ms - event.at_ms > MINUTE_MS
        seen["ahead"] += event.at_ms > record.timestamp_ms
        if isinstance(event, Purchase):
            seen["refund"] += event.amount_minor < 0
            seen["foreign"] += event.currency != "USD"
        if isinstance(event, Signup):
            seen["trial"] += event.trial
        if isinstance(event, Cancellation):
            seen["scheduled"] += (event.effective_ms or 0) > event.at_ms
            seen["involuntary"] += event.churn_type == "involuntary"
    wanted = {*KINDS, "duplicate", "late", "ahead", "refund", "foreign", "trial", "scheduled", "involuntary"}
    assert {name for name in wanted if not seen[name]} == set()


def test_one_in_a_hundred_is_late_one_doubled_one_in_a_thousand_malformed(history: list[SimRecord]) -> None:
    """The shares of dirt are those that were asked for."""
    good = list(events(history))
    values = Counter((r.key, r.value) for r, _ in good)
    doubled = sum(count - 1 for count in values.values())
    start = END - 60 * DAY_MS
    first = {(r.key, r.value): (r.timestamp_ms, e.at_ms) for r, e in reversed(good)}
    late = sum(arrival - at > MINUTE_MS for arrival, at in first.values() if at > start)
    assert 0.007 < doubled / len(history) < 0.013
    assert 0.007 < late / len(history) < 0.013
    assert 0.0005 < (len(history) - len(good)) / len(history) < 0.0015


def test_nobody_asks_to_be_erased_while_events_of_theirs_are_on_their_way(history: list[SimRecord]) -> None:
    """Erases come long after the customer's last event, so that the order between topics decides nothing."""
    last: dict[str, tuple[SimRecord, Envelope]] = {}
    for record, event in events(history):
        if isinstance(event, Erase) and event.customer_id in last:
            before, earlier = last[event.customer_id]
            assert isinstance(earlier, Erase) or event.at_ms - earlier.at_ms > 7 * DAY_MS
            assert isinstance(earlier, Erase) or record.timestamp_ms - before.timestamp_ms > 4 * DAY_MS
        last[event.customer_id] = (record, event)


def test_orders_follow_the_hours_of_the_day(history: list[SimRecord]) -> None:
    """Evenings are busier than nights."""
    hours = Counter(e.at_ms // HOUR_MS % 24 for _, e in events(history) if isinstance(e, Purchase))
    assert hours[19] > 4 * hours[3]


def test_a_spike_makes_its_segment_leave_more_often() -> None:
    """Ten times as many leave the segment while it lasts; the others stay as they were."""
    spike = Spike("smb", END - 3 * DAY_MS, 10.0, 2 * DAY_MS)
    gone: dict[bool, Counter[str]] = {}
    for spiked in (False, True):
        business = Business(3, 6_000, 10, END, spike=spike if spiked else None)
        segments: dict[str, str | None] = {}
        gone[spiked] = Counter()
        for _, event in events(list(business.history())):
            if isinstance(event, Signup):
                segments[event.customer_id] = event.attributes[0]
            elif (
                isinstance(event, Cancellation)
                and spike.at_ms < event.at_ms < spike.at_ms + spike.duration_ms
            ):
                gone[spiked][str(segments.get(event.customer_id))] += 1
    assert gone[True]["smb"] > 5 * gone[False]["smb"]
    assert gone[True]["public"] < 3 * gone[False]["public"] + 10


def test_live_traffic_goes_on_at_about_the_rate_asked_for() -> None:
    """A hundred records a second of event time, give or take a quarter, right from the history's end."""
    business = Business(1, 3_000, 60, END)
    for _ in business.history():
        pass
    live = list(islice(business.live(100), 6_000))
    assert live[0].timestamp_ms - END < SECOND_MS
    seconds = (live[-1].timestamp_ms - END) / SECOND_MS
    assert 75 < len(live) / seconds < 125
    assert {KIND_OF[r.topic] for r in live} >= {"signup", "purchase", "survey"}


def test_live_traffic_needs_the_history_first() -> None:
    """Who has not played the history gets a clear answer, and nobody plays it twice."""
    business = Business(1, 50, 2, END)
    with pytest.raises(RuntimeError, match="play that to its end first"):
        next(business.live(10))
    list(business.history())
    with pytest.raises(RuntimeError, match="plays its history once"):
        next(business.history())


def test_a_wrong_business_is_refused() -> None:
    """No customers, no days, an unknown segment."""
    with pytest.raises(ValueError, match="at least 1 customer"):
        Business(1, 0, 1, END)
    with pytest.raises(ValueError, match="segment 'kings' is none of"):
        Business(1, 1, 1, END, spike=Spike("kings", END, 2, HOUR_MS))


def test_comments_are_text_a_decoder_must_drop(history: list[SimRecord]) -> None:
    """Some surveys carry a comment, also with escaped letters."""
    comments = {
        msgspec.json.decode(r.value).get("comment")
        for r, _ in events(history)
        if KIND_OF[r.topic] == "survey"
    }
    assert "café order was wrong" in comments
