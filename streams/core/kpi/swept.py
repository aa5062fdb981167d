"""What the sweep over the customers of a partition says to publishers; partition/sweep makes it."""

from dataclasses import dataclass

from streams.core.kpi.early_warning import AtRisk
from streams.core.totals import Group


@dataclass(frozen=True, slots=True)
class Swept:
    """What the sweep over one partition found; it adds up over partitions."""

    t: int
    """The clock when it began (ms)."""
    shares: dict[Group, bytes]
    """The whole, and every value of a customer dimension that has buyers -> packed rows: buckets of the
    windows that have revenue shares, then what was kept in those that have purchase retention, both in the
    order of the definition."""
    at_risk: tuple[AtRisk, ...]
    """The highest score first."""
