"""From a churn spike to somebody's telephone: real Prometheus, real Alertmanager, the deployed configuration.

Changed are addresses, the receivers, and two intervals of Alertmanager, shortened so that a second message
would come within the test if there were one; the rules and their pace are those that are deployed.
"""

import re
from datetime import UTC, datetime, timedelta

import pytest

from streams.demo.observability import (
    AlertmanagerServer,
    PrometheusServer,
    alertmanager_config,
    prometheus_config,
    replaced,
)
from tests.observability.api import alerts_of, ask
from tests.observability.files import alerts
from tests.observability.receiver import Receiver
from tests.observability.shop import Shop
from tests.support.eventually import eventually, patient

pytestmark = pytest.mark.system("prometheus", "amtool")

WITHIN_S = 60.0
SPIKE_AFTER_S = 10.0
FACTOR = 30_000.0


def told(receiver: Receiver, *, group_wait: str = "10s") -> str:
    """Alertmanager's configuration with a receiver."""
    hooks = {
        f"  - name: {name}\n": f'  - {{name: {name}, webhook_configs: [{{url: "{receiver.url}/{name}"}}]}}\n'
        for name in ("page", "ticket")
    }
    paces = {"group_interval: 5m": "group_interval: 5s", "group_wait: 10s": f"group_wait: {group_wait}"}
    return replaced(alertmanager_config(), hooks | paces)


def test_a_churn_spike_pages_once_within_a_minute() -> None:
    """With its segment, and the expected and the observed number; and nobody is told of anything else."""
    with (
        Receiver() as receiver,
        AlertmanagerServer(told(receiver)) as alertmanager,
        Shop(customers=2_000, days=9, spike=SPIKE_AFTER_S, factor=FACTOR) as shop,
        scraping(shop, alertmanager) as prometheus,
    ):
        began_s = shop.started_s + SPIKE_AFTER_S
        eventually(lambda: receiver.messages, within=SPIKE_AFTER_S + WITHIN_S)
        (page,) = receiver.messages
        assert began_s < page.at_s < began_s + patient(WITHIN_S)
        assert page.path == "/page"
        (alert,) = page.alerts
        assert (alert["status"], alert["labels"]["alertname"]) == ("firing", "ChurnSpike")
        text = re.fullmatch(
            r"In the last hour (\d+) customers churned, ([\d.]+) were expected \(chance [\d.]+e-\d+\)\. "
            r"Most in segment smb with (\d+) of them\. Reason most given: price \(\d+\)\.",
            alert["annotations"]["description"],
        )
        assert text, alert["annotations"]["description"]
        observed, expected, of_segment = map(float, text.groups())
        assert observed >= max(10, 2 * expected)
        assert observed >= of_segment > observed / 2

        for _ in range(2):
            wait_for_evaluation(prometheus)
        assert alerts_of(prometheus)["ChurnSpike"] == "firing"
        assert receiver.messages == [page]


def scraping(shop: Shop, alertmanager: AlertmanagerServer) -> PrometheusServer:
    """A Prometheus that scrapes the shop's pages and tells Alertmanager."""
    return PrometheusServer(prometheus_config(shop.addresses, alertmanager.address))


def wait_for_evaluation(prometheus: PrometheusServer) -> None:
    """Return when the rules have been evaluated once more."""
    last = evaluated(prometheus)
    eventually(lambda: evaluated(prometheus) != last, within=30)


def evaluated(prometheus: PrometheusServer) -> str:
    """When ChurnSpike was evaluated last."""
    groups = ask(prometheus, "/api/v1/rules")["data"]["groups"]
    rules = {rule["name"]: rule for group in groups for rule in group["rules"]}
    return str(rules["ChurnSpike"]["lastEvaluation"])


@pytest.mark.parametrize(
    ("heard", "silenced"),
    [({"KpisStale", "LagHigh"}, {"NpsDrop", "ChurnSpike"}), ({"ChurnSpike", "NpsDrop"}, {"ChurnElevated"})],
    ids=["stale data silences what is said of customers", "an hour's spike silences the day's"],
)
def test_alerts_that_say_why_silence_those_that_follow(heard: set[str], silenced: set[str]) -> None:
    """While one fires, those it explains are suppressed, no other is, and somebody hears of the rest."""
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    fired = [
        {"labels": {**alerts()[name]["labels"], "alertname": name, "job": "kpi-streams"}, "endsAt": ends}
        for name in heard | silenced
    ]
    with Receiver() as receiver, AlertmanagerServer(told(receiver, group_wait="1s")) as alertmanager:
        ask(alertmanager, "/api/v2/alerts", fired)

        def states() -> dict[str, str]:
            known = ask(alertmanager, "/api/v2/alerts")
            return {alert["labels"]["alertname"]: alert["status"]["state"] for alert in known}

        expected = dict.fromkeys(heard, "active") | dict.fromkeys(silenced, "suppressed")
        eventually(lambda: states() == expected, within=20)
        eventually(lambda: len(receiver.messages) >= len(heard), within=20)
        named = {alert["labels"]["alertname"] for message in receiver.messages for alert in message.alerts}
        assert named == heard
