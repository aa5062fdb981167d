"""Which texts become a value of a dimension: short names do; addresses, numbers and sentences do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.definition.definition import Definition
from streams.core.definition.labels import is_short, takes
from tests.recount.labels import label

NAMES = [
    *("EMEA", "price", "too expensive", "Small Business", "Größe XL", "R&D", "Small & Medium"),
    *("pro-2026", "C++", "10115 Berlin", "v1.2:beta", "payment_failed", "a/b", "x" * 40),
    *("中小企業", "हिन्दी", "الشرق الأوسط"),
]
FREE = [
    *(
        "Alice Smith moved to Berlin",
        "not enough value",
        "price, service",
        "it's",
        "爱丽丝上个月搬到柏林去了",
    ),
    *("alice@example.com", "+49 170 1234567", "1234 5678 9", "0176-1234567", "x" * 41),
    *("a  b", " a", "a ", "a\tb", "a\n", "a\0b", "\x1b[1m", "[/x]", "<b>", "\u202eevil", "😀"),
]


@pytest.mark.parametrize("text", NAMES)
def test_a_short_name_is_a_value(text: str) -> None:
    """Of one or two words, in any script."""
    assert is_short(text)


@pytest.mark.parametrize("text", FREE)
def test_what_people_type_is_none(text: str) -> None:
    """However short."""
    assert not is_short(text)


LIKELY = st.text("ab Ä9-@.,_中\u0301", max_size=45)


@given(st.one_of(st.text(max_size=45), LIKELY), st.sampled_from(("short", "allowed", "any")))
def test_the_recount_draws_the_same_line(text: str, labels: str) -> None:
    """By another implementation, whatever the choice."""
    definition = Definition(labels=labels, allow=(("reason", ("a b a b", "a@b")),))  # type: ignore[arg-type]
    for value in (text or "-", "a b a b", "a@b"):
        if value != "unknown":
            taken = takes(labels, {"reason": frozenset(("a b a b", "a@b"))}, "reason", value)
            assert (label(value, "reason", definition) == value) is taken or value == "other"


def test_what_the_definition_lists_is_taken_in_its_dimension_alone() -> None:
    """Under the strictest choice, and beyond any form."""
    allow = {"reason": frozenset(("moved to another city",))}
    assert takes("allowed", allow, "reason", "moved to another city")
    assert takes("short", allow, "reason", "moved to another city")
    assert not takes("short", allow, "segment", "moved to another city")
    assert not takes("allowed", allow, "reason", "price")
    assert takes("allowed", allow, "churn_type", "voluntary")
    assert takes("any", {}, "reason", "Alice Smith moved to Berlin")
