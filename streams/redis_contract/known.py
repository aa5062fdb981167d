"""Which KPIs a hash may hold: those of the catalogue, whether they have a value now or not.

Never: says what a KPI is; what it is called is all that a reader can misspell.
"""

from streams.core.kpi.catalogue.registry import CATALOGUE, FAMILIES


def is_known(kpi: str) -> bool:
    """Whether there is a KPI of this name, or a family of variants that it may be one of."""
    family, dot, variant = kpi.partition(".")
    return kpi in CATALOGUE or bool(dot and variant and family in FAMILIES)
