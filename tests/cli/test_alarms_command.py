"""``kpi alarms`` on a real Valkey."""

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import redis

from streams.cli.exits import Exit
from streams.embedded import ValkeyServer
from streams.redis_contract.layout import Keys
from tests.cli.conftest import Kpi

DAY_MS = 86_400_000


@pytest.fixture
def tenant(valkey: ValkeyServer) -> Iterator[str]:
    """A tenant of its own."""
    name = f"t{uuid4().hex[:8]}"
    yield name
    with redis.Redis.from_url(valkey.url) as client:
        client.delete(Keys(name).alarms)


def stream(**fields: object) -> dict[str, Any]:
    """A stream as it stands in Redis."""
    return {
        "alarm": "churn_spike",
        "measure": "churned_customers",
        "direction": "up",
        "dimension": "",
        "value": "",
        "status": "ok",
        "evidence_log10": -1.2,
        "observed": 3,
        "expected": 2.5,
        "window_ms": 900_000,
        "tolerance_ratio": 1.25,
        "started": None,
        "greatest_log10": None,
        "windows": [],
        "listed": False,
        **fields,
    }


def write(valkey: ValkeyServer, tenant: str, *streams: dict[str, Any], every_days: int = 3_650) -> None:
    """What a worker would write."""
    document = {
        "t": int(time.time() * 1_000),
        "threshold_log10": 8.7,
        "false_page_every_ms": every_days * DAY_MS,
        "streams": streams,
    }
    with redis.Redis.from_url(valkey.url) as client:
        client.set(Keys(tenant).alarms, json.dumps(document))


ON = stream(
    dimension="segment",
    value="smb",
    status="alarm",
    evidence_log10=9.5,
    observed=1_020,
    expected=12.51,
    window_ms=3_600_000,
    started=1_776_211_200_000,
    greatest_log10=11.0,
    windows=[
        {"window_ms": 900_000, "observed": 4, "expected": 2.0, "evidence_log10": None},
        {"window_ms": 3_600_000, "observed": 1_020, "expected": 12.51, "evidence_log10": 9.5},
    ],
)
DROP = stream(
    alarm="order_drop",
    measure="orders",
    direction="down",
    status="alarm",
    evidence_log10=12.0,
    greatest_log10=12.0,
    observed=0,
    expected=60.0,
    tolerance_ratio=3.5,
)


def test_what_is_in_alarm_is_told_and_ends_with_1(kpi: Kpi, valkey: ValkeyServer, tenant: str) -> None:
    """The greatest evidence first; how the rest stands; what is to be expected of it."""
    beside = stream(value="pro", dimension="plan", listed=True, evidence_log10=8.5)
    write(valkey, tenant, ON, stream(), DROP, beside, stream(status="learning"))
    ran = kpi("alarms", "--tenant", tenant, KPI_REDIS_URL=valkey.url)
    assert ran.code == Exit.FAILED
    lines = ran.out.splitlines()
    assert lines[:4] == [
        "order_drop (the whole): orders down",
        "  last 15 min: 0 observed, 60.0 expected by the four weeks before; 3.50 times fewer is ordinary",
        "churn_spike (segment smb): churned_customers up since 2026-04-15 00:00 UTC",
        "  last 1 h: 1,020 observed, 12.5 expected by the four weeks before; 1.25 times as many is ordinary",
    ]
    assert lines[4] == "standing out together with the others (e-BH): churn_spike (plan pro)"
    assert lines[5].startswith("2 in alarm, 2 ordinary, 1 learning, as of 2")
    assert lines[6] == "while all is ordinary: one false alarm in 10 years, or fewer"
    assert "2 of 5 streams are in alarm" in ran.err


def test_explain_says_what_each_window_says(kpi: Kpi, valkey: ValkeyServer, tenant: str) -> None:
    """And the sum."""
    write(valkey, tenant, ON, every_days=90)
    ran = kpi("alarms", "--explain", "--tenant", tenant, KPI_REDIS_URL=valkey.url)
    assert ran.out.splitlines()[2:5] == [
        "  15 min:         4 observed,         2.0 expected, evidence none",
        "     1 h:     1,020 observed,        12.5 expected, evidence 10^9.5",
        "     sum: evidence 10^9.5, greatest 10^11.0; an alarm from 10^8.7 on",
    ]
    assert ran.out.splitlines()[6] == "while all is ordinary: one false alarm in 90 days, or fewer"


def test_nothing_in_alarm_ends_with_0(kpi: Kpi, valkey: ValkeyServer, tenant: str) -> None:
    """In words and as JSON."""
    write(valkey, tenant, stream())
    ran = kpi("alarms", "--tenant", tenant, KPI_REDIS_URL=valkey.url)
    assert ran.code == Exit.OK
    assert ran.out.startswith("0 in alarm, 1 ordinary, as of ")
    told = kpi("alarms", "--json", "--tenant", tenant, KPI_REDIS_URL=valkey.url)
    assert json.loads(told.out)["streams"] == [stream()]


def test_stale_unknown_and_foreign_alarms_are_failures(kpi: Kpi, valkey: ValkeyServer, tenant: str) -> None:
    """One line each."""
    ran = kpi("alarms", "--tenant", tenant, KPI_REDIS_URL=valkey.url)
    assert (ran.code, ran.out) == (Exit.FAILED, "")
    assert "nothing is known of alarms" in ran.err
    write(valkey, tenant, stream(status="stale", evidence_log10=None))
    ran = kpi("alarms", "--tenant", tenant, KPI_REDIS_URL=valkey.url)
    assert ran.code == Exit.FAILED
    assert "too old" in ran.err
    with redis.Redis.from_url(valkey.url) as client:
        client.set(Keys(tenant).alarms, "{}")
    ran = kpi("alarms", "--tenant", tenant, KPI_REDIS_URL=valkey.url)
    assert ran.code == Exit.BAD_DATA
