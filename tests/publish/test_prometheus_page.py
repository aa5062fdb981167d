"""The metrics page: what it shows, in both formats, as real parsers read it."""

import functools
import subprocess
from collections.abc import Callable, Iterable

import pytest
from prometheus_client import Metric
from prometheus_client import parser as text_parser
from prometheus_client.openmetrics import parser as openmetrics_parser

from streams.core.definition.definition import Definition
from streams.core.kpi.snapshot import Snapshot, build
from streams.core.kpi.values.value import Condition
from streams.core.totals import Totals
from streams.publish.prometheus.exposition import Exposition, SampleCollector
from streams.publish.prometheus.metrics import CATALOGUE, KPIS, PROCESS, Sample, catalogue_of
from tests.publish import world
from tests.publish.world import T0

DEFINITION = Definition()
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
Parser = Callable[[str], Iterable[Metric]]
# the library's parsers are not typed
parse_text: Parser = text_parser.text_string_to_metric_families
parse_openmetrics: Parser = openmetrics_parser.text_string_to_metric_families
FORMATS: tuple[tuple[Parser, str], ...] = ((parse_text, ""), (parse_openmetrics, OPENMETRICS))
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def page(snapshot: Snapshot | None, accept: str = "", process: Iterable[Sample] = ()) -> str:
    """The page of a snapshot."""
    exposition = Exposition(DEFINITION, lambda: process)
    if snapshot is not None:
        exposition.publish(snapshot)
    return exposition.render(accept)[0].decode()


def series(families: Iterable[Metric]) -> Series:
    """Every sample by its name and labels; each may be there once."""
    found: Series = {}
    for family in families:
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found, key
            found[key] = sample.value
    return found


def shown(snapshot: Snapshot | None, process: Iterable[Sample] = ()) -> Series:
    """The samples of a page in text format."""
    return series(parse_text(page(snapshot, process=process)))


@functools.cache
def usual() -> Series:
    """The samples of the usual business."""
    return shown(world.snapshot(DEFINITION))


def at(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    """The key of a series; ``cls`` stands for the label ``class``."""
    return name, frozenset((label.replace("cls", "class"), value) for label, value in labels.items())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (at("crm_churn_ratio", window="30d"), 3 / 47),
        (at("crm_churn_ratio_variant", window="30d", formula="standard"), 3 / 47),
        (at("crm_churn_ratio_variant", window="30d", formula="simple"), 4 / 47),
        (at("crm_nps_score_variant", window="1h", basis="responses"), 40.0),
        (at("crm_csat_ratio", window="1h", scale="5"), 0.75),
        (at("crm_csat_mean", window="1h", scale="10"), 8.0),
        (at("crm_active_customers"), 50),
        (at("crm_long_term_ratio"), 0.4),
        (at("crm_customers_at_risk", band="medium"), 15),
        (at("crm_revenue", window="24h", currency="USD"), 987.65),
        (at("crm_orders_by", window="24h", dimension="segment", value="smb"), 40),
        (at("crm_revenue_by", window="24h", dimension="plan", value="pro", currency="USD"), 987.65),
        (at("crm_active_customers_by", dimension="plan", value="pro"), 50),
        (at("crm_churned_customers_by", window="5m", dimension="reason", value="price"), 4),
        (at("crm_customers_at_start", window="7d"), 47),
        (at("crm_nps_responses", window="7d", group="detractors"), 5),
        (at("crm_kpi_n", kpi="csat_mean.5", window="7d"), 12),
        (at("crm_kpi_n", kpi="active_customers", window="now"), 50),
        (at("crm_kpi_denominator", kpi="acquisition_ratio", window="5m"), 50),
        (at("crm_kpi_status", kpi="retention_ratio", window="7d", status="ok"), 1),
        (at("crm_kpi_status", kpi="retention_ratio", window="7d", status="low_n"), 0),
        (at("crm_kpi_status", kpi="csat_mean.5", window="7d", status="low_n"), 1),
        (at("crm_newest_event_timestamp_seconds", event="purchase"), (T0 - 500) / 1000),
        (at("crm_snapshot_timestamp_seconds"), T0 / 1000),
        (at("crm_events_total", event="purchase", outcome="counted", reason=""), 80),
        (at("crm_events_total", event="survey", outcome="malformed", reason="not_json"), 3),
        (at("crm_events_received_total"), 100),
        (at("kpi_streams_partition_state", partition="0", state="ok"), 1),
    ],
)
def test_a_series_has_the_name_labels_and_value_of_the_contract(
    key: tuple[str, frozenset[tuple[str, str]]], value: float
) -> None:
    """One of each kind of series, by hand."""
    assert usual()[key] == pytest.approx(value)


def test_both_formats_say_the_same() -> None:
    """The OpenMetrics page, read strictly, holds the very series of the text page."""
    snapshot = world.snapshot(DEFINITION)
    process = (Sample("kpi_streams_redis_up", 1), Sample("kpi_streams_redis_writes_total", 3))
    text = page(snapshot, process=process)
    openmetrics = page(snapshot, OPENMETRICS, process)
    assert series(parse_openmetrics(openmetrics)) == series(parse_text(text))
    assert openmetrics.count("# EOF") == 1
    assert openmetrics.endswith("# EOF\n")


def test_every_family_has_the_type_and_help_of_the_catalogue() -> None:
    """What is written is what is documented, in the words of the definition."""
    catalogue = catalogue_of(DEFINITION)
    for family in parse_openmetrics(page(world.snapshot(DEFINITION), OPENMETRICS)):
        suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
        metric = catalogue[family.name + suffix]
        assert (family.type, family.documentation, family.unit) == (metric.kind, metric.help, metric.unit)
        for sample in family.samples:
            assert tuple(sorted(sample.labels)) == tuple(sorted(metric.labels))


@pytest.mark.parametrize("condition", ["recovering", "stale"])
def test_withheld_values_are_absent_series(condition: Condition) -> None:
    """No value, no interval, by no label; the parts and the status are there."""
    found = shown(world.snapshot(DEFINITION, condition=condition))
    names = {name for name, _ in found}
    parts = {"crm_kpi_n", "crm_kpi_numerator", "crm_kpi_denominator", "crm_kpi_status"}
    assert parts <= names
    withheld = {metric.name for metric in KPIS} | {"crm_kpi_low", "crm_kpi_high"}
    assert not withheld & names
    assert found[at("crm_kpi_status", kpi="orders", window="1h", status=condition)] == 1


def test_undefined_is_absent_and_never_zero() -> None:
    """A business without customers has no churn ratio; its components are 0."""
    found = shown(world.snapshot(DEFINITION, size=0))
    assert at("crm_churn_ratio", window="30d") not in found
    assert at("crm_kpi_low", kpi="churn_ratio", window="30d") not in found
    assert found[at("crm_kpi_denominator", kpi="churn_ratio", window="30d")] == 0
    assert found[at("crm_orders", window="30d")] == 0
    assert found[at("crm_kpi_status", kpi="churn_ratio", window="30d", status="undefined")] == 1


def test_values_of_dimensions_are_escaped() -> None:
    """A value may hold any text; the page stays readable and gives it back."""
    value = 'a"b\\c\nd, é{}'
    group = ("plan", value)
    totals = Totals(T0, {group: world.vector(DEFINITION, 1), ("", ""): world.vector(DEFINITION, 1)})
    snapshot = build(totals, DEFINITION, computed_at_ms=T0, partitions={})
    for parse, accept in FORMATS:
        found = series(parse(page(snapshot, accept)))
        assert found[at("crm_orders_by", window="1h", dimension="plan", value=value)] == 40


def test_a_page_without_snapshot_shows_the_process_alone() -> None:
    """Before the first snapshot a scrape succeeds."""
    assert shown(None, [Sample("kpi_streams_redis_up", 0)]) == {at("kpi_streams_redis_up"): 0}


def test_the_process_is_shown_as_of_the_scrape() -> None:
    """The snapshot's part is kept, the process' part is not."""
    writes = iter((1, 2))
    exposition = Exposition(DEFINITION, lambda: [Sample("kpi_streams_redis_writes_total", next(writes))])
    exposition.publish(world.snapshot(DEFINITION))
    first, second = exposition.render()[0].decode(), exposition.render()[0].decode()
    assert "kpi_streams_redis_writes_total 1.0\n" in first
    assert "kpi_streams_redis_writes_total 2.0\n" in second


def test_a_new_snapshot_replaces_the_page() -> None:
    """Nothing of the last one is kept, in any format."""
    exposition = Exposition(DEFINITION)
    for t in (T0, T0 + 1000):
        exposition.publish(world.snapshot(DEFINITION, t, size=0))
        for parse, accept in FORMATS:
            found = series(parse(exposition.render(accept)[0].decode()))
            assert found[at("crm_snapshot_timestamp_seconds")] == t / 1000


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain; version=0.0.4"),
        ("*/*", "text/plain; version=0.0.4"),
        (OPENMETRICS, "application/openmetrics-text; version=1.0.0"),
        (
            "application/openmetrics-text;version=1.0.0;escaping=dots",
            "application/openmetrics-text; version=1.0.0",
        ),
        ("application/openmetrics-text;version=x.y", "text/plain; version=0.0.4"),
        ("\udcff;;;=,", "text/plain; version=0.0.4"),
    ],
)
def test_the_format_is_the_clients_choice(accept: str, content_type: str) -> None:
    """Whatever an Accept header holds, one of the formats comes."""
    exposition = Exposition(DEFINITION)
    exposition.publish(world.snapshot(DEFINITION))
    assert exposition.render(accept)[1].startswith(content_type)


def test_formats_that_escape_names_differently_are_not_mixed_up() -> None:
    """A page kept for one way of escaping is not given to a client that asked for another."""
    exposition = Exposition(DEFINITION)
    exposition.publish(world.snapshot(DEFINITION))
    plain = exposition.render("text/plain;version=1.0.0")[0]
    dots = exposition.render("text/plain;version=1.0.0;escaping=dots")[0]
    assert b"\ncrm_active_customers " in plain
    assert b"\ncrm__active__customers " in dots


@pytest.mark.parametrize(
    "sample",
    [Sample("crm_unheard_of", 1), Sample("crm_orders", 1), Sample("crm_orders", 1, {"customer": "x"})],
)
def test_what_the_catalogue_does_not_know_is_an_error(sample: Sample) -> None:
    """A metric or a label that nobody documented never reaches Prometheus."""
    with pytest.raises(ValueError, match=sample.name):
        list(SampleCollector([sample]).collect())


@pytest.mark.system("promtool")
@pytest.mark.parametrize("accept", ["", "text/plain;version=1.0.0"])
def test_promtool_finds_nothing_to_criticise(accept: str) -> None:
    """The page passes the linter of Prometheus itself, every metric of the catalogue included."""
    process = [Sample(metric.name, 1, dict.fromkeys(metric.labels, "0.5")) for metric in PROCESS]
    text = page(world.snapshot(DEFINITION), accept, process)
    run = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.parametrize(("parse", "accept"), FORMATS)
def test_free_text_is_counted_by_dimension(parse: Parser, accept: str) -> None:
    """And in no other way."""
    totals = world.whole(DEFINITION, T0)
    totals.accounting.refused_values = {"reason": 3}
    found = series(parse(page(build(totals, DEFINITION, computed_at_ms=T0, partitions={}), accept)))
    assert found[at("crm_dimension_values_refused_total", dimension="reason")] == 3


@pytest.mark.parametrize(("parse", "accept"), FORMATS)
def test_lateness_is_a_histogram_by_kind(parse: Parser, accept: str) -> None:
    """Cumulative classes in seconds, and how many late events corrected each window."""
    totals = world.whole(DEFINITION, T0)
    totals.accounting.lateness = {"purchase": [3, 0, 1, 0, 0, 0, 0, 2, 7_500_500]}
    totals.accounting.corrected = {"24h": 4}
    made = build(totals, DEFINITION, computed_at_ms=T0, partitions={})
    found = series(parse(page(made, accept)))
    name = "crm_event_lateness_seconds"
    expected = {"60.0": 3, "600.0": 3, "3600.0": 4, "86400.0": 4, "2592000.0": 4, "+Inf": 6}
    assert {le: found[at(f"{name}_bucket", event="purchase", le=le)] for le in expected} == expected
    assert found[at(f"{name}_count", event="purchase")] == 6
    assert found[at(f"{name}_sum", event="purchase")] == 7_500.5
    assert found[at("crm_window_corrections_total", window="24h")] == 4


def test_help_is_in_the_words_of_the_definition() -> None:
    """Of the whole and by value; what no definition chooses stays as it is."""
    chosen = Definition(formula="simple", nps_basis="responses")
    exposition = Exposition(chosen)
    exposition.publish(world.snapshot(chosen))
    told = {family.name: family.documentation for family in parse_text(exposition.render()[0].decode())}
    simple = "Churn ratio, simple formula: departures for each customer at the window's start"
    assert told["crm_churn_ratio"] == f"{simple}."
    assert told["crm_churn_ratio_by"] == f"{simple}, by value of one dimension."
    assert told["crm_nps_score"].startswith("Net promoter score, every answer: promoters")
    assert told["crm_churn_ratio_variant"] == CATALOGUE["crm_churn_ratio_variant"].help


def test_a_score_on_either_basis_is_shown_as_the_variant_that_it_is() -> None:
    """Once: both variants are published as such."""
    page_of_latest = usual()
    found = [key for key in page_of_latest if key[0] == "crm_nps_score_variant"]
    assert {dict(labels)["basis"] for _, labels in found} == {"latest", "responses"}
