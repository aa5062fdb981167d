"""Nothing outside the catalogue keeps a list of KPIs: it names one only where that one is meant by itself."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from streams.core.decoding.expected import FIELDS
from streams.core.kpi.catalogue.registry import CATALOGUE
from streams.core.totals import FLOWS, GAUGES
from streams.publish.prometheus.metrics import KPIS

ROOT = Path(__file__).parents[1]
CATALOGUE_ITSELF = ROOT / "streams/core/kpi/catalogue"
FOREIGN = ROOT / "streams/publish/board/static/vendor"
FILES = sorted(
    path
    for folder in ("streams", "deploy")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".js", ".html", ".css", ".lua", ".toml", ".yml"}
    and not {CATALOGUE_ITSELF, FOREIGN} & set(path.parents)
)
ALSO_SOMETHING_ELSE = {*FLOWS, *GAUGES, *FIELDS}
"""Names that counts and fields of events have, too: of KPIs called so only the metric is looked for, as of
``abc``, which is a module of Python."""
NAMES = {kpi.name for kpi in CATALOGUE.values()} | {kpi.base for kpi in CATALOGUE.values()}
LOOKED_FOR = {*NAMES - ALSO_SOMETHING_ELSE - {"abc"}, *(metric.name for metric in KPIS)}
_ANY = "|".join(re.escape(name) for name in sorted(LOOKED_FOR, key=len, reverse=True))
FOUND = re.compile(rf"(?<!\w)(?:{_ANY})(?!\w)")
_BLOCK = r"/\*(?s:.*?)\*/"
COMMENTS = {
    ".js": re.compile(rf"//.*|{_BLOCK}"),
    ".css": re.compile(_BLOCK),
    ".html": re.compile(r"<!--(?s:.*?)-->"),
    ".lua": re.compile(r"--.*"),
    ".toml": re.compile(r"#.*"),
    ".yml": re.compile(r"#.*"),
}
MEANT_BY_ITSELF = {
    "deploy/grafana/boards/board.py": "only customers' dimensions have active customers",
    "deploy/metrics/page.py": "an example of a variant's name",
    "deploy/prometheus/rules/kpi-alerts.yml": "each alert is about one KPI",
    "streams/cli/commands/explain.py": "examples of command lines",
    "streams/cli/commands/get.py": "examples of command lines",
    "streams/core/definition/alarms.py": "what can be watched",
    "streams/core/kpi/alarm_watch.py": "what is counted of it",
    "streams/definitions/default.toml": "the alarms that there are by default",
    "streams/publish/board/static/js/alarm.js": "the spike that it tells of",
    "streams/publish/board/static/js/churn.js": "observed against expected, of churn alone",
    "streams/publish/board/static/js/engine.js": "the identity of a window's customers",
    "streams/publish/board/static/js/panels.js": "the votes behind the score, the bands of risk",
}
"""File -> why it names a KPI; none of them lists KPIs to show."""


def texts(path: Path) -> Iterator[str]:
    """What a file says, without comments and docstrings."""
    source = path.read_text()
    if path.suffix != ".py":
        yield COMMENTS[path.suffix].sub("", source)
        return
    tree = ast.parse(source)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


def named(path: Path) -> set[str]:
    """The KPIs and their metrics that a file names."""
    return {name for text in texts(path) for name in FOUND.findall(text)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_file_outside_the_catalogue_names_a_kpi(path: Path) -> None:
    """But those that mean one by itself, and they do."""
    found = named(path)
    assert bool(found) == (path.relative_to(ROOT).as_posix() in MEANT_BY_ITSELF), found


def test_names_are_found(tmp_path: Path) -> None:
    """As a text of Python, a property of JavaScript, a metric in a query; not in comments."""
    for name, source, expected in (
        ("a.py", '"""churn_ratio"""\n_LIST = ("churn_ratio", "x")  # nps_score\n', {"churn_ratio"}),
        (
            "b.js",
            "// nps_score\nconst one = view.churn_spike_p ?? all['csat_ratio.5'];\n",
            {"churn_spike_p", "csat_ratio.5"},
        ),
        ("c.yml", "expr: crm_orders_by{x='y'} # crm_buyers\n", {"crm_orders_by"}),
        ("d.py", 'count = flows["orders"]\n', set()),
    ):
        (tmp_path / name).write_text(source)
        assert named(tmp_path / name) == expected, name


def test_every_alert_is_about_kpis_that_there_are() -> None:
    """By the name that the label ``kpi`` has in Prometheus."""
    rules = yaml.safe_load((ROOT / "deploy/prometheus/rules/kpi-alerts.yml").read_text())
    asked = set(re.findall(r'kpi="([^"]+)"', str(rules)))
    assert asked
    assert asked <= set(CATALOGUE)


def test_the_contract_speaks_of_every_kpi() -> None:
    """What a figure means is a promise, so each has its row there; families by their name."""
    section = (ROOT / "docs/contract.md").read_text().partition("\n## 4.")[2].partition("\n## 5.")[0]
    missing = {
        kpi.name for kpi in CATALOGUE.values() if not re.search(rf"`{re.escape(kpi.base)}[`.]", section)
    }
    assert missing == set()
