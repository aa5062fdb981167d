"""The KPIs of a group from its totals: those of the catalogue, each computed as it says.

Rules: status here is ``ok``, ``low_n`` or ``undefined``; silent sources are told by silence.py, and what a
document as a whole withholds is decided in snapshot.py. See docs/contract.md, section 4.
"""

from typing import TypeAlias

from streams.core.definition.definition import Definition, Window
from streams.core.kpi.catalogue.entry import VOTES, Counts, Ground, Kpi, customers_at_start
from streams.core.kpi.catalogue.registry import SAMPLED, of
from streams.core.kpi.values.build import Builder
from streams.core.kpi.values.value import Sweep, Value

Values: TypeAlias = dict[str, Value]
"""KPI name -> value."""

_CUSTOMERS, _ANSWERS, _CAUSE, _NOW = of("customers"), of("answers"), of("cause"), of("now")


class Calculator:
    """Computes the KPIs of one definition."""

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._build = Builder(definition, SAMPLED)

    def window(  # noqa: PLR0917 - one caller
        self,
        flows: Counts,
        gauges: Counts,
        window: Window,
        span_ms: int,
        sweep: Sweep | None = None,
        day: Counts | None = None,
    ) -> Values:
        """All KPIs of the whole, or of one value of a customer dimension, in one window.

        ``span_ms`` is from its start to t. Without a sweep the shares of revenue are absent, and without the
        flows of the window of 24 h what is measured by it.
        """
        ground = Ground(
            flows, gauges, self._definition, self._build, window, day=day, span_ms=span_ms, sweep=sweep
        )
        return _values(_CUSTOMERS, ground)

    def answers(self, flows: Counts, *, latest_known: bool = True) -> Values:
        """The KPIs of surveys: all that a touchpoint has, but for latest votes that are not known."""
        return _values(_ANSWERS, Ground(flows, {}, self._definition, self._build, latest_known=latest_known))

    def cause(self, flows: Counts, overall_flows: Counts, overall_gauges: Counts) -> Values:
        """The KPIs of one reason or churn type: its churns, among the customers of the whole."""
        whole = (overall_flows, overall_gauges)
        return _values(_CAUSE, Ground(flows, overall_gauges, self._definition, self._build, whole=whole))

    def now(self, gauges: Counts) -> Values:
        """The standing KPIs of a group: gauges, never ``low_n``."""
        return _values(_NOW, Ground({}, gauges, self._definition, self._build))

    def components(self, flows: Counts, gauges: Counts) -> dict[str, int]:
        """The counts behind the KPIs that no value carries as a part of its own."""
        votes = VOTES[self._definition.nps_basis]
        return {
            "customers_at_start": customers_at_start(flows, gauges),
            "erased_customers": flows["erased"],
            "nps_promoters": flows[f"{votes}_p"],
            "nps_passives": flows[f"{votes}_passive"],
            "nps_detractors": flows[f"{votes}_d"],
            "base_currency_orders": flows["orders_base"],
            "base_currency_refunds": flows["refunds_base"],
            "purchases_left_out": flows["left_out"],
            "repeat_buyers": flows["repeat_buyers"],
            "customers_with_cost": flows["with_cost"],
        }


def _values(kpis: tuple[Kpi, ...], ground: Ground) -> Values:
    return {kpi.name: kpi.compute(ground) for kpi in kpis if kpi.published(ground)}
