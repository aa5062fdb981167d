"""The panels the dashboards are made of.

Rules: every panel has a unit, a description, a text for no value, and a link to the section of the runbook
that says what to do; its data source is the dashboard's variable. A panel without these cannot be made here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from deploy.grafana.boards.runbook import RUNBOOK_UID, panel_id

SOURCE = models.DataSourceRef(type_val="prometheus", uid="$datasource")
NO_VALUE = "no value"
RATIO, NUMBER, SECONDS, RATE = "percentunit", "short", "s", "cps"
MONEY = "locale"
"""Currencies are those of the label: no sign of any, digits grouped."""
SCORE, PROBABILITY = "none", "sci"
GREEN, AMBER, RED = "green", "orange", "red"

Panel = stat.Panel | timeseries.Panel | table.Panel


class Query(NamedTuple):
    """An expression and how its series are called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Say:
    """What a panel says of itself.

    Args:
        title: in a few words.
        description: what is shown, and when it is to worry.
        unit: of the values, as Grafana calls it.
        runbook: the section that says what to do.
    """

    title: str
    description: str
    unit: str
    runbook: str


def number(say: Say, expr: str, *, steps: Sequence[tuple[float, str]] = (), width: int = 4) -> stat.Panel:
    """One number, large; steps colour it from a value on."""
    panel = (
        stat.Panel()
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .graph_mode(common_models.BigValueGraphMode.AREA)
        .color_mode(common_models.BigValueColorMode.VALUE)
        .thresholds(_thresholds(steps))
        .color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
        .height(5)
        .span(width)
    )
    _dress(panel, say)
    return panel.with_target(_target(Query(expr), 0))


def curves(
    say: Say, *queries: Query, width: int = 12, stacked: bool = False, logarithmic: bool = False
) -> timeseries.Panel:
    """Curves over time; gaps stay gaps, because an absent value is none."""
    scale = common_models.ScaleDistribution.LOG if logarithmic else common_models.ScaleDistribution.LINEAR
    stacking = common_models.StackingMode.NORMAL if stacked else common_models.StackingMode.NONE
    panel = (
        timeseries.Panel()
        .legend(_legend())
        .tooltip(common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI))
        .stacking(common.StackingConfig().mode(stacking))
        .scale_distribution(_scale(scale))
        .fill_opacity(30 if stacked else 0)
        .span_nulls(False)
        .show_points(common_models.VisibilityMode.NEVER)
        .height(8)
        .span(width)
    )
    _dress(panel, say)
    return panel.targets([_target(query, place) for place, query in enumerate(queries)])


def with_interval(say: Say, value: str, low: str, high: str, *, width: int = 12) -> timeseries.Panel:
    """A value as a curve in the band of its interval."""
    panel = curves(say, Query(value, "value"), Query(low, "low"), Query(high, "high"), width=width)
    invisible = models.DynamicConfigValue("custom.lineWidth", 0)
    filled = [
        models.DynamicConfigValue("custom.fillBelowTo", "low"),
        models.DynamicConfigValue("custom.fillOpacity", 20),
    ]
    return panel.override_by_name("low", [invisible]).override_by_name("high", [invisible, *filled])


def rows(
    say: Say, query: Query, *, hide: Sequence[str] = (), width: int = 8, upwards: bool = False
) -> table.Panel:
    """A table of what holds now, the greatest value first (or last)."""
    unseen = dict.fromkeys(("Time", "__name__", "instance", "job", *hide), True)
    organized = models.DataTransformerConfig("organize", options={"excludeByName": unseen})
    panel = table.Panel().height(8).span(width).with_transformation(organized)
    panel = panel.sort_by([common.TableSortByFieldState().display_name("Value").desc(not upwards)])
    _dress(panel, say)
    target = _target(query, 0).instant().format(PromQueryFormat.TABLE)
    return panel.with_target(target)


def _dress(panel: Panel, say: Say) -> None:
    """Give a panel what every panel has."""
    link = dashboard.DashboardLink("What to do").type(models.DashboardLinkType.LINK)
    panel.title(say.title).description(say.description).unit(say.unit).no_value(NO_VALUE)
    panel.datasource(SOURCE)
    panel.links([link.url(f"/d/{RUNBOOK_UID}?viewPanel={panel_id(say.runbook)}")])


def _target(query: Query, place: int) -> prometheus.Dataquery:
    target = prometheus.Dataquery().expr(query.expr).ref_id("ABCDEFGH"[place]).datasource(SOURCE).range()
    return target.legend_format(query.legend) if query.legend else target


def _thresholds(steps: Sequence[tuple[float, str]]) -> dashboard.ThresholdsConfig:
    absolute = dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE)
    base = models.Threshold(value=None, color=GREEN if steps else "text")
    return absolute.steps([base, *(models.Threshold(value=value, color=color) for value, color in steps)])


def _scale(kind: common_models.ScaleDistribution) -> common.ScaleDistributionConfig:
    scale = common.ScaleDistributionConfig().type(kind)
    return scale.log(10) if kind is common_models.ScaleDistribution.LOG else scale


def _legend() -> common.VizLegendOptions:
    legend = common.VizLegendOptions().show_legend(show_legend=True)
    return legend.display_mode(common_models.LegendDisplayMode.LIST).placement(
        common_models.LegendPlacement.BOTTOM
    )
