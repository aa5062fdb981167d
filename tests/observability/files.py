"""The files under test: rules, dashboards, their expressions."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy/prometheus"
ALERTMANAGER = ROOT / "deploy/alertmanager/alertmanager.yml"
DASHBOARDS = ROOT / "deploy/grafana/dashboards"
RULE_FILES = sorted((PROMETHEUS / "rules").glob("*.yml"))
RULE_TESTS = sorted((Path(__file__).parent / "rules").glob("*.yml"))

Rule = dict[str, Any]


class Query(NamedTuple):
    """An expression, and where it stands."""

    where: str
    expr: str


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, recording and alert."""
    groups = [group for path in RULE_FILES for group in yaml.safe_load(path.read_text())["groups"]]
    return tuple(rule for group in groups for rule in group["rules"])


def alerts() -> dict[str, Rule]:
    """The alert rules by name."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def recordings() -> dict[str, str]:
    """The recording rules: name -> expression."""
    return {rule["record"]: rule["expr"] for rule in rules() if "record" in rule}


def inlined(expression: str) -> str:
    """An expression with recorded names replaced by what they stand for."""
    for name, recorded in recordings().items():
        expression = expression.replace(name, f"({recorded})")
    return expression


def template_queries(rule: Rule) -> list[str]:
    """The queries in an alert's text; what a template fills in becomes any text."""
    text = " ".join(rule["annotations"].values())
    quoted = re.findall(r'(?:query|printf)\s+"([^"]*)"', text)
    return [query.replace("%q", '"x"') for query in quoted if not query.startswith("%")]


@cache
def dashboards() -> dict[str, dict[str, Any]]:
    """The committed dashboards by uid."""
    found = (json.loads(path.read_text()) for path in sorted(DASHBOARDS.glob("*.json")))
    return {board["uid"]: board for board in found}


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """The panels of a dashboard, rows left out."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def dashboard_queries() -> list[Query]:
    """Every expression of every panel."""
    return [
        Query(f"{uid}, {panel['title']}", target["expr"])
        for uid, board in dashboards().items()
        for panel in panels(board)
        for target in panel.get("targets", [])
    ]


def rule_queries() -> list[Query]:
    """Every expression of every rule, and of every alert's text."""
    return [
        *(Query(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()),
        *(
            Query(f"text of {name}", text)
            for name, rule in alerts().items()
            for text in template_queries(rule)
        ),
    ]
