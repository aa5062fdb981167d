"""The codes of sealed sums: whatever the number of windows, no two quantities share one."""

from hypothesis import given
from hypothesis import strategies as st

from streams.core.counting.quantities import LIFE_FAMILY, ORDERS_FAMILY, SURVEYS_FAMILY
from streams.core.counting.sealed_sums import code_of, family_of, quantity_of

FAMILIES = (LIFE_FAMILY, ORDERS_FAMILY, SURVEYS_FAMILY)


@given(st.sampled_from(FAMILIES), st.integers(0, 10_000))
def test_a_code_is_its_family_and_its_quantity(family: int, quantity: int) -> None:
    """There and back, beyond any bound of 6 bits."""
    code = code_of(family, quantity)
    assert (family_of(code), quantity_of(code)) == (family, quantity)


def test_no_two_quantities_share_a_code() -> None:
    """Of all families together."""
    codes = {code_of(family, quantity) for family in FAMILIES for quantity in range(1_000)}
    assert len(codes) == 3_000


def test_codes_of_up_to_64_quantities_are_what_they_always_were() -> None:
    """Sums that were sealed before there were more are read as they were written."""
    assert [code_of(family, q) for family in FAMILIES for q in (0, 63)] == [0, 63, 64, 127, 128, 191]
