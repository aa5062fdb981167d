"""From a churn spike to somebody's telephone: real Prometheus, real Alertmanager, the deployed configuration.

Changed are addresses, the receivers, and two intervals of Alertmanager, shortened so that a second message
would come within the test if there were one; the rules and their pace are those that are deployed.
"""

import re
from collections.abc import Sequence
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
from tests.support.eventually import eventually

pytestmark = pytest.mark.system("prometheus", "amtool")

WITHIN_S = 60.0
SPIKE_BEFORE_S = 1_500.0
"""Some slots: an alarm looks at those that are over."""
FACTOR = 3_000.0
OTHER_PAGE = "RedisWriteFailing"


def told(receiver: Receiver, *, group_wait: str = "10s") -> str:
    """Alertmanager's configuration with a receiver."""
    hooks = {
        f"  - name: {name}\n": f'  - {{name: {name}, webhook_configs: [{{url: "{receiver.url}/{name}"}}]}}\n'
        for name in ("page", "ticket")
    }
    paces = {"group_interval: 5m": "group_interval: 5s", "group_wait: 10s": f"group_wait: {group_wait}"}
    return replaced(alertmanager_config(), hooks | paces)


def test_a_churn_spike_pages_once_within_a_minute() -> None:
    """Of the start, for it has begun before; with its segment, the expected, the observed, since when."""
    with (
        Receiver() as receiver,
        AlertmanagerServer(told(receiver)) as alertmanager,
        Shop(customers=2_000, days=40, spike=-SPIKE_BEFORE_S, factor=FACTOR) as shop,
        scraping(shop, alertmanager) as prometheus,
    ):
        eventually(lambda: receiver.messages, within=WITHIN_S)
        (page,) = receiver.messages
        assert page.path == "/page"
        (alert,) = page.alerts
        assert (alert["status"], alert["labels"]["alertname"]) == ("firing", "ChurnSpike")
        text = re.fullmatch(
            r"Most in segment smb: (\d+) churned, ([\d.]+) were expected; ([\d.]+) times "
            r"as many is ordinary\. Since (\S+ \S+) \+0000 UTC\. Reason most given: price \(\d+\)\.",
            alert["annotations"]["description"],
        )
        assert text, alert["annotations"]["description"]
        observed, expected, tolerance = map(float, text.groups()[:3])
        assert observed > max(10, 5 * tolerance * expected)
        since_s = datetime.fromisoformat(f"{text[4]}+00:00").timestamp()
        assert 0 < since_s - (shop.started_s - SPIKE_BEFORE_S) < SPIKE_BEFORE_S

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


def posted(
    alertmanager: AlertmanagerServer, names: Sequence[str], observed: int, *, over: bool = False
) -> None:
    """Tell Alertmanager of alerts that page, as Prometheus does at every evaluation."""
    now = datetime.now(UTC)
    fired = [
        {
            "labels": {**alerts()[name]["labels"], "alertname": name, "job": "kpi-streams"},
            "annotations": {"description": f"{observed} counted"},
            "startsAt": (now - timedelta(hours=2)).isoformat(),
            "endsAt": (now + timedelta(hours=-1 if over else 1)).isoformat(),
        }
        for name in names
    ]
    ask(alertmanager, "/api/v2/alerts", fired)


def test_an_episode_is_one_page_and_is_resolved_once() -> None:
    """However long it lasts and whatever its numbers come to, while another page is told again and again."""
    with Receiver() as receiver:
        paces = {"group_interval: 5s": "group_interval: 1s", "repeat_interval: 4h": "repeat_interval: 1s"}
        config = replaced(told(receiver, group_wait="1s"), paces)

        def heard(name: str) -> list[str]:
            found = (one for message in receiver.messages for one in message.alerts)
            return [one["status"] for one in found if one["labels"]["alertname"] == name]

        def until(name: str, *, heard_times: int) -> None:
            eventually(lambda: len(heard(name)) >= heard_times, within=WITHIN_S)

        with AlertmanagerServer(config) as alertmanager:
            for times in (1, 3, 5):
                posted(alertmanager, ("ChurnSpike", OTHER_PAGE), observed=10 * times)
                until(OTHER_PAGE, heard_times=times)
            assert heard("ChurnSpike") == ["firing"]
            for times in (2, 4):
                posted(alertmanager, ("ChurnSpike",), observed=70, over=True)
                until("ChurnSpike", heard_times=2)
                until(OTHER_PAGE, heard_times=len(heard(OTHER_PAGE)) + times)
            assert heard("ChurnSpike") == ["firing", "resolved"]
