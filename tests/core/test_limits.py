"""The greatest values that a definition may have: each of them works, restart included."""

from dataclasses import replace
from typing import Any

import pytest

from streams.core.definition.definition import DAY_MS, Definition, DefinitionError, Tier
from tests.histories import NOW_MS, record
from tests.laws.driver import Driven
from tests.laws.judging import Recounted

GREATEST: list[dict[str, Any]] = [
    {"max_values_inside": 10**6, "max_values": 10_000},
    {"max_profiles": 10**6},
    {"min_n": 10**15, "min_n_by_kpi": (("churn_ratio", 10**15),)},
    {"freshness_limit_ms": 10**15},
    {"max_clock_skew_ms": 10**15},
    {"inactivity_churn_ms": 10**15},
    {"min_event_time_ms": 0},
    {"tiers": (Tier(DAY_MS, 36_500 * DAY_MS),), "window_names": ("1d", "36500d")},
    {"window_names": tuple(f"{days}d" for days in range(3, 67))},
]


def changed(**choices: Any) -> Definition:  # noqa: ANN401 - of any field
    """The default with other choices."""
    return replace(Definition(), **choices)


@pytest.mark.parametrize("choices", GREATEST, ids="+".join)
def test_the_greatest_value_works(choices: dict[str, Any]) -> None:
    """Counted as recounted, erased persons and restarts included."""
    definition = changed(**choices)
    records = [
        record("signup", "a", NOW_MS - 50 * DAY_MS, segment="smb"),
        *(record("purchase", "a", NOW_MS - age) for age in range(9 * DAY_MS, 0, -DAY_MS)),
        record("survey", "a", NOW_MS - 3),
        record("signup", "b", NOW_MS - 2 * DAY_MS),
        record("erase", "b", NOW_MS - DAY_MS),
        record("cancellation", "a", NOW_MS - 1),
    ]
    one = Driven(definition)
    one.state.advance(NOW_MS)
    one.take(records)
    one.restart()
    assert Recounted(records, NOW_MS, definition).differences([one]) == []


@pytest.mark.parametrize(
    ("choice", "value"),
    [
        (choice, value)
        for choices in GREATEST
        for choice, value in choices.items()
        if isinstance(value, int) and value
    ],
)
def test_one_more_is_refused(choice: str, value: int) -> None:
    """So what works above is the greatest there is."""
    with pytest.raises(
        DefinitionError, match=f"^{choice.removesuffix('_ms')}: {value + 1}: allowed is {value} or less"
    ):
        changed(**{choice: value + 1})
