"""All KPIs, in the order of the contract: the one list that everything else is made from."""

from collections.abc import Mapping
from typing import Final

from streams.core.definition.definition import Definition
from streams.core.kpi.catalogue.customers import CUSTOMERS
from streams.core.kpi.catalogue.entry import Kinds, Kpi, Scope
from streams.core.kpi.catalogue.purchases import PURCHASES_AND_MONEY
from streams.core.kpi.catalogue.surveys import SURVEYS

CHAPTERS: Final[Mapping[str, tuple[Kpi, ...]]] = {
    "Customers": CUSTOMERS,
    "Surveys": SURVEYS,
    "Purchases and money": PURCHASES_AND_MONEY,
}
"""Chapter -> its KPIs."""

CATALOGUE: Final[Mapping[str, Kpi]] = {kpi.name: kpi for chapter in CHAPTERS.values() for kpi in chapter}
"""KPI -> what is declared of it."""

FAMILIES: Final = frozenset(kpi.base for kpi in CATALOGUE.values() if kpi.family is not None)
"""The names before the dot of all variants."""

SAMPLED: Final = tuple(kpi.name for kpi in CATALOGUE.values() if kpi.sampled)
"""The KPIs that are ``low_n`` below their ``min_n``."""


def of(scope: Scope) -> tuple[Kpi, ...]:
    """The KPIs that groups of a scope may have."""
    return tuple(kpi for kpi in CATALOGUE.values() if scope in kpi.scopes)


def headlines(*, standing: bool) -> tuple[str, ...]:
    """The KPIs of now, or of a window, without variants of one that has a figure of its own."""
    return tuple(
        kpi.name
        for kpi in CATALOGUE.values()
        if kpi.standing == standing and (kpi.name == kpi.base or kpi.base not in CATALOGUE)
    )


def sources_of(name: str) -> Kinds:
    """The kinds of events that a KPI is made of.

    Raises:
        KeyError: there is no such KPI.
    """
    return CATALOGUE[name].rests_on


def formula_of(name: str, definition: Definition) -> str:
    """The formula of a KPI; the churn ratio's headline follows what the definition chose.

    Raises:
        KeyError: there is no such KPI.
    """
    if name == "churn_ratio":
        return CATALOGUE[f"churn_ratio.{definition.formula}"].formula
    return CATALOGUE[name].formula
