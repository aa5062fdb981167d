"""Where churn comes from: the values of each dimension ranked by observed - expected churns.

What a value was to expect follows from its own baseline, as for ``churn_spike_p``: its churns there, scaled
to the exposure of the window. A churn reason or churn type has no customers of its own: its churns are scaled
by the exposure of the whole. A value whose baseline has no exposure has nothing to expect and is not ranked;
neither is one with no more churns than expected. See docs/contract.md, section 8.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from streams.core.definition.definition import Definition
from streams.core.totals import OVERALL, Group, Vector, flows

CAUSES: Final = ("reason", "churn_type")
"""Dimensions of churns. A touchpoint is where somebody answered; nobody churns there."""
MOST: Final = 5
"""So many values of a dimension are listed for each window."""


class Driver(msgspec.Struct, frozen=True, gc=False):
    """A dimension value that churned more than expected in a window."""

    value: str
    window: str
    observed: int
    """Churns in the window."""
    expected: float
    """Churns as many as the baseline had for that exposure."""
    excess: float
    """observed - expected; above 0."""


Drivers = Mapping[str, list[Driver]]
"""Dimension -> its drivers: shortest window first, in it the greatest excess first."""


def rank_drivers(parts: Mapping[Group, Vector], definition: Definition) -> Drivers:
    """Rank the values of every dimension, window by window.

    Args:
        parts: the totals of the values as they are published, and of ``OVERALL``.
        definition: which windows there are; only those with a baseline have drivers.
    """
    dimensions = (*definition.dimensions, *CAUSES)
    found: dict[str, list[Driver]] = {dimension: [] for dimension in dimensions}
    whole = parts.get(OVERALL)
    if not whole:
        return found
    for window in (w for w in definition.windows if definition.has_baseline(w)):
        overall = flows(whole, definition, window)
        ranked: dict[str, list[Driver]] = {dimension: [] for dimension in dimensions}
        for (dimension, value), vector in parts.items():
            if dimension in ranked:
                mine = flows(vector, definition, window)
                exposed = overall if dimension in CAUSES else mine
                driver = _driver(value, window.name, mine, exposed)
                if driver is not None:
                    ranked[dimension].append(driver)
        for dimension, drivers in ranked.items():
            found[dimension] += sorted(drivers, key=lambda d: (-d.excess, d.value))[:MOST]
    return found


def _driver(value: str, window: str, churn: Mapping[str, int], exposed: Mapping[str, int]) -> Driver | None:
    observed, base = churn["churned"], churn["base_churned"]
    exposure, base_exposure = exposed["exposure_ms"], exposed["base_exposure_ms"]
    if base_exposure == 0 or observed * base_exposure <= base * exposure:
        return None
    expected = base * exposure / base_exposure
    return Driver(
        value, window, observed, expected, (observed * base_exposure - base * exposure) / base_exposure
    )
