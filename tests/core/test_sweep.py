"""The sweep over buyers: exact shares, of closed purchases too, and only for windows that have them."""

from dataclasses import replace

from streams.core.customer.record import ROOM
from streams.core.definition.definition import DAY_MS, Definition
from streams.core.partition.sweep.exact_shares import shares
from streams.core.totals import OVERALL
from tests.histories import NOW_MS as T
from tests.histories import record
from tests.laws.driver import Driven
from tests.spoiling import Record


def driven(records: list[Record], definition: Definition | None = None, *, room: int = ROOM) -> Driven:
    """A partition whose clock stands at T, after these records."""
    one = Driven(definition or Definition(), room)
    one.state.advance(T)
    one.take(records)
    return one


def test_shares_are_cut_at_a_fifth_and_at_half_of_the_buyers() -> None:
    """Rounded up; nobody counts for less than nothing."""
    found = shares([5, -3, 40, 30, 20, 10], T)
    assert (found.buyers, found.a_minor, found.b_minor, found.c_minor) == (6, 70, 20, 15)
    assert shares([], T).buyers == 0


def test_sealed_purchases_are_part_of_what_a_buyer_spent() -> None:
    """In the windows that they lie in; what was withdrawn is not."""
    buys = [
        record("purchase", "a", T - (9 - i) * DAY_MS, f"p{i}", amount=str(10**i), currency="USD")
        for i in range(8)
    ]
    refund = record("purchase", "a", T - 5, "r", amount="-1.00")
    void = record("void", "a", T - 4, voids_event_id="p7")
    for room in (ROOM, 64):
        found = driven([*buys, refund, void], room=room).state.sweep({})
        assert found[OVERALL, "30d"].a_minor == 111_111_000
        assert found[OVERALL, "7d"].a_minor == 111_099_900


def test_short_windows_have_no_shares() -> None:
    """A day is the least."""
    definition = replace(Definition(), window_names=("5m", "1h"))
    assert driven([record("purchase", "a", T)], definition).state.sweep({}) == {}
