"""Two live workers, a genuine Kafka, and the Prometheus and Alertmanager that `kpi demo` starts beside them.

What the other tests hold against the code, this one holds against the processes themselves.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pytest

from streams.publish.prometheus.metrics import CATALOGUE, INGEST
from tests.observability.api import alerts_of, ask, query
from tests.observability.test_queries import PARTS, QUERIES, chosen
from tests.support.eventually import eventually, patient

pytestmark = [pytest.mark.kafka, pytest.mark.system("prometheus", "promtool", "amtool")]

SMALL = ("--customers", "1000", "--days", "65", "--partitions", "2", "--rate", "50")
DEMO = (sys.executable, "-m", "streams.cli.main", "demo", "--observability", *SMALL)
START_S = 60.0
WITHIN_S = 60.0
NOT_OF_A_WORKER = ("up", "scrape_", "ALERTS")
"""What Prometheus adds of each scrape, and of each alert that may come to fire."""
RECORDED = ":"
OF_ITS_SPIKE = {"ChurnSpike", "ChurnElevated"}
"""What the demo is there to show; how soon, depends on how fast the machine is."""
SUFFIXES = re.compile(r"_(bucket|count|sum)$")


class Server(NamedTuple):
    """Where something listens on this machine."""

    port: int


class Demo(NamedTuple):
    """A running demo, by what it says."""

    board: Server
    prometheus: Server
    alertmanager: Server


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo with both servers; it leaves no file behind."""
    directory, log = tmp_path_factory.mktemp("demo"), tmp_path_factory.mktemp("log") / "told"
    with (
        log.open("w") as told,
        subprocess.Popen(
            DEMO, stdout=told, stderr=told, env={**os.environ, "TMPDIR": str(directory)}
        ) as running,
    ):
        try:
            found = eventually(lambda: said(log), within=START_S)
            assert found is not None
            yield found
        finally:
            running.send_signal(signal.SIGINT)
            try:
                running.wait(timeout=patient(60))
            finally:
                running.kill()  # its own servers go with it
    assert running.returncode == 0, log.read_text()
    assert list(directory.iterdir()) == []


def said(log: Path) -> Demo | None:
    """The addresses in what it has told; None until all are there."""
    found = dict(
        re.findall(
            r"^(Live board|Prometheus|Alertmanager): http://127\.0\.0\.1:(\d+)/",
            log.read_text(),
            re.MULTILINE,
        )
    )
    if len(found) < len(Demo._fields):
        return None
    return Demo(*(Server(int(found[name])) for name in ("Live board", "Prometheus", "Alertmanager")))


def test_every_query_returns_data(demo: Demo) -> None:
    """Of every dashboard, rule and alert's text, and all that alerts compare."""
    asked = {*map(chosen, QUERIES), *PARTS}

    def empty() -> list[str]:
        return [expression for expression in asked if not query(demo.prometheus, expression)]

    eventually(lambda: not empty(), within=WITHIN_S)


def test_workers_show_the_catalogue_and_nothing_else(demo: Demo) -> None:
    """Every metric in it, by its name; what Prometheus adds of its own is left out."""
    of_workers = urlencode({"match[]": '{job="kpi-streams"}'})

    def different() -> set[str]:
        names = ask(demo.prometheus, f"/api/v1/label/__name__/values?{of_workers}")["data"]
        own = [name for name in names if not name.startswith(NOT_OF_A_WORKER) and RECORDED not in name]
        return {SUFFIXES.sub("", name) for name in own} ^ (
            CATALOGUE.keys() - {metric.name for metric in INGEST}
        )

    with suppress(AssertionError):
        eventually(lambda: not different(), within=WITHIN_S)
    assert different() == set()


def test_only_its_spike_fires_and_somebody_would_hear(demo: Demo) -> None:
    """All rules are evaluated without an error, no other alert holds, Prometheus knows the Alertmanager."""

    def health() -> set[str]:
        groups = ask(demo.prometheus, "/api/v1/rules")["data"]["groups"]
        return {rule["health"] for group in groups for rule in group["rules"]}

    eventually(lambda: health() == {"ok"}, within=WITHIN_S)
    firing = {name for name, state in alerts_of(demo.prometheus).items() if state == "firing"}
    assert firing <= OF_ITS_SPIKE
    (known,) = ask(demo.prometheus, "/api/v1/alertmanagers")["data"]["activeAlertmanagers"]
    assert known["url"] == f"http://127.0.0.1:{demo.alertmanager.port}/api/v2/alerts"


def test_the_address_that_is_printed_is_the_board(demo: Demo) -> None:
    """The page itself, as a browser gets it."""
    connection = HTTPConnection("127.0.0.1", demo.board.port, timeout=patient(10))
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert (answer.status, answer.headers.get_content_type()) == (200, "text/html")
        assert b"<title>kpi-streams</title>" in answer.read()
    finally:
        connection.close()
