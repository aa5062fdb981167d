"""One published value: its parts, its interval, its status.

Rules: counts and sums in exact integers; ``value`` is a float of one final division, or an int for a count;
undefined is None and never 0; no field is ever NaN. Frozen: a value is replaced, never changed.
See docs/contract.md, section 4.
"""

from typing import Final, Literal, Self

import msgspec

Status = Literal["recovering", "stale", "undefined", "silent", "low_n", "ok"]
"""In order of precedence."""

Condition = Literal["recovering", "stale", "ok"]
"""What holds for a whole document: a partition is not live, its t is too old, or neither."""


class Value(msgspec.Struct, frozen=True, gc=False):
    """A KPI of one group in one window, or now."""

    value: int | float | None
    """Ratios 0..1, money in major units, NPS -100..100; None: undefined or withheld."""
    numerator: int | None
    """Money in minor units."""
    denominator: int | float | None
    """A whole number, or a half where it is the mean of two counts."""
    n: int | float
    """What the value rests on, likewise; below ``min_n`` the status is ``low_n``."""
    low: float | None = None
    high: float | None = None
    status: Status = "ok"

    @property
    def extras(self) -> dict[str, int | float | None]:
        """The further parts that this KPI has, by name."""
        return {name: getattr(self, name) for name in self.__struct_fields__[len(Value.__struct_fields__) :]}

    def silenced(self) -> Self:
        """The value when a source it rests on is silent: it stays, and the status says so."""
        return self if self.value is None else msgspec.structs.replace(self, status="silent")

    def under(self, condition: Condition) -> Self:
        """The value as it may be shown: nothing but its parts while recovering or stale."""
        if condition == "ok":
            return self
        return msgspec.structs.replace(self, value=None, low=None, high=None, status=condition)


class NpsValue(Value, frozen=True, gc=False, kw_only=True):
    """A net promoter score."""

    promoters: int
    passives: int
    detractors: int


class SpikeValue(Value, frozen=True, gc=False, kw_only=True):
    """The probability of as many churns by chance."""

    observed: int
    expected: float | None
    """None while the baseline has no exposure."""


class CostValue(Value, frozen=True, gc=False, kw_only=True):
    """An acquisition cost."""

    with_cost: int
    """New customers whose cost is known."""


class RevenueValue(Value, frozen=True, gc=False, kw_only=True):
    """A revenue."""

    left_out: int
    """Purchases and refunds in other currencies."""


class SweptValue(Value, frozen=True, gc=False, kw_only=True):
    """A share of revenue from a sweep over the buyers."""

    t: int
    """The sweep's own time in ms: not that of the document."""


class Kept(msgspec.Struct, frozen=True, gc=False):
    """Customers with a net revenue above 0 in the window before, and what they pay; money in minor units.

    ``still_minor`` is what is left of each one's former revenue: at most that, and never below 0.
    """

    buyers: int
    before_minor: int
    now_minor: int
    still_minor: int


NOTHING_KEPT: Final = Kept(0, 0, 0, 0)


class Sweep(msgspec.Struct, frozen=True, gc=False):
    """What a sweep over the buyers of one group and window found; money in minor units.

    A buyer's revenue is max(0, net revenue in the window). ``a_minor`` is that of the best ceil(0.2·buyers),
    ``b_minor`` of those up to ceil(0.5·buyers), ``c_minor`` of the rest.
    """

    t_ms: int
    buyers: int
    a_minor: int
    b_minor: int
    c_minor: int
    kept: Kept = NOTHING_KEPT

    @property
    def revenue_minor(self) -> int:
        """Of all buyers."""
        return self.a_minor + self.b_minor + self.c_minor
