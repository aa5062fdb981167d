"""A KPI that somebody declares is everywhere: in every sink, explained, listed and documented."""

import subprocess
import sys
from collections import Counter

from streams.core.definition.definition import Definition
from streams.core.kpi.catalogue.elsewhere import ELSEWHERE
from streams.core.kpi.catalogue.panel import Panel
from streams.core.kpi.catalogue.registry import (
    CATALOGUE,
    CHAPTERS,
    giving,
    headlines,
    in_force,
    tiles,
    windows_of,
)

DECLARED = """
from streams.core.kpi.catalogue import purchases
from streams.core.kpi.catalogue.entry import LIFE, Board, Kpi
ADDED = Kpi(
    name="orders_each",
    title="Orders of a customer",
    meaning="Orders for each active customer.",
    formula="{numerator} / {A}",
    calls={"numerator": "orders"},
    unit="number",
    rests_on=LIFE,
    compute=lambda g: g.build.quotient("orders_each", g.flows["orders"], g.gauges["active"]),
    sampled=True,
    help="Orders per active customer.",
    board=Board("Orders each", "value", curve=True),
)
purchases.PURCHASES_AND_MONEY = (*purchases.PURCHASES_AND_MONEY, ADDED)
"""
LOOKED_FOR = """
import msgspec
from deploy.grafana.boards.files import files
from deploy.metrics.page import page
from streams.cli.figures import figure
from streams.cli.guide import guide
from streams.cli.table import WINDOWED
from streams.core.decoding.timestamps import TimestampReader
from streams.core.definition.definition import Definition
from streams.demo.compare import compare
from streams.demo.observe import Observed
from streams.explain import example
from streams.explain.explanation import Place, explain
from streams.publish.board import assets, document, history
from streams.publish.prometheus.samples import Sampler
from streams.publish.redis.fields import overall_hashes
from streams.redis_contract.layout import Keys
from streams.replay.recount import replay

definition = Definition()
(snapshot,) = replay(example.lines(), definition=definition, as_of=[TimestampReader().read(example.AS_OF)])
told = snapshot.document()
shown = {sample.name for sample in Sampler(definition).samples(snapshot)}
assert {"crm_orders_each", "crm_orders_each_by"} <= shown, "Prometheus"
assert "orders_each" in told["windows"]["30d"], "snapshot"
assert b"orders_each:denominator" in overall_hashes(snapshot, Keys("t")).packed["crm:{t}:kpi:30d"], "Redis"
explained = explain(told, "orders_each", Place("30d"), definition)
assert (explained.title, explained.filled.count("/")) == ("Orders of a customer", 1), "explain"
assert figure("orders_each", 1.25) == "1.25", "tables"
assert "orders_each" in WINDOWED and "orders_each" in document.SHOWN and "orders_each" in history.CHARTED
assert "### `orders_each`: Orders of a customer" in guide(definition), "docs/kpis.md"
assert "| `crm_orders_each` | gauge |" in page(), "docs/metrics.md"
script = assets.load(definition)["js/declared.js"].body
listed = msgspec.json.decode(script.removeprefix(b"export const DECLARED = ").strip(b";\\n"))["orders_each"]
assert (listed["name"], listed["panel"], listed["formula"]) == ("Orders each", "value", "orders / A"), "page"
assert '"expr": "max without (instance) (crm_orders_each{window=' in files()["kpi-value.json"], "Grafana"
observed = msgspec.json.decode(snapshot.json())
observed["windows"]["30d"]["orders_each"]["value"] += 1
found = compare(Observed(0, 0, {"worker": observed}, {}, {}), snapshot, definition).mismatches
assert found[0].where == "worker snapshot windows.30d.orders_each.value", "the demo's comparison"
assert definition.min_n_of("orders_each") == 30
"""


def test_a_kpi_declared_in_one_place_is_everywhere() -> None:
    """Declared before anything else is imported, as if it stood in its file."""
    ran = subprocess.run(
        [sys.executable, "-c", DECLARED + LOOKED_FOR], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2_000:]


def test_every_kpi_can_be_shown() -> None:
    """One of a name; help of its own or of its family, a full sentence; no variant without a family."""
    declared = [kpi for chapter in CHAPTERS.values() for kpi in chapter]
    assert Counter(kpi.name for kpi in declared).most_common(1)[0][1] == 1
    for kpi in declared:
        assert bool(kpi.help) != bool(kpi.family), kpi.name
        assert (kpi.family.help if kpi.family else kpi.help).endswith("."), kpi.name
        assert ("." in kpi.name) == (kpi.family is not None), kpi.name
    of_families = {kpi.base for kpi in declared if kpi.family}
    by_choice = {kpi.name for kpi in declared if kpi.chosen}
    assert by_choice == {"churn_ratio", "nps_score"}
    without_choice = {"ces_mean", "lifetime_value"}
    assert of_families & CATALOGUE.keys() == by_choice | without_choice
    assert "churn_ratio.simple" not in headlines(standing=False)
    assert "csat_ratio.10" in headlines(standing=False)


def test_a_choice_of_the_definition_is_told_in_its_own_words() -> None:
    """The page names it where the default has another; name, unit and place stay."""
    simple = in_force("churn_ratio", Definition(formula="simple"))
    assert (simple.name, simple.formula) == ("churn_ratio", "{C} / {B}")
    assert simple.help == "Churn ratio, simple formula: departures for each customer at the window's start."
    assert simple.board is not None
    assert simple.board.name == "Churn, simple formula"
    default = in_force("churn_ratio", Definition())
    assert default.board is not None
    assert (default.board.name, default.formula) == ("Churn", "{C0} / {B}")
    assert in_force("orders", Definition()) is CATALOGUE["orders"]


def test_what_others_mean_is_told_of_kpis_that_there_are() -> None:
    """In sentences."""
    assert set(CATALOGUE) >= set(ELSEWHERE)
    assert all(text.endswith(".") for text in ELSEWHERE.values())


def test_windows_of_a_kpi_are_those_in_which_the_whole_has_it() -> None:
    """By its length, its sweeps, what is kept; none of a number of now."""
    definition = Definition()
    assert windows_of(CATALOGUE["orders"], definition) == ("5m", "1h", "24h", "7d", "30d")
    assert windows_of(CATALOGUE["lifetime_value"], definition) == ("7d", "30d")
    assert windows_of(CATALOGUE["top20_revenue_ratio"], definition) == ("24h", "7d", "30d")
    assert windows_of(CATALOGUE["churn_ratio.standard"], definition) == ()
    assert windows_of(CATALOGUE["active_customers"], definition) == ()


def test_symbols_and_tiles_belong_to_one_kpi_each() -> None:
    """A formula's number has one source, a place of the page one KPI."""
    symbols = Counter(symbol for kpi in CATALOGUE.values() for symbol in kpi.gives)
    assert set(symbols.values()) == {1}
    assert {"A", "B", "N", "R", "C", "C0"} <= set(symbols)
    assert giving("C") == "churned_customers"
    placed = [kpi.board.tile for kpi in tiles() if kpi.board]
    assert placed == list(range(1, 9))


def test_a_panel_leads_to_a_section_of_the_runbook() -> None:
    """Its own, or that of its dashboard; a curve in it keeps its window unless it has another."""
    panel = Panel("satisfaction", "NPS", 1, "NPS", "A score.", window="7d")
    assert (panel.runbook, panel.line("one").window) == ("NpsDrop", "7d")
    other = Panel("churn", "Spike", 1, "Spike", "A chance.", alert="ChurnSpike").line("one", "1h", "n")
    assert (other.runbook, other.window, other.part, other.legend) == ("ChurnSpike", "1h", "n", "one")
