"""How each KPI of the snapshot is shown in Prometheus: its metric, its labels, its help.

Rules: the headline of a KPI has a metric of its own name; variants (``csat_ratio.5``) share one and a label
tells them apart; money carries its currency. A KPI that does not stand here cannot be shown and raises.

Never holds a value. See docs/contract.md, section 10.
"""

from dataclasses import dataclass

from streams.core.kpi.catalogue.registry import CATALOGUE


@dataclass(frozen=True, slots=True)
class Shown:
    """How a KPI of the snapshot is shown: the metric, and the label that tells its variants apart."""

    metric: str
    help: str
    label: str = ""
    money: bool = False
    standing: bool = False
    """Shown as of now, without a window."""

    @property
    def own_labels(self) -> tuple[str, ...]:
        """Labels besides window and dimension."""
        return (*((self.label,) if self.label else ()), *(("currency",) if self.money else ()))


HEADLINES = {
    kpi.name: Shown(f"crm_{kpi.name}", kpi.help, money=kpi.unit == "money", standing=kpi.standing)
    for kpi in CATALOGUE.values()
    if kpi.family is None
}
"""KPIs without variants, by their name in the snapshot."""

VARIANTS = {
    kpi.base: Shown(
        kpi.family.metric,
        kpi.family.help,
        kpi.family.label,
        money=kpi.unit == "money",
        standing=kpi.standing,
    )
    for kpi in CATALOGUE.values()
    if kpi.family is not None
}
"""KPIs with variants (``csat_ratio.5``), by the name before the dot."""


def expected_metric(kpi: str) -> str:
    """The metric of what a probability of chance was to expect."""
    return f"crm_{kpi.removesuffix('_p')}_expected"


def shown(kpi: str) -> tuple[Shown, str]:
    """How a KPI of the snapshot is shown, and which variant it is ("" for a headline).

    Raises:
        KeyError: there is no such KPI.
    """
    family, dot, variant = kpi.partition(".")
    return (VARIANTS[family], variant) if dot else (HEADLINES[family], "")
