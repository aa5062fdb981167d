"""Every query of every dashboard and rule returns data from a real Prometheus that scrapes two live pages."""

import re
from collections.abc import Iterator

import pytest

from streams.core.definition.definition import Definition
from streams.demo.observability import PrometheusServer, prometheus_config, replaced
from tests.observability.api import ask, query
from tests.observability.files import alerts, dashboard_queries, inlined, recordings, rule_queries
from tests.observability.promql import selectors
from tests.observability.shop import Shop
from tests.support.eventually import eventually

pytestmark = pytest.mark.system("prometheus", "promtool")

CHOSEN = {"$window": "24h", "$dimension": "segment", "$__rate_interval": "1m"}
"""What Grafana puts in for the variables: the defaults; rates are over a minute."""
EMPTY_WHEN_WELL = {'ALERTS{alertstate="firing"}', *(alert["expr"] for alert in alerts().values())}
"""Of these the parts are asked for instead; and of whatever is about streams in alarm."""
IN_ALARM = re.compile(r"crm_alarm_active.*== 1")
OF_A_TEMPLATE = '"x"'
"""What stands for a value that a template fills in."""

RARELY_ASKED = re.compile(r'csat_ratio{.*scale="[347]"|ces_mean_variant')
"""CSAT and CES on scales that the simulated business hardly ever uses: what is undefined is not shown."""

QUERIES = sorted(
    {
        found.expr
        for found in (*dashboard_queries(), *rule_queries())
        if found.expr not in EMPTY_WHEN_WELL
        and OF_A_TEMPLATE not in found.expr
        and not IN_ALARM.search(found.expr)
        and not RARELY_ASKED.search(found.expr)
    }
)
OF_INGEST = "kpi_streams_ingest_"
"""What no worker has: kpi ingest is a process of its own, whose page tests/foreign looks at."""
PARTS = sorted(
    {
        part.text
        for alert in alerts().values()
        for part in selectors(inlined(alert["expr"]))
        if not part.text.startswith(OF_INGEST)
    }
)


@pytest.fixture(scope="module")
def prometheus() -> Iterator[PrometheusServer]:
    """A Prometheus that has scraped two live pages for a while, with the deployed rules at a faster pace."""
    with Shop(customers=3_000, days=65) as shop:
        pace = {"evaluation_interval: 15s": "evaluation_interval: 5s"}
        config = replaced(prometheus_config(shop.addresses, "127.0.0.1:9"), pace)
        with PrometheusServer(config) as server:
            yield server


def chosen(expression: str) -> str:
    """An expression with the variables filled in."""
    for variable, value in CHOSEN.items():
        expression = expression.replace(variable, value)
    return expression


@pytest.mark.parametrize("expression", QUERIES)
def test_a_query_returns_data(prometheus: PrometheusServer, expression: str) -> None:
    """Within the time that rates need for their first samples."""
    eventually(lambda: query(prometheus, chosen(expression)), within=20)


@pytest.mark.parametrize("selector", PARTS)
def test_what_an_alert_asks_for_is_there(prometheus: PrometheusServer, selector: str) -> None:
    """All that it compares, so that silence means that all is well."""
    eventually(lambda: query(prometheus, selector), within=20)


def test_no_alert_fires(prometheus: PrometheusServer) -> None:
    """All is well, and every rule has been evaluated without an error."""

    def health() -> dict[str, str]:
        groups = ask(prometheus, "/api/v1/rules")["data"]["groups"]
        return {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}

    eventually(lambda: "unknown" not in health().values(), within=20)
    assert health() == dict.fromkeys((*alerts(), *recordings()), "ok")
    assert not query(prometheus, "ALERTS")


def test_both_pages_show_the_same(prometheus: PrometheusServer) -> None:
    """So that the greatest of them is the value."""
    counted = "count by (window) (crm_customers_at_start)"
    pages = eventually(lambda: query(prometheus, counted), within=20)
    assert {series["value"][1] for series in pages} == {"2"}
    apart = (
        "max without (instance) (crm_customers_at_start) - min without (instance) (crm_customers_at_start)"
    )
    eventually(lambda: {series["value"][1] for series in query(prometheus, apart)} == {"0"}, within=20)


def test_windows_can_be_chosen(prometheus: PrometheusServer) -> None:
    """The dashboards' variable lists those of the definition."""
    found = ask(prometheus, "/api/v1/label/window/values?match[]=crm_customers_at_start")["data"]
    assert set(found) == {"5m", "1h", "24h", "7d", "30d"}


def test_dimensions_can_be_chosen(prometheus: PrometheusServer) -> None:
    """The dashboards' variable lists the definition's, and none of events."""
    found = ask(prometheus, "/api/v1/label/dimension/values?match[]=crm_active_customers_by")["data"]
    assert set(found) == set(Definition().dimensions)
