"""The panels of KPIs, as the catalogue declares them: which there are, their words, units, colours and order.

Rules: here stands how a declaration becomes a panel, for any KPI. Panels about something else come from the
dashboards' own files and take the places that the catalogue leaves free.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from deploy.grafana.boards.board import Row
from deploy.grafana.boards.panels import (
    MONEY,
    NUMBER,
    PROBABILITY,
    RATIO,
    SCORE,
    Panel,
    Query,
    Say,
    curves,
    number,
    rows,
    with_interval,
)
from deploy.grafana.boards.queries import by_value, part, whole, windowed
from streams.core.kpi.catalogue import panel as declared
from streams.core.kpi.catalogue.entry import Kpi, Unit
from streams.core.kpi.catalogue.panel import Dashboard
from streams.core.kpi.catalogue.registry import CATALOGUE, CHAPTERS
from streams.publish.prometheus.shown import expected_metric, shown

_UNITS: Mapping[Unit, str] = {
    "count": NUMBER,
    "ratio": RATIO,
    "money": MONEY,
    "points": SCORE,
    "number": SCORE,
    "probability": PROBABILITY,
}
_OF_CHAPTER: Mapping[str, Dashboard] = {
    "Customers": "churn",
    "Surveys": "satisfaction",
    "Purchases and money": "value",
}
_WIDTHS = {"number": 4, "curves": 12, "interval": 12, "rows": 8}
_MORE = "More"


class _Drawn(NamedTuple):
    """A KPI, or a whole family of variants, in a panel."""

    kpi: Kpi
    panel: declared.Panel
    family: bool

    @property
    def query(self) -> Query:
        """What is asked for, and how its curves are called."""
        how, variant = shown(self.kpi.name)
        labels = {how.label: variant} if variant and not self.family else {}
        window = self.panel.window
        if self.panel.part == "expected":
            expr = windowed(expected_metric(self.kpi.name), window)
        elif self.panel.part:
            expr = part(self.panel.part, self.kpi.name, window)
        elif self.panel.by:
            expr = by_value(f"{how.metric}_by", self.panel.by, window, **labels)
        else:
            expr = whole(how.metric, **labels) if how.standing else windowed(how.metric, window, **labels)
        return Query(expr, self.panel.legend or self._legend(how.label))

    def _legend(self, label: str) -> str:
        if self.panel.by:
            return "{{value}}"
        if self.family:
            return f"{{{{{label}}}}}"
        return "{{currency}}" if self.kpi.unit == "money" else self.panel.title


def rows_of(dashboard: Dashboard, others: Mapping[str, Mapping[int, Panel]]) -> list[Row]:
    """The rows of a dashboard.

    Args:
        dashboard: which.
        others: title of a row, from top to bottom -> panels that are about no KPI, by their places.

    Raises:
        ValueError: a KPI is drawn in a row that there is not, or in a place that is taken.
    """
    placed: dict[str, dict[int, list[_Drawn]]] = {}
    for drawn in _drawn():
        if drawn.panel.dashboard == dashboard:
            places = placed.setdefault(drawn.panel.row, {})
            places.setdefault(drawn.panel.place, []).append(drawn)
    if unknown := placed.keys() - others.keys() - {_MORE}:
        raise ValueError(f"{dashboard}: rows that are not there: {', '.join(sorted(unknown))}")
    return [
        Row(title, _row(f"{dashboard}, {title}", placed.get(title, {}), others.get(title, {})))
        for title in (*others, *([_MORE] if _MORE in placed else ()))
    ]


def _row(where: str, placed: Mapping[int, list[_Drawn]], others: Mapping[int, Panel]) -> list[Panel]:
    if taken := placed.keys() & others.keys():
        raise ValueError(f"{where}: places taken twice: {taken}")
    made = {**{place: _panel(drawn) for place, drawn in placed.items()}, **others}
    return [made[place] for place in sorted(made)]


def _drawn() -> Iterator[_Drawn]:
    """Every KPI and family in every panel of it, in the order of the catalogue."""
    for chapter, kpis in CHAPTERS.items():
        for place, kpi in enumerate(kpis):
            siblings = [one for one in CATALOGUE.values() if one.base == kpi.base and one.family]
            if kpi.family is not None and siblings[0] is kpi:
                yield from (_Drawn(kpi, panel, family=True) for panel in kpi.family.panels)
            yield from (_Drawn(kpi, panel, family=False) for panel in kpi.panels)
            if not kpi.panels and not (kpi.family and kpi.family.panels):
                alone = declared.Panel(_OF_CHAPTER[chapter], _MORE, place, kpi.title, kpi.meaning)
                yield _Drawn(kpi, alone, family=False)


def _panel(drawn: list[_Drawn]) -> Panel:
    """One panel; the first KPI in it says how it looks."""
    kpi, how, _ = drawn[0]
    says = Say(how.title, how.says, _UNITS["count" if how.part else kpi.unit], how.runbook)
    width = how.width or _WIDTHS[how.form]
    query = drawn[0].query
    if how.form == "number":
        return number(says, query.expr, steps=how.steps, width=width)
    if how.form == "interval":
        low, high = (part(end, kpi.name, how.window) for end in ("low", "high"))
        return with_interval(says, query.expr, low, high, width=width)
    if how.form == "rows":
        return rows(says, Query(query.expr), hide=["dimension", "window"], width=width, upwards=how.upwards)
    queries = (one.query for one in drawn)
    return curves(says, *queries, width=width, stacked=how.stacked, logarithmic=how.logarithmic)
