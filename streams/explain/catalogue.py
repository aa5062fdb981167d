"""Every KPI in words, in the order of the contract."""

from streams.core.definition import Definition
from streams.explain.entry import Entry
from streams.explain.life import LIFE
from streams.explain.surveys import SURVEYS
from streams.explain.worth import WORTH

CHAPTERS: dict[str, tuple[Entry, ...]] = {
    "Customers": LIFE,
    "Surveys": SURVEYS,
    "Purchases and money": WORTH,
}
"""Chapter -> its KPIs."""
CATALOGUE: dict[str, Entry] = {entry.kpi: entry for chapter in CHAPTERS.values() for entry in chapter}
"""KPI -> its entry."""


def formula_of(kpi: str, definition: Definition) -> str:
    """The formula of a KPI; the churn ratio's headline follows what the definition chose.

    Raises:
        KeyError: there is no such KPI.
    """
    if kpi == "churn_ratio":
        return CATALOGUE[f"churn_ratio.{definition.formula}"].formula
    return CATALOGUE[kpi].formula
