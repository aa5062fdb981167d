"""How a value is written for people: percent, money, points, counts; and its trend as a line of blocks."""

from collections import deque
from typing import Final

from streams.core.kpi.catalogue.entry import Unit
from streams.core.kpi.catalogue.registry import CATALOGUE

Number = int | float

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_TREND_POINTS = 16
_TINY = 0.001


def figure(kpi: str, value: Number | None) -> str:
    """A KPI's value as text: ``2.31 %``, ``1,234.50``, ``+45.0``, ``12,345``; a dash where there is none."""
    if value is None:
        return "-"
    unit = _unit_of(kpi)
    if unit == "ratio":
        return f"{100 * value:.2f} %"
    if unit == "money":
        return f"{value:,.2f}"
    if unit == "points":
        return f"{value:+.1f}"
    if unit == "probability":
        return f"{value:.1e}" if 0 < value < _TINY else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _unit_of(kpi: str) -> Unit | None:
    """Its own, or that of its family where another version published a variant that this one has not."""
    base = kpi.partition(".")[0]
    relatives = (one.unit for one in CATALOGUE.values() if one.base == base)
    return CATALOGUE[kpi].unit if kpi in CATALOGUE else next(relatives, None)


def interval(kpi: str, low: Number | None, high: Number | None) -> str:
    """The interval from low to high; empty where the KPI has none."""
    if low is None or high is None:
        return ""
    return f"{figure(kpi, low).removesuffix(' %')} … {figure(kpi, high)}"


class Trend:
    """The last values of one KPI, as an arrow and a line of blocks."""

    def __init__(self) -> None:
        self._values: deque[Number] = deque(maxlen=_TREND_POINTS)

    def add(self, value: Number | None) -> None:
        """A newer value; None leaves the trend as it is."""
        if value is not None:
            self._values.append(value)

    def __str__(self) -> str:
        if not self._values:
            return ""
        low, high = min(self._values), max(self._values)
        first, last = self._values[0], self._values[-1]
        arrow = "→" if first == last else "↗" if last > first else "↘"
        scale = (len(_BLOCKS) - 1) / (high - low) if high > low else 0.0
        return f"{arrow} {''.join(_BLOCKS[int((value - low) * scale)] for value in self._values)}"
