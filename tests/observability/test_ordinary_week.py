"""Alerts people trust keep quiet: over an ordinary week none of their expressions ever holds.

The week is simulated, counted by ``kpi replay`` and written into a real Prometheus; each expression is then a
range query over it. A week with a spike shows that the same queries would have seen one.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streams.core.definition.definition import HOUR_MS
from streams.demo.observability import PrometheusServer
from streams.simulate import Business, Spike
from tests.observability.api import query_range
from tests.observability.backfill import END_MS, days_before_end, history, replayed
from tests.observability.files import alerts, inlined
from tests.observability.promql import selectors

pytestmark = pytest.mark.system("prometheus", "promtool")

EXPRESSIONS = {name: inlined(alert["expr"]) for name, alert in alerts().items()}
ASKED = [found for expression in EXPRESSIONS.values() for found in selectors(expression)]
STEP_S = {"15m": 900, "3h": 10_800, "12h": 43_200}
OF_THE_ENGINE = {"IngestStands", "LagHigh", "RecoveryTooLong", "RedisTenantTaken", "RedisWriteFailing"}
"""They ask for what a replay has not: lag, states of partitions, foreign topics, Redis."""
OF_LONGER_WINDOWS = {"NpsDrop", "ChurnSpike", "AlarmActive"}
"""The last two need five weeks before they say anything."""
NOT_YET = {'crm_new_customers{window="7d"}', 'crm_churn_spike_seasonal_p{window="24h"}'}
"""A window that is not replayed, and one whose baseline is older than the business."""


@contextmanager
def backfilled(directory: Path, business: Business, every: str, windows: str) -> Iterator[PrometheusServer]:
    """A Prometheus that has seen all of a business."""
    events, scraped, blocks = directory / "events.jsonl", directory / "scraped", directory / "blocks"
    with events.open("wb") as file:
        file.writelines(history(business))
    replayed(events, every, windows, ASKED, scraped)
    make = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", str(scraped), str(blocks)]
    subprocess.run(make, check=True)
    config = "global: {scrape_interval: 1h}\n"
    with PrometheusServer(config, blocks) as server:
        yield server


def held(server: PrometheusServer, expression: str, days: int, every: str) -> int:
    """At how many instants of the last days, up to the newest event, an expression gave anything."""
    last_s = END_MS // 1000 - STEP_S[every]
    found = query_range(server, expression, days_before_end(days), last_s, STEP_S[every])
    return sum(len(series["values"]) for series in found)


def test_over_an_ordinary_week_no_alert_holds(tmp_path: Path) -> None:
    """Seven days by quarters of an hour, after a first one in which the business came into being.

    Some ten new customers an hour: as near to what is asked for as can be.
    """
    business = Business(11, 8_000, 8, END_MS)
    with backfilled(tmp_path, business, "15m", "1h,24h") as server:
        names = EXPRESSIONS.keys() - OF_THE_ENGINE - OF_LONGER_WINDOWS
        parts = {found.text for name in names for found in selectors(EXPRESSIONS[name])} - NOT_YET
        assert {part: held(server, part, 7, "15m") > 650 for part in parts} == dict.fromkeys(parts, True)
        assert {name: held(server, text, 7, "15m") for name, text in EXPRESSIONS.items()} == dict.fromkeys(
            EXPRESSIONS, 0
        )


def test_over_two_ordinary_months_the_score_does_not_drop(tmp_path: Path) -> None:
    """What needs windows of a week and a month."""
    business = Business(12, 3_000, 62, END_MS)
    with backfilled(tmp_path, business, "12h", "7d,30d") as server:
        parts = [found.text for found in selectors(EXPRESSIONS["NpsDrop"])]
        assert all(held(server, part, 30, "12h") > 50 for part in parts)
        assert held(server, EXPRESSIONS["NpsDrop"], 30, "12h") == 0


def test_a_spike_is_seen_as_an_alarm_and_nothing_else_is(tmp_path: Path) -> None:
    """Six ordinary weeks, and a segment that leaves for three hours of the last day: one alert, in time."""
    spike = Spike("smb", END_MS - 6 * HOUR_MS, 150, 3 * HOUR_MS)
    business = Business(11, 3_000, 42, END_MS, spike=spike)
    with backfilled(tmp_path, business, "3h", "1h,24h") as server:
        end_s = END_MS // 1000
        (series,) = query_range(server, EXPRESSIONS["ChurnSpike"], days_before_end(2), end_s, STEP_S["3h"])
        instants = [instant * 1000 for instant, _ in series["values"]]
        assert spike.at_ms < instants[0] <= spike.at_ms + 3 * HOUR_MS
        assert instants[-1] >= END_MS - 3 * HOUR_MS
        spoken = 'crm_alarm_active{alarm="churn_spike",dimension="",value=""}'
        assert held(server, spoken, 2, "3h") > 12
