"""Rules, their tests and the runbook belong together; what alerts ask for is in the catalogue."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.boards.runbook import sections
from streams.engine.exits import ExitCode
from streams.publish.prometheus.metrics import CATALOGUE
from tests.observability.files import (
    ALERTMANAGER,
    PROMETHEUS,
    RULE_FILES,
    RULE_TESTS,
    Query,
    Rule,
    alerts,
    recordings,
    rule_queries,
)
from tests.observability.promql import grouped_by, labels_of, selectors

CASES = ("fires", "does not fire", "low volume", "missing data")
FOREIGN = {"up"}
SCRAPED = {"job", "instance"}
CONFIG: dict[str, Any] = yaml.safe_load(ALERTMANAGER.read_text())

each_alert = pytest.mark.parametrize("alert", alerts().values(), ids=alerts())


def promtool(*arguments: str | Path) -> str:
    """Run promtool; returns what it says, of a success only."""
    run = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.mark.system("promtool")
def test_configuration_and_rules_are_valid() -> None:
    """By Prometheus' own check, rule files included."""
    said = promtool("check", "config", "--lint-fatal", PROMETHEUS / "prometheus.yml")
    assert f"{len(RULE_FILES)} rule files found" in said


@pytest.mark.system("promtool")
@pytest.mark.parametrize("path", RULE_TESTS, ids=lambda path: path.stem)
def test_alerts_fire_when_they_should(path: Path) -> None:
    """And at no other time: promtool plays the cases of each alert."""
    promtool("test", "rules", path)


@each_alert
def test_every_alert_has_its_cases(alert: Rule) -> None:
    """It fires, it does not, it keeps silent on low volume, it knows missing data."""
    names = [test["name"] for path in RULE_TESTS for test in yaml.safe_load(path.read_text())["tests"]]
    of_alert = [name.split(": ")[1] for name in names if name.startswith(f"{alert['alert']}: ")]
    for case in CASES:
        assert any(name.startswith(case) for name in of_alert), case


def test_every_recording_rule_has_its_case() -> None:
    """By the value it has."""
    played = [test for path in RULE_TESTS for test in yaml.safe_load(path.read_text())["tests"]]
    asked = {case["expr"] for test in played for case in test.get("promql_expr_test", [])}
    assert recordings().keys() <= asked


def test_alerts_and_runbook_name_the_same() -> None:
    """A section for every alert, an alert for every section."""
    assert sections().keys() == alerts().keys()


@pytest.mark.parametrize("section", sections())
def test_a_section_says_meaning_first_look_and_cure(section: str) -> None:
    """In this order."""
    found = re.findall(r"^\*\*(.+?)\.\*\*", sections()[section], re.MULTILINE)
    assert found == ["Means", "First look", "Cure"]


def test_links_in_the_runbook_lead_somewhere() -> None:
    """Each to a section."""
    anchors = {name.lower() for name in sections()}
    linked = {link for text in sections().values() for link in re.findall(r"\]\(#(\w+)\)", text)}
    assert linked <= anchors


def test_every_exit_code_has_a_cure() -> None:
    """By number and name, with what to do; and none that there is not."""
    rows = re.findall(r"^\| (\d+) (\w+) \| (.+) \|$", sections()["WorkerMissing"], re.MULTILINE)
    named = {int(code): name for code, name, _ in rows}
    assert named == {code.value: code.name for code in ExitCode}
    assert all(cure for *_, cure in rows)
    (damaged,) = (cure for code, _, cure in rows if int(code) == ExitCode.CHANGELOG_DAMAGED)
    assert "`kpi worker --rebuild --force`" in damaged


@each_alert
def test_an_alert_leads_to_its_section(alert: Rule) -> None:
    """By the anchor that its heading has."""
    assert alert["annotations"]["runbook"] == f"deploy/RUNBOOK.md#{alert['alert'].lower()}"
    assert alert["annotations"].keys() == {"summary", "description", "runbook"}
    assert alert["labels"].keys() == {"severity", "about"}


@pytest.mark.parametrize("query", rule_queries(), ids=lambda query: query.where)
def test_every_expression_is_about_metrics_of_the_catalogue(query: Query) -> None:
    """In rules and in the texts of alerts, by name and labels."""
    for found in selectors(query.expr):
        if found.metric not in FOREIGN | recordings().keys():
            assert found.labels <= labels_of(found.metric)
    known = {label for metric in CATALOGUE.values() for label in metric.labels}
    assert grouped_by(query.expr) <= known | SCRAPED


def test_an_alert_on_kpis_asks_for_values_that_move() -> None:
    """Each value it compares is of an instance whose snapshot is not older than a minute."""
    guard = "and on (job, instance) time() - crm_snapshot_timestamp_seconds < 60"
    of_kpis = {name: alert for name, alert in alerts().items() if alert["labels"]["about"] == "kpi"}
    assert of_kpis
    for alert in of_kpis.values():
        branches = re.split(r"^or$", alert["expr"], flags=re.MULTILINE)
        assert all(guard in branch for branch in branches)


def test_recorded_names_are_used_whole() -> None:
    """A recorded series is never selected further: so an expression can be read with it written out."""
    for query in rule_queries():
        assert not [found for found in selectors(query.expr) if found.metric in recordings() and found.labels]


@pytest.mark.system("amtool")
def test_the_alertmanager_takes_its_configuration() -> None:
    """By its own check."""
    run = subprocess.run(
        ["amtool", "check-config", str(ALERTMANAGER)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_severities_have_a_route() -> None:
    """Pages and tickets, and nothing else."""
    assert {alert["labels"]["severity"] for alert in alerts().values()} == {"page", "ticket"}
    route = CONFIG["route"]
    assert route["receiver"] == "ticket"
    assert [(r["matchers"], r["receiver"]) for r in route["routes"]] == [(["severity = page"], "page")]
    assert {receiver["name"] for receiver in CONFIG["receivers"]} == {"page", "ticket"}


def test_stale_data_silences_alerts_on_kpis() -> None:
    """And only these: the ones on the service say why."""
    silenced = {rule["source_matchers"][0]: rule["target_matchers"] for rule in CONFIG["inhibit_rules"]}
    assert silenced["alertname = KpisStale"] == ["about = kpi"]
    assert alerts()["KpisStale"]["labels"]["about"] == "engine"
    named = re.findall(r"alertname = (\w+)", ALERTMANAGER.read_text())
    assert set(named) <= alerts().keys()


def test_the_job_has_one_name() -> None:
    """Scrape configuration and rules agree on it."""
    (job,) = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"]
    named = {found for query in rule_queries() for found in re.findall(r'job="([^"]+)"', query.expr)}
    assert named == {job["job_name"]}
