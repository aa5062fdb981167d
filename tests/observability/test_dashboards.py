"""The committed dashboards: made by the code, complete in every panel, and about metrics that there are."""

import re
from typing import Any

import pytest
import yaml

from deploy.grafana.boards.files import files
from tests.observability.files import (
    DASHBOARDS,
    ROOT,
    Query,
    dashboard_queries,
    dashboards,
    panels,
    recordings,
)
from tests.observability.promql import grouped_by, labels_of, selectors

UIDS = {
    "kpi-overview",
    "kpi-alarms",
    "kpi-churn",
    "kpi-value",
    "kpi-satisfaction",
    "kpi-engine",
    "kpi-runbook",
}
"""Links and bookmarks hold them: a changed one is a broken one."""
PROVISIONING = ROOT / "deploy/grafana/provisioning"
FOREIGN = {"up", "ALERTS"}
"""Metrics that Prometheus itself makes."""
SCRAPED = {"job", "instance"}

PANELS = [
    pytest.param(panel, id=f"{uid}, {panel['title']}")
    for uid, board in dashboards().items()
    if uid != "kpi-runbook"
    for panel in panels(board)
]
QUERIES = [pytest.param(query, id=f"{query.where}: {query.expr}") for query in dashboard_queries()]


def test_the_files_are_what_the_code_makes() -> None:
    """Run `python -m deploy.grafana.boards` after a change."""
    committed = {path.name: path.read_text() for path in DASHBOARDS.iterdir()}
    assert committed == files()


def test_uids_are_fixed() -> None:
    """Exactly these."""
    assert dashboards().keys() == UIDS


@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_says_what_it_shows(panel: dict[str, Any]) -> None:
    """A unit, a description, a text for no value, the variable as data source, and queries."""
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["unit"]
    assert defaults["noValue"]
    assert panel["description"].endswith(".")
    assert panel["datasource"] == {"type": "prometheus", "uid": "$datasource"}
    assert panel["targets"]
    assert all(target["datasource"]["uid"] == "$datasource" for target in panel["targets"])


@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_leads_to_the_runbook(panel: dict[str, Any]) -> None:
    """To the panel of a section that exists."""
    sections = {section["id"] for section in panels(dashboards()["kpi-runbook"])}
    (link,) = panel["links"]
    found = re.fullmatch(r"/d/kpi-runbook\?viewPanel=(\d+)", link["url"])
    assert found
    assert int(found[1]) in sections


@pytest.mark.parametrize("uid", sorted(UIDS))
def test_panels_lie_side_by_side(uid: str) -> None:
    """Within 24 columns, none over another, each with an id of its own."""
    taken: set[tuple[int, int]] = set()
    found = panels(dashboards()[uid])
    for panel in found:
        at = panel["gridPos"]
        x, y = at.get("x", 0), at.get("y", 0)
        cells = {(column, row) for column in range(x, x + at["w"]) for row in range(y, y + at["h"])}
        assert x + at["w"] <= 24
        assert not cells & taken
        taken |= cells
    assert len({panel["id"] for panel in found}) == len(found)


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_is_about_metrics_of_the_catalogue(query: Query) -> None:
    """By their names and their labels."""
    for found in selectors(query.expr):
        if found.metric in FOREIGN | recordings().keys():
            continue
        assert found.labels <= labels_of(found.metric)


@pytest.mark.parametrize("query", QUERIES)
def test_global_values_are_never_added_over_instances(query: Query) -> None:
    """Each `crm_` metric is aggregated over replicas at once, with max."""
    for found in selectors(query.expr):
        if found.metric.startswith("crm_"):
            around = rf"max without \(instance\) \((rate\()?{re.escape(found.text)}"
            assert re.search(around, query.expr)
    assert grouped_by(query.expr) <= {*SCRAPED, "topic", "partition", "state", "outcome"}


def test_variables_are_data_source_window_and_dimension() -> None:
    """Queries use no other, and no dashboard lacks the data source."""
    for uid, board in dashboards().items():
        if uid == "kpi-runbook":
            continue
        names = {variable["name"] for variable in board["templating"]["list"]}
        used = set(re.findall(r"\$(\w+)", str([panel["targets"] for panel in panels(board)])))
        assert used - {"__rate_interval"} == names


def test_provisioning_finds_source_and_dashboards() -> None:
    """The fixed uid of the source, and the folder that the compose file mounts."""
    (source,) = yaml.safe_load((PROVISIONING / "datasources/prometheus.yml").read_text())["datasources"]
    assert (source["uid"], source["type"]) == ("kpi-prometheus", "prometheus")
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards/kpi-streams.yml").read_text())["providers"]
    grafana = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["grafana"]
    mounts = dict(volume.split(":")[:2] for volume in grafana["volumes"])
    targets = {target: source for source, target in mounts.items()}
    assert targets[provider["options"]["path"]] == "./deploy/grafana/dashboards"
    assert targets["/etc/grafana/provisioning"] == "./deploy/grafana/provisioning"
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{provider['options']['path']}/kpi-overview.json"
