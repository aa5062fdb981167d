"""What a record keeps seems known to it: else a repeated event would count twice."""

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.customer.entries import Fact, digest_of, purchases_of
from streams.core.customer.forms import NAMED_SIZE
from streams.core.customer.record import ROOM
from streams.core.definition.definition import DAY_MS, HOUR_MS, Definition
from streams.core.partition.store.customers import is_anonymous
from streams.simulate import bodies
from tests.histories import CHURNY, NOW_MS, STEADY, Mix, histories
from tests.laws.driver import IDENTITY, Driven, KafkaRecord
from tests.laws.lawful import law
from tests.spoiling import Record
from tests.support.chance import examples

ERASING = Mix(signup=2, purchase=6, cancellation=2, survey=4, void=0.5, erase=1)
NO_DIGEST = b"\xff" * 16
DEFINITIONS = (Definition(), replace(Definition(), kept_for_ms=9 * DAY_MS))


def forgotten(state: Driven) -> list[object]:
    """Kept events that a record would not know again."""
    customers = state.state._customers
    out: list[object] = []
    for key in [*customers.hot, *customers.cold]:
        customer = customers.get(key)
        if customer is None or is_anonymous(key):
            continue
        bought = purchases_of(customer.bought)
        out += [entry for entry in bought if not customer.seems_known(entry.digest, "")]
        body = customer.body
        out += [void for void in body.voids if not customer.seems_known(void.digest, "")]
        for named in (body.signups, body.cancellations, body.surveys):
            out += [entry for entry in named if not customer.seems_known(NO_DIGEST, entry.event_id)]
        facts: list[Fact] = [*customer.answered, *body.withdrawn]
        facts += [*customer.signups, *customer.cancellations]
        known = [customer.seems_known(digest_of(e, IDENTITY), getattr(e, "event_id", "")) for e in facts]
        out += [entry for entry, seems in zip(facts, known, strict=True) if not seems]
    return out


@settings(law, max_examples=examples(30))
@given(
    histories(mixes=(STEADY, CHURNY, ERASING, ERASING), max_events=60),
    st.randoms(use_true_random=False),
    st.sampled_from(DEFINITIONS),
)
def test_what_a_record_keeps_seems_known(records: list[Record], rng: Random, definition: Definition) -> None:
    """At rest or not, whichever path an event took, before and after an erase."""
    driven = Driven(definition, rng.choice((ROOM, 96)))
    t = NOW_MS - 40 * DAY_MS
    while records:
        size = rng.randint(1, 6)
        chapter, records = records[:size], records[size:]
        t = min(t + rng.choice((0, HOUR_MS, 5 * DAY_MS)), NOW_MS)
        driven.state.advance(t)
        driven.take(chapter)
        assert forgotten(driven) == []
        if rng.random() < 0.3:
            driven.flush()


def test_ids_of_what_is_closed_are_dropped_without_a_flush() -> None:
    """A replay never flushes, and somebody may answer thousands of times."""
    driven = Driven(DEFINITIONS[1])
    customers = driven.state._customers
    driven.state.advance(NOW_MS)
    for number in range(500):
        at = NOW_MS - DAY_MS + number
        body = bodies.survey(
            f"v{number}", "c", at, kind="nps", score=number % 11, scale=10, touchpoint="checkout"
        )
        driven.state.apply("survey", [KafkaRecord(b"c", body.encode(), at)])
        assert forgotten(driven) == []
    [customer] = customers.hot.values()
    assert len(customer.body.surveys) <= ROOM // NAMED_SIZE
    assert len(customer._lately or ()) <= 200


def test_ids_of_life_events_stay_however_many() -> None:
    """In the record or closed."""
    driven = Driven(DEFINITIONS[0])
    driven.state.advance(NOW_MS)
    for number in range(250):
        at = NOW_MS - DAY_MS + number
        body = bodies.signup(f"s{number}", "c", at, {"plan": f"p{number % 3}"}, None, trial=False)
        driven.state.apply("signup", [KafkaRecord(b"c", body.encode(), at)])
    assert forgotten(driven) == []
    [customer] = driven.state._customers.hot.values()
    assert len(customer.signups) == 250
    assert len(customer.body.signups) <= ROOM // NAMED_SIZE
