"""What an erase takes, what stays for a while without a name, and when that goes too."""

from streams.core.definition.definition import DAY_MS, HOUR_MS, Definition
from tests.histories import NOW_MS as T
from tests.histories import record
from tests.laws.driver import IDENTITY, Driven
from tests.laws.judging import Recounted

FORGOTTEN_MS = Definition().retention_ms + HOUR_MS


def driven(*records: dict[str, object], t: int = T) -> Driven:
    """A partition whose clock stands at t, after these records."""
    one = Driven(Definition())
    one.state.advance(t)
    one.take(records)
    return one


def test_erasing_a_stranger_leaves_a_marker_alone() -> None:
    """So that older events that arrive later are erased too."""
    one = driven(record("erase", "a", T - 5))
    one.flush()
    assert list(one.log) == [b"E" + IDENTITY.customer("a")]
    one.take([record("purchase", "a", T - 5), record("purchase", "a", T - 4)])
    assert one.state.accounting_only().accounting.ignored == {"erased": 1}


def test_an_erase_splits_a_customer_into_a_nameless_past_and_a_new_person() -> None:
    """Each of them has a record; the past one's has no ids."""
    one = driven(
        record("signup", "a", T - 50, "first-signup"),
        record("signup", "a", T - 10, "second-signup"),
        record("erase", "a", T - 20),
    )
    one.flush()
    customer = one.log[b"C" + IDENTITY.customer("a")]
    past = next(value for key, value in one.log.items() if key[:1] == b"A")
    assert b"second-signup" in customer
    assert b"signup" not in past


def test_an_erase_does_not_change_whose_cancellation_took_effect() -> None:
    """Of two that take effect at one instant the least id decides, however they were dated."""
    records = [
        record("signup", "a", T - 9 * DAY_MS),
        record("cancellation", "a", T - 5 * DAY_MS, "b", effective_at=T - DAY_MS, reason="second"),
        record("cancellation", "a", T - 4 * DAY_MS, "a", effective_at=T - DAY_MS, reason="first"),
    ]
    one = driven(*records)
    assert one.state.totals().groups["reason", "first"]
    erase = record("erase", "a", T - HOUR_MS)
    one.take([erase])
    assert Recounted([*records, erase], T).differences([one]) == []
    one.restart()
    assert Recounted([*records, erase], T).differences([one]) == []


def test_what_an_erase_left_goes_when_the_windows_have_passed() -> None:
    """With everything that was still shown of it, at the same instant whether or not there was a restart."""
    records = [
        record("cancellation", "a", T - 9 * DAY_MS),
        record("void", "a", T - 8 * DAY_MS),
        record("erase", "a", T),
    ]
    restarted, steady = driven(*records), driven(*records)
    for one in (restarted, steady):
        one.state.advance(T + FORGOTTEN_MS - 1)
    restarted.restart()
    assert Recounted(records, T + FORGOTTEN_MS - 1).differences([restarted]) == []
    for t in (T + FORGOTTEN_MS - 1, T + FORGOTTEN_MS):
        for one in (restarted, steady):
            one.state.advance(t)
            assert Recounted(records, t).differences([one]) == []
    restarted.restart()
    assert Recounted(records, T + FORGOTTEN_MS).differences([restarted]) == []
    assert not [key for key in restarted.log if key[:1] == b"A"]
