"""Builds one published value from exact integers: divides once, adds interval and status.

Rules: a zero denominator gives no value; integers stay integers up to one final division; ``low_n`` where
n is below the KPI's own ``min_n``, never for counts, sums, gauges and probabilities. Knows no window and no
group. See docs/contract.md, section 4.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final

from streams.core.definition.currencies import EXPONENTS
from streams.core.definition.definition import Definition
from streams.core.kpi.values.statistics import Interval, mean_interval, nps_interval, upper_tail, wilson
from streams.core.kpi.values.value import (
    CostValue,
    NpsValue,
    RevenueValue,
    SpikeValue,
    Status,
    Sweep,
    SweptValue,
    Value,
)

_NOTHING: Final[Interval | tuple[None, None]] = (None, None)


def count(n: int) -> Value:
    """A count: numerator = n = value."""
    return Value(n, n, None, n)


def standing_ratio(numerator: int, denominator: int) -> Value:
    """A ratio of gauges, never ``low_n``."""
    return _ratio(numerator, denominator, 0)


def spike(observed: int, base: int, exposure: int, base_exposure: int) -> SpikeValue:
    """The probability of ``observed`` churns or more by chance; undefined without exposure on either side."""
    expected = base * exposure / base_exposure if base_exposure else None
    known = exposure > 0 and base_exposure > 0
    p = upper_tail(observed, base, exposure, base_exposure) if known else None
    status: Status = "ok" if known else "undefined"
    n = observed + base
    return SpikeValue(p, None, None, n, None, None, status, observed=observed, expected=expected)


class Builder:
    """Builds the values that depend on a definition: its ``min_n`` and its base currency.

    Args:
        definition: which.
        sampled: the KPIs that are ``low_n`` below their ``min_n``.
    """

    def __init__(self, definition: Definition, sampled: Iterable[str]) -> None:
        self._min_n: Mapping[str, int] = {kpi: definition.min_n_of(kpi) for kpi in sampled}
        self._unit = 10 ** EXPONENTS[definition.base_currency]

    def ratio(self, kpi: str, numerator: int, denominator: int) -> Value:
        """A ratio with its Wilson interval, where it is a proportion."""
        return _ratio(numerator, denominator, self._min_n[kpi])

    def quotient(self, kpi: str, numerator: int, denominator: int) -> Value:
        """A quotient that is no proportion: without interval."""
        value = numerator / denominator if denominator else None
        return Value(
            value, numerator, denominator, denominator, None, None, self._status(kpi, value, denominator)
        )

    def mean(self, kpi: str, n: int, total: int, squares: int, scale: tuple[int, int]) -> Value:
        """A mean of answers on a scale, with its interval from two answers on."""
        value = total / n if n else None
        low, high = mean_interval(n, total, squares, scale) or _NOTHING
        return Value(value, total, n, n, low, high, self._status(kpi, value, n))

    def nps(self, kpi: str, promoters: int, passives: int, detractors: int) -> NpsValue:
        """A net promoter score, -100..100."""
        n, net = promoters + passives + detractors, promoters - detractors
        value = 100 * net / n if n else None
        low, high = nps_interval(promoters, passives, detractors) if n else _NOTHING
        status = self._status(kpi, value, n)
        votes = {"promoters": promoters, "passives": passives, "detractors": detractors}
        return NpsValue(value, net, n, n, low, high, status, **votes)

    def revenue(self, minor: int, n: int, left_out: int) -> RevenueValue:
        """A sum of n amounts in minor units."""
        return RevenueValue(minor / self._unit, minor, None, n, left_out=left_out)

    def amount_each(self, kpi: str, minor: int, n: int) -> Value:
        """An amount in minor units, shared by n."""
        value = minor / (n * self._unit) if n else None
        return Value(value, minor, n, n, None, None, self._status(kpi, value, n))

    def amount_each_of_mean(self, kpi: str, minor: int, both: int) -> Value:
        """Like amount_each, shared by the mean of two counts that are ``both`` together: n may be a half."""
        n = both / 2 if both % 2 else both // 2
        value = 2 * minor / (both * self._unit) if both else None
        return Value(value, minor, n, n, None, None, self._status(kpi, value, n))

    def cost(self, kpi: str, minor: int, n: int, with_cost: int) -> CostValue:
        """Like amount_each, but undefined while no cost is known."""
        value = minor / (n * self._unit) if n and with_cost else None
        return CostValue(value, minor, n, n, None, None, self._status(kpi, value, n), with_cost=with_cost)

    def estimate(self, kpi: str, minor: Fraction | None, n: int) -> Value:
        """An amount in exact minor units that is no quotient of two counts; None: undefined."""
        value = None if minor is None else float(minor / self._unit)
        return Value(value, None, None, n, None, None, self._status(kpi, value, n))

    def revenue_share(self, kpi: str, minor: int, sweep: Sweep) -> SweptValue:
        """A part of the revenue that a sweep found."""
        whole = sweep.revenue_minor
        value = minor / whole if whole else None
        status = self._status(kpi, value, sweep.buyers)
        return SweptValue(value, minor, whole, sweep.buyers, None, None, status, t=sweep.t_ms)

    def revenue_kept(self, kpi: str, minor: int, sweep: Sweep) -> SweptValue:
        """What a sweep found that the buyers of the window before pay, by what they paid then."""
        kept = sweep.kept
        value = minor / kept.before_minor if kept.buyers else None
        status = self._status(kpi, value, kept.buyers)
        return SweptValue(value, minor, kept.before_minor, kept.buyers, None, None, status, t=sweep.t_ms)

    def _status(self, kpi: str, value: float | None, n: float) -> Status:
        if value is None:
            return "undefined"
        return "low_n" if n < self._min_n[kpi] else "ok"


def _ratio(numerator: int, denominator: int, min_n: int) -> Value:
    if denominator == 0:
        return Value(None, numerator, 0, 0, None, None, "undefined")
    low, high = wilson(numerator, denominator) if 0 <= numerator <= denominator else _NOTHING
    status: Status = "low_n" if denominator < min_n else "ok"
    return Value(numerator / denominator, numerator, denominator, denominator, low, high, status)
