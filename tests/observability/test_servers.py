"""The servers beside the demo: the deployed configuration, with the demo's addresses."""

import pytest

from streams.demo.observability import Monitoring, PrometheusServer, missing, prometheus_config, replaced
from streams.demo.options import DemoOptions
from streams.demo.stage import Stage, StageError
from streams.embedded.errors import EmbeddedError
from streams.embedded.ports import free_port
from tests.observability.api import alerts_of, ask
from tests.observability.files import alerts
from tests.support.eventually import eventually

with_servers = pytest.mark.system("prometheus", "promtool", "amtool")


@with_servers
def test_they_watch_the_workers_and_know_each_other() -> None:
    """A worker that does not answer is an alert that waits for its time."""
    worker = f"127.0.0.1:{free_port()}"
    monitoring = Monitoring([worker])
    try:
        monitoring.start()
        prometheus = monitoring.prometheus
        assert prometheus is not None
        targets = eventually(lambda: ask(prometheus, "/api/v1/targets")["data"]["activeTargets"], within=20)
        assert [target["labels"]["instance"] for target in targets] == [worker]
        groups = ask(prometheus, "/api/v1/rules")["data"]["groups"]
        assert {rule["name"] for group in groups for rule in group["rules"]} >= alerts().keys()
        found = eventually(
            lambda: ask(prometheus, "/api/v1/alertmanagers")["data"]["activeAlertmanagers"], within=20
        )
        assert [one["url"] for one in found] == [f"http://{monitoring.alertmanager.address}/api/v2/alerts"]
        eventually(lambda: alerts_of(prometheus).get("WorkerMissing") == "pending", within=40)
        assert [line.split()[0] for line in monitoring.addresses()] == ["Prometheus:", "Alertmanager:"]
    finally:
        monitoring.stop()


@with_servers
def test_a_configuration_that_is_wrong_is_an_error_with_its_reason() -> None:
    """And nothing is left running."""
    with pytest.raises(EmbeddedError, match="unheard_of"), PrometheusServer("unheard_of: 1\n"):
        pass


def test_only_what_stands_there_once_is_replaced() -> None:
    """A configuration that has changed is noticed, not watched at wrong addresses."""
    assert replaced("a b", {"a": "c", "b": "d"}) == "c d"
    for text in ("b", "a a"):
        with pytest.raises(ValueError, match="times in the configuration"):
            replaced(text, {"a": "c"})
    assert "worker-1" not in prometheus_config(["127.0.0.1:1"], "127.0.0.1:2")


def test_what_is_missing_is_said_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """By name, in one line."""
    monkeypatch.setenv("PATH", "")
    assert missing() == ["prometheus", "alertmanager"]
    with pytest.raises(StageError, match="--observability needs prometheus and alertmanager"):
        Stage(DemoOptions(observability=True), lambda _: None)
