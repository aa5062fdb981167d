"""Groups: numbers for profiles and values, with limits, and what a restart takes back."""

from dataclasses import replace

import pytest

from streams.core.customer.groups import MAX_FOLDED, NOBODY, Groups
from streams.core.customer.identity import Identity
from streams.core.definition.definition import Definition

PLAIN = Definition()


def table(definition: Definition) -> Groups:
    """An empty one."""
    return Groups(definition, Identity(b"secret").label)


def restored(groups: Groups, definition: Definition) -> Groups:
    """The table after a restart, its records in whatever order."""
    again = table(definition)
    for number in reversed(groups.fresh):
        again.restore(number, groups.pack(number))
    return again


def test_a_table_begins_with_the_profile_of_nobody() -> None:
    """It needs no record."""
    groups = table(PLAIN)
    assert groups.profile((None, None, None, None)) == NOBODY
    assert groups.profile(("", "", "", "")) == NOBODY
    assert groups.fresh == []


def test_equal_values_have_one_number() -> None:
    """A profile, and a value of an event dimension; absent is unknown."""
    groups = table(PLAIN)
    smb, price, unknown = (
        groups.profile(("smb", None, None, None)),
        *(groups.value("reason", v) for v in ("price", None)),
    )
    assert groups.profile(("smb", None, None, None)) == smb
    assert groups.value("reason", "price") == price
    assert groups.value("reason", "unknown") == unknown
    assert groups.value("touchpoint", "price") != price
    assert groups.fresh == [smb, price, unknown, groups.value("touchpoint", "price")]
    assert [groups.is_profile(n) for n in (NOBODY, smb, price)] == [True, True, False]


def test_values_beyond_the_limit_are_other_and_counted() -> None:
    """Known ones, unknown and other keep their own number."""
    groups = table(replace(PLAIN, max_values=1, max_values_inside=2))
    known = [groups.value("reason", v) for v in ("a", "b")]
    other = groups.value("reason", "c")
    assert groups.value("reason", "d") == groups.value("reason", "other") == other
    assert [groups.value("reason", v) for v in ("a", "b")] == known
    assert other not in (*known, groups.value("reason", None))
    assert groups.folded == 2
    assert groups.table[other] == ("reason", "other")


def test_a_value_that_is_joined_counts_once_however_often_it_comes() -> None:
    """The figure is of values, not of events; it is kept over a restart, and bounded."""
    groups = table(replace(PLAIN, max_values=1, max_values_inside=1))
    for _ in range(9):
        for value in "abc":
            groups.value("reason", value)
    assert groups.folded == 2
    again = table(PLAIN)
    for digest in groups.fresh_folded:
        again.restore_folded(digest)
    assert again.folded == 2
    for number in range(MAX_FOLDED + 5):
        groups.value("touchpoint", str(number))
    assert groups.folded == MAX_FOLDED == len(groups.fresh_folded)


def test_values_of_profiles_beyond_the_limit_are_other_too() -> None:
    """Only in the dimension that is full."""
    groups = table(replace(PLAIN, max_values=1, max_values_inside=1))
    groups.profile(("a", None, None, None))
    assert groups.table[groups.profile(("b", "pro", None, None))] == ("other", "pro", "unknown", "unknown")


def test_profiles_beyond_the_limit_lose_their_most_varied_value_first() -> None:
    """Until there is such a profile; the last resort is other in all dimensions."""
    groups = table(replace(PLAIN, max_profiles=3))
    groups.profile(("a", "pro", None, None))
    groups.profile(("b", "pro", None, None))
    assert groups.folded == 0
    assert groups.table[groups.profile(("c", "free", "ads", "emea"))] == ("other",) * 4
    assert groups.profile(("d", "free", None, None)) == groups.profile(("c", "free", "ads", "emea"))
    assert groups.folded == 2


def test_a_profile_beyond_the_limit_joins_the_nearest_there_is() -> None:
    """The dimension with most values goes first, and that may be enough."""
    groups = table(replace(PLAIN, max_profiles=3))
    groups.profile(("a", "pro", None, None))
    near = groups.profile(("other", "pro", None, None))
    assert groups.profile(("b", "pro", None, None)) == near


@pytest.mark.parametrize(
    "definition", [PLAIN, replace(PLAIN, max_values=1, max_values_inside=2, max_profiles=4)]
)
def test_a_restart_gives_the_same_numbers(definition: Definition) -> None:
    """And the same limits."""
    before = table(definition)
    for i in range(6):
        before.profile((f"s{i}", None, f"c{i % 2}", None))
        before.value("touchpoint", f"t{i}")
    after = restored(before, definition)
    assert after.table == before.table
    assert after.by_value.keys() == before.by_value.keys()
    for groups in (before, after):
        groups.profile(("new", "new", "new", "new"))
        groups.value("touchpoint", "new")
    assert after.table == before.table


def test_a_text_that_is_no_label_is_other_and_kept_nowhere() -> None:
    """Each event counts for its dimension; the text leaves no digest, and takes no place."""
    groups = table(replace(PLAIN, max_values=1, max_values_inside=1))
    other = groups.value("reason", "Alice Smith moved to Berlin")
    assert groups.value("reason", "Bob, who called twice") == groups.value("reason", "other") == other
    assert groups.table[groups.profile(("a@b.example", "pro", None, None))][:2] == ("other", "pro")
    assert groups.refused == {"reason": 2, "segment": 1}
    assert groups.folded == 0
    assert groups.table[groups.value("reason", "price")] == ("reason", "price")


def test_a_listed_text_is_a_label_whatever_its_form() -> None:
    """In its own dimension."""
    groups = table(replace(PLAIN, allow=(("reason", ("went out of business",)),)))
    assert groups.table[groups.value("reason", "went out of business")][1] == "went out of business"
    assert groups.table[groups.value("touchpoint", "went out of business")][1] == "other"


def test_texts_of_a_former_version_join_other_and_leave_the_changelog() -> None:
    """Every number stays what records mean by it; the names are written anew without the text."""
    before = table(replace(PLAIN, labels="any"))
    texts = [before.value("reason", text) for text in ("Alice left", "Bob left for good", "price")]
    profile = before.profile(("smb", "the plan of Alice Smith", None, None))
    after = table(PLAIN)
    for number in before.fresh:
        after.restore(number, before.pack(number))
    assert [after.table[number][1] for number in texts] == ["Alice left", "other", "price"]
    assert after.table[profile] == ("smb", "other", "unknown", "unknown")
    assert after.fresh == [texts[1], profile]
    assert b"Bob" not in after.pack(texts[1])
    assert after.by_value["reason", "other"] == [texts[1]]
    assert after.value("reason", "other") == texts[1]


def test_one_of_two_groups_of_one_name_can_go_alone() -> None:
    """As a former version may have left them; whoever looks the name up gets the other."""
    before = table(replace(PLAIN, labels="any"))
    first, second = (before.profile(("smb", text, None, None)) for text in ("Alice left us", "Bob left us"))
    after = table(PLAIN)
    for number in before.fresh:
        after.restore(number, before.pack(number))
    assert after.by_value["plan", "other"] == [first, second]
    after.forget(first)
    assert after.by_value["plan", "other"] == [second]
    assert after.profile(("smb", "other", None, None)) == second
