"""Groups: numbers for cohorts and values, with limits, and what a restart takes back."""

from dataclasses import replace

import pytest

from streams.core.definition import Definition
from streams.core.groups import NOBODY, Groups

PLAIN = Definition()


def restored(groups: Groups, definition: Definition) -> Groups:
    """The table after a restart, its records in whatever order."""
    again = Groups(definition)
    for number in reversed(groups.fresh):
        again.restore(number, groups.pack(number))
    return again


def test_a_table_begins_with_the_cohort_of_nobody() -> None:
    """It needs no record."""
    groups = Groups(PLAIN)
    assert groups.cohort(None, None, None, None) == NOBODY
    assert groups.cohort("", "", "", "") == NOBODY
    assert groups.fresh == []


def test_equal_values_have_one_number() -> None:
    """A cohort, and a value of an event dimension; absent is unknown."""
    groups = Groups(PLAIN)
    smb, price, unknown = (
        groups.cohort("smb", None, None, None),
        *(groups.value("reason", v) for v in ("price", None)),
    )
    assert groups.cohort("smb", None, None, None) == smb
    assert groups.value("reason", "price") == price
    assert groups.value("reason", "unknown") == unknown
    assert groups.value("touchpoint", "price") != price
    assert groups.fresh == [smb, price, unknown, groups.value("touchpoint", "price")]
    assert [groups.is_cohort(n) for n in (NOBODY, smb, price)] == [True, True, False]


def test_the_least_time_of_a_value_is_kept() -> None:
    """Of each value that a group stands for."""
    groups = Groups(PLAIN)
    smb = groups.cohort("smb", None, None, None)
    for at_ms in (5, 3, 4):
        groups.see(smb, at_ms)
    assert groups.first_seen["segment", "smb"] == 3
    assert groups.first_seen["plan", "unknown"] == 3


def test_values_beyond_the_limit_are_other_and_counted() -> None:
    """Known ones, unknown and other keep their own number."""
    groups = Groups(replace(PLAIN, max_values=1, max_values_inside=2))
    known = [groups.value("reason", v) for v in ("a", "b")]
    other = groups.value("reason", "c")
    assert groups.value("reason", "d") == groups.value("reason", "other") == other
    assert [groups.value("reason", v) for v in ("a", "b")] == known
    assert other not in (*known, groups.value("reason", None))
    assert groups.folded == 2
    assert groups.table[other] == ("reason", "other")


def test_values_of_cohorts_beyond_the_limit_are_other_too() -> None:
    """Only in the dimension that is full."""
    groups = Groups(replace(PLAIN, max_values=1, max_values_inside=1))
    groups.cohort("a", None, None, None)
    assert groups.table[groups.cohort("b", "pro", None, None)] == ("other", "pro", "unknown", "unknown")


def test_cohorts_beyond_the_limit_lose_their_most_varied_value_first() -> None:
    """Until there is such a cohort; the last resort is other in all dimensions."""
    groups = Groups(replace(PLAIN, max_cohorts=3))
    groups.cohort("a", "pro", None, None)
    groups.cohort("b", "pro", None, None)
    assert groups.folded == 0
    assert groups.table[groups.cohort("c", "free", "ads", "emea")] == ("other",) * 4
    assert groups.cohort("d", "free", None, None) == groups.cohort("c", "free", "ads", "emea")
    assert groups.folded == 3


def test_a_cohort_beyond_the_limit_joins_the_nearest_there_is() -> None:
    """The dimension with most values goes first, and that may be enough."""
    groups = Groups(replace(PLAIN, max_cohorts=3))
    groups.cohort("a", "pro", None, None)
    near = groups.cohort("other", "pro", None, None)
    assert groups.cohort("b", "pro", None, None) == near


@pytest.mark.parametrize(
    "definition", [PLAIN, replace(PLAIN, max_values=1, max_values_inside=2, max_cohorts=4)]
)
def test_a_restart_gives_the_same_numbers(definition: Definition) -> None:
    """And the same limits."""
    before = Groups(definition)
    for i in range(6):
        before.cohort(f"s{i}", None, f"c{i % 2}", None)
        before.value("touchpoint", f"t{i}")
    after = restored(before, definition)
    assert after.table == before.table
    assert after.by_value.keys() == before.by_value.keys()
    for groups in (before, after):
        groups.cohort("new", "new", "new", "new")
        groups.value("touchpoint", "new")
    assert after.table == before.table
