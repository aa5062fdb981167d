"""Profiles of other dimensions than four: none is taken for a value of events, and each limit holds."""

from dataclasses import replace

import pytest

from streams.core.customer.groups import NOBODY
from streams.core.definition.definition import Definition
from tests.core.test_groups import restored, table

NAMES = ("industry", "store", "age_band", "team", "country", "brand", "tier", "partner")


def of(count: int, *, max_profiles: int = 10_000) -> Definition:
    """A definition with the first so many of these dimensions."""
    return Definition(dimensions=NAMES[:count], max_profiles=max_profiles)


@pytest.mark.parametrize("count", [0, 1, 2, 8])
def test_a_profile_and_a_value_of_events_are_told_apart(count: int) -> None:
    """Even where a profile is two texts, and they are those of the other; also after a restart."""
    groups = table(of(count))
    attributes = ("reason", "price", *"abcdef")[:count]
    profile, value = groups.profile(attributes), groups.value("reason", "price")
    assert profile != value
    assert (profile == NOBODY) == (count == 0)
    for found in (groups, restored(groups, of(count))):
        assert found.values_of(profile) == list(zip(NAMES[:count], attributes, strict=True))
        assert found.values_of(value) == [("reason", "price")]
        assert [found.is_profile(number) for number in (NOBODY, profile, value)] == [True, True, False]
        assert (found.profile(attributes), found.value("reason", "price")) == (profile, value)
        assert found.profile((None,) * count) == NOBODY


@pytest.mark.parametrize("count", [1, 2, 8])
def test_profiles_beyond_the_limit_are_other_in_the_dimension_of_most_values(count: int) -> None:
    """The first three have their own; the fourth joins by the first dimension, which has the most values."""
    groups = table(of(count, max_profiles=4))
    rest = ("x",) * (count - 1)
    for value in ("other", "a", "b"):
        groups.profile((value, *rest))
    assert groups.folded == 0
    joined = groups.profile(("c", *rest))
    assert groups.table[joined][:count] == ("other", *rest)
    assert groups.profile(("d", *rest)) == joined
    assert groups.folded == 2
    assert groups.profile(("a", *rest)) != joined


@pytest.mark.parametrize("count", [1, 2, 8])
def test_where_no_profile_is_near_all_is_other(count: int) -> None:
    """One more combination than the limit, never two."""
    groups = table(of(count, max_profiles=1))
    joined = {groups.profile((value,) * count) for value in "abc"}
    assert [groups.table[number][:count] for number in joined] == [("other",) * count]
    assert sum(map(groups.is_profile, range(len(groups.table)))) == 2


@pytest.mark.parametrize("count", [1, 2, 8])
def test_values_beyond_the_limit_are_other_in_their_dimension_alone(count: int) -> None:
    """As many as there are dimensions; each is counted once."""
    groups = table(replace(of(count), max_values=1, max_values_inside=1))
    groups.profile(("a",) * count)
    assert groups.table[groups.profile(("b", *("a",) * (count - 1)))][:count] == (
        "other",
        *("a",) * (count - 1),
    )
    assert groups.folded == 1


@pytest.mark.parametrize("count", [1, 2, 8])
def test_a_text_that_is_no_label_is_other_after_a_restart(count: int) -> None:
    """As under labels that took it before."""
    before = table(replace(of(count), labels="any"))
    number = before.profile(("the store of Alice Smith", *("a",) * (count - 1)))
    after = restored(before, of(count))
    assert after.values_of(number) == [
        (NAMES[0], "other"),
        *((name, "a") for name in NAMES[1:count]),
    ]
    assert after.profile(("other", *("a",) * (count - 1))) == number


def test_without_dimensions_everybody_is_nobody_in_particular() -> None:
    """One profile, which the limit counts, and which nothing joins."""
    groups = table(of(0, max_profiles=1))
    assert groups.profile(()) == NOBODY
    assert groups.values_of(NOBODY) == []
    assert groups.by_value == {}
    assert groups.fresh == []
