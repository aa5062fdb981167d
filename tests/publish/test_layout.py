"""Keys and numbers in Redis: written and read back as they were."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.kpi.values import value as kpi_value
from streams.core.kpi.values.value import Value
from streams.redis_contract.layout import EXTRAS, NOW, PARTS, Keys, Place, read_number, write_number

TEXT = st.text(min_size=1).filter(lambda text: ":" not in text)


@given(TEXT, st.one_of(st.none(), st.tuples(TEXT, st.text(min_size=1))))
def test_a_place_is_found_again_from_its_key(window: str, group: tuple[str, str] | None) -> None:
    """Whatever text a dimension value is, colons included."""
    place = Place(window, *group) if group else Place(window)
    keys = Keys("default")
    assert keys.place(keys.hash(place)) == place


def test_the_keys_are_those_of_the_contract() -> None:
    """All of a tenant under one hash tag."""
    keys = Keys("shop")
    assert keys.hash(Place("24h")) == "crm:{shop}:kpi:24h"
    assert keys.hash(Place(NOW)) == "crm:{shop}:kpi:now"
    assert keys.hash(Place("24h", "segment", "smb")) == "crm:{shop}:kpi:24h:segment:smb"
    fixed = (keys.snapshot, keys.index, keys.changes, keys.history)
    assert fixed == tuple(f"crm:{{shop}}:{name}" for name in ("snapshot", "index", "changes", "history"))


@pytest.mark.parametrize(
    "key", ["crm:{shop}:snapshot", "crm:{other}:kpi:24h", "crm:{shop}:kpi:24h:segment", ""]
)
def test_other_keys_are_no_places(key: str) -> None:
    """Of another tenant, of another kind, or half of one."""
    assert Keys("shop").place(key) is None


@pytest.mark.parametrize("tenant", ["", "a{b", "a}"])
def test_a_tenant_that_would_break_the_hash_tag_is_refused(tenant: str) -> None:
    """Braces decide the slot of a key."""
    with pytest.raises(ValueError, match="tenant"):
        Keys(tenant)


@given(st.one_of(st.none(), st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
def test_numbers_come_back_as_they_were(number: float | None) -> None:
    """Exactly, and integers as integers."""
    back = read_number(write_number(number))
    assert (back, type(back)) == (number, type(number))


def test_every_part_that_a_kpi_can_have_is_known_to_readers() -> None:
    """A part that is added to a value has to be added to the layout."""
    fields = {"value", *PARTS, *EXTRAS}
    kinds = [kind for kind in vars(kpi_value).values() if isinstance(kind, type) and issubclass(kind, Value)]
    assert len(kinds) > 3
    assert {field.name for kind in kinds for field in msgspec.structs.fields(kind)} == fields
