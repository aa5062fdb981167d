"""Timers come early or twice, never late."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.customer.identity import DIGEST_SIZE
from streams.core.definition.definition import HOUR_MS
from streams.core.partition.store.timers import Timers
from tests.laws.lawful import law
from tests.support.chance import examples

A, B, NAMELESS = KEYS = (b"\0" * DIGEST_SIZE, b"b" * DIGEST_SIZE, b"A" + b"a" * DIGEST_SIZE)


def test_a_key_comes_out_at_its_time_and_only_then() -> None:
    """Within the hour, and hours later."""
    dues = {A: HOUR_MS + 5, B: 9 * HOUR_MS}
    timers = Timers(lambda key: dues.get(key, 0))
    for key, at_ms in dues.items():
        timers.set(at_ms, key)
    assert list(timers.due(HOUR_MS + 4)) == []
    assert list(timers.due(HOUR_MS + 5)) == [A]
    assert list(timers.due(9 * HOUR_MS - 1)) == []
    assert list(timers.due(9 * HOUR_MS)) == [B]
    assert list(timers.due(99 * HOUR_MS)) == []


def test_a_key_set_twice_comes_out_once() -> None:
    """Also where both entries wait in one hour."""
    timers = Timers(lambda _: 3)
    for at_ms in (1, 2, 3):
        timers.set(at_ms, A)
    assert list(timers.due(0)) == []
    timers.set(3, A)
    assert list(timers.due(5)) == [A]


def test_when_its_hour_comes_a_key_waits_for_what_its_record_says_then() -> None:
    """It may be due later now, or never."""
    dues = {A: 5 * HOUR_MS, B: 0}
    timers = Timers(dues.__getitem__)
    timers.set(HOUR_MS, A)
    timers.set(HOUR_MS, B)
    assert list(timers.due(2 * HOUR_MS)) == []
    assert list(timers.due(5 * HOUR_MS)) == [A]


def test_another_may_go_on_while_an_hour_begins() -> None:
    """Nobody is looked at twice, and nobody is left out."""
    keys = [n.to_bytes(DIGEST_SIZE, "big") for n in range(2_000)]
    timers = Timers(lambda _: 5 * HOUR_MS)
    for key in keys:
        timers.set(5 * HOUR_MS, key)
    steps = timers.passing(5 * HOUR_MS)
    next(steps)
    assert sorted(timers.due(5 * HOUR_MS)) == keys
    assert list(steps) == []
    assert list(timers.due(6 * HOUR_MS)) == []


@settings(law, max_examples=examples(300))
@given(
    st.lists(
        st.tuples(
            st.sampled_from(KEYS),
            st.sampled_from((0, 1, 7, HOUR_MS, 3 * HOUR_MS)),
            st.sampled_from((0, 1, HOUR_MS)),
        ),
        max_size=40,
    )
)
def test_no_key_is_ever_late(steps: list[tuple[bytes, int, int]]) -> None:
    """Whatever is set, brought forward or due: at each t all that are due have come out."""
    clock, dues = 0, dict.fromkeys(KEYS, 0)
    timers = Timers(dues.__getitem__)
    calls: Counter[bytes] = Counter()
    for key, ahead, by in steps:
        before, at_ms = dues[key], clock + 1 + ahead
        if before and at_ms < before:
            timers.advance(before, at_ms, key)
        else:
            timers.set(at_ms, key)
        dues[key] = at_ms
        clock += by
        for out in timers.due(clock):
            calls[out] += 1
            if 0 < dues[out] <= clock:
                dues[out] = 0
        assert not [key for key, due in dues.items() if 0 < due <= clock]


def test_very_many_within_one_hour_are_found_some_at_a_time() -> None:
    """So that no step is long, and all of them come."""
    keys = [n.to_bytes(DIGEST_SIZE, "big") for n in range(1_300)]
    timers = Timers(lambda _: HOUR_MS + 9)
    assert list(timers.due(HOUR_MS)) == []
    for key in keys:
        timers.set(HOUR_MS + 9, key)
    assert len(list(timers.passing(HOUR_MS + 9))) > 2
    assert sorted(timers.due(HOUR_MS + 9)) == keys
