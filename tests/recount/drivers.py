"""Where churn comes from, recounted: churns of each value beyond the expected (contract section 8)."""

from collections.abc import Sequence
from typing import Any

from streams.core.definition.definition import Definition, Window
from tests.recount import groups
from tests.recount.counting import baseline_spans, span
from tests.recount.document import lives_of
from tests.recount.groups import OTHER
from tests.recount.life import Life
from tests.recount.receipt import Receipt

MOST = 5


def drivers(
    receipts: Sequence[Receipt], t_ms: int, definition: Definition
) -> dict[str, list[dict[str, Any]]]:
    """Dimension -> its drivers as in the document."""
    lives = lives_of(receipts, t_ms, definition)
    found: dict[str, list[dict[str, Any]]] = {}
    for dimension in (*definition.dimensions, *groups.CHURN_DIMENSIONS):
        named = groups.named_values(lives, t_ms, dimension, definition)
        found[dimension] = []
        for window in definition.windows:
            for before in baseline_spans(t_ms, window, definition):
                listed = _of_window(lives, dimension, named, window, (span(t_ms, window, definition), before))
                listed.sort(key=lambda driver: (-driver["excess"], driver["value"]))
                found[dimension] += listed[:MOST]
    return found


def _of_window(
    lives: Sequence[Life],
    dimension: str,
    named: set[str],
    window: Window,
    spans: tuple[tuple[int, int], tuple[int, int]],
) -> list[dict[str, Any]]:
    by_profile = dimension not in groups.CHURN_DIMENSIONS
    churns: dict[str, list[int]] = {}
    for life in lives:
        for at, within in enumerate(spans):
            for tr in life.within(*within):
                if tr.what == "churned":
                    value = groups.profile_value(life, dimension) if by_profile else getattr(tr, dimension)
                    churns.setdefault(value if value in named else OTHER, [0, 0])[at] += 1
    out = []
    for value, (observed, base) in churns.items():
        own = [life for life in lives if not by_profile or _value(life, dimension, named) == value]
        exposure, base_exposure = (sum(life.exposure_ms(*within) for life in own) for within in spans)
        if base_exposure and observed > base * exposure / base_exposure:
            expected = base * exposure / base_exposure
            row = {"value": value, "window": window.name, "observed": observed, "expected": expected}
            out.append(row | {"excess": observed - expected})
    return out


def _value(life: Life, dimension: str, named: set[str]) -> str:
    value = groups.profile_value(life, dimension)
    return value if value in named else OTHER
