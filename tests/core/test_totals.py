"""Totals of partitions are added, folded and packed; nothing is lost and nothing is mixed."""

import pytest

from streams.core.definition.definition import Definition
from streams.core.totals import (
    FLOWS,
    GAUGES,
    OVERALL,
    Accounting,
    Totals,
    flows,
    fold,
    gauges,
    merge,
    pack_vector,
    unpack_vector,
    vector_length,
)

DEFINITION = Definition()


def test_a_vector_is_the_gauges_and_the_flows_of_each_window() -> None:
    """Shortest window first."""
    vector = list(range(vector_length(DEFINITION)))
    assert list(gauges(vector).values()) == vector[: len(GAUGES)]
    for i, window in enumerate(DEFINITION.windows):
        at = len(GAUGES) + i * len(FLOWS)
        assert list(flows(vector, DEFINITION, window).values()) == vector[at : at + len(FLOWS)]


def test_totals_of_one_instant_add_up() -> None:
    """Counters are added, the newest event is the greatest one."""
    one = Totals(5, {OVERALL: [1, 2]}, Accounting(received=1, counted={"signup": 1}), {"signup": 3})
    two = Totals(5, {OVERALL: [3, 4], ("plan", "a"): [1, 1]}, Accounting(received=2), {"signup": 2})
    both = merge([one, two])
    assert both.groups == {OVERALL: [4, 6], ("plan", "a"): [1, 1]}
    assert both.newest == {"signup": 3}
    assert both.accounting.received == 3
    assert not both.accounting.balanced


def test_totals_of_two_instants_are_never_added() -> None:
    """And there is no sum of none."""
    with pytest.raises(ValueError, match=r"different t cannot be added: \[4, 5\]"):
        merge([Totals(5), Totals(4)])
    with pytest.raises(ValueError, match="cannot be added"):
        merge([])


def test_values_without_a_name_of_their_own_join_other() -> None:
    """Whatever is called so already; unknown and the whole stay."""
    groups = {
        OVERALL: [9],
        ("plan", "a"): [1],
        ("plan", "b"): [2],
        ("plan", "other"): [3],
        ("plan", "unknown"): [4],
    }
    assert fold(groups, {"plan": frozenset({"a"})}) == {
        OVERALL: [9],
        ("plan", "a"): [1],
        ("plan", "other"): [5],
        ("plan", "unknown"): [4],
    }


@pytest.mark.parametrize("vector", [[], [0, -1, 2**63 - 1, -(2**63)], [2**63, -(2**70), 5]])
def test_a_packed_vector_is_the_vector(vector: list[int]) -> None:
    """However large its numbers."""
    assert unpack_vector(pack_vector(vector)) == vector


def test_other_bytes_are_no_vector() -> None:
    """Said, not guessed."""
    with pytest.raises(ValueError, match="starts with q or t"):
        unpack_vector(b"x123")
