"""What must not be found in a changelog: customer ids, ever; ids of erased events, once they are erased."""

import json
from collections import defaultdict
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.histories import ALL, NOW_MS, histories
from tests.laws.driver import CLOCKS, IDENTITY, Way, drive
from tests.laws.lawful import law
from tests.recount import classify
from tests.recount.event import Event
from tests.spoiling import Record

FEATURES = ALL - {"malformed"}


def telling(records: list[Record]) -> list[Record]:
    """The same records with ids that cannot occur in other bytes by chance."""
    out = []
    for record in records:
        value = dict(record["value"])
        for field in ("event_id", "voids_event_id"):
            if field in value:
                value[field] = f"<event {value[field]}>"
        value["customer_id"] = f"<customer {value['customer_id']}>"
        out.append({**record, "key": value["customer_id"], "value": value})
    return out


def counted(records: list[Record]) -> list[Event]:
    """The counted events."""
    return [r.event for r in classify(records) if r.outcome == "counted" and r.event]


@law
@given(histories(features=FEATURES), st.randoms(use_true_random=False), st.sampled_from(CLOCKS))
def test_no_customer_id_is_ever_written(records: list[Record], rng: Random, clock: str) -> None:
    """Neither in a key nor in a value, in whatever was written at any time."""
    named = telling(records)
    for one in drive(named, NOW_MS, Way(clock=clock, restart=0.2, flush=0.3), rng):
        assert not [key for key, value in one.written if b"<customer" in key + (value or b"")]


@law
@given(histories(features=FEATURES), st.randoms(use_true_random=False), st.sampled_from(CLOCKS))
def test_an_erase_leaves_no_id(records: list[Record], rng: Random, clock: str) -> None:
    """Neither an event's id nor its digest, but where a later event of the customer has or names it again."""
    named = telling(records)
    (one,) = drive(named, NOW_MS, Way(clock=clock, flush=0.3), rng)
    one.flush()
    everything = b"\n".join(key + b"=" + value for key, value in one.log.items())
    mine = defaultdict(list)
    for event in counted(named):
        mine[event.customer_id].append(event)
    again, erased = set(), set()
    for events in mine.values():
        erases = [e.at_ms for e in events if e.kind == "erase" and e.at_ms <= NOW_MS]
        for event in events:
            if event.at_ms > max(erases, default=-1):
                again |= {event.identity, (event.target_source, event.target_id)}
            else:
                erased.add(event.identity)
    names = {event_id for _, event_id in again}
    for source, event_id in erased - again:
        assert IDENTITY.event(source, event_id) not in everything
        assert event_id in names or event_id.encode() not in everything


def test_the_traces_looked_for_would_be_found() -> None:
    """Without an erase, a kept signup's id is in the changelog, a purchase's as its digest."""
    value = {"customer_id": "c", "occurred_at": NOW_MS}
    signup = {"topic": "crm.customer.signup.v1", "timestamp": NOW_MS, "value": {**value, "event_id": "s"}}
    paid = {**value, "event_id": "p", "amount": 1, "currency": "USD"}
    purchase = {**signup, "topic": "crm.customer.purchase.v1", "value": paid}
    named = telling(json.loads(json.dumps([signup, purchase])))
    (one,) = drive(named, NOW_MS, Way(), Random(0))  # noqa: S311 - draws a way, no secret
    one.flush()
    everything = b"".join(one.log.values())
    assert b"<event s>" in everything
    assert IDENTITY.event("", "<event p>") in everything
