"""``kpi get`` and ``kpi watch`` on a real Valkey."""

import json
import time
import uuid
from collections.abc import Iterator

import pytest
import redis

from streams.cli.exits import Exit
from streams.embedded import ValkeyServer
from streams.redis_contract.layout import Keys, Place
from tests.cli.conftest import Kpi


@pytest.fixture
def tenant(valkey: ValkeyServer) -> Iterator[str]:
    """A tenant with a few fresh values, one of too few cases, one of a silent source and one undefined."""
    name = f"t{uuid.uuid4().hex[:8]}"
    head = {"t": int(time.time() * 1000), "computed_at": int(time.time() * 1000), "definition_version": "1"}
    values = {
        **_value("churn_ratio", 0.25, 250, 1000, 1000, low=0.22415, high=0.27776, variant="simple"),
        **_value("nps_score", 45.0, 45, 100, 100, low=29.34, high=58.04),
        **_value("ces_mean", 5.5, 11, 2, 2, status="low_n"),
        **_value("revenue", 1500.0, 150_000, None, 60, status="silent", left_out=0),
        **_value("average_order_value", None, 0, 0, 0, status="undefined"),
    }
    with redis.Redis.from_url(valkey.url) as client:
        for place in (Place("24h"), Place("24h", "segment", "smb")):
            client.hset(Keys(name).hash(place), mapping={**head, **values})
        standing = _value("active_customers", 1234, 1234, None, 1234)
        client.hset(Keys(name).hash(Place("now")), mapping={**head, **standing})
        places = (Place("24h"), Place("24h", "segment", "smb"), Place("now"))
        client.sadd(Keys(name).index, *map(Keys(name).hash, places))
        client.set(Keys(name).snapshot, json.dumps({"dimensions": {"segment": {}, "plan": {}}}))
        yield name


def _value(
    kpi: str, value: float | None, numerator: int, denominator: int | None, n: int, **parts: float | str
) -> dict[str, str]:
    fields = {
        "numerator": numerator,
        "denominator": denominator,
        "n": n,
        "low": None,
        "high": None,
        "status": "ok",
    }
    filled = {f"{kpi}:{part}": "" if got is None else str(got) for part, got in {**fields, **parts}.items()}
    return {kpi: "" if value is None else repr(value), **filled}


def test_get_prints_a_fresh_value_and_ends_with_0(kpi: Kpi, valkey: ValkeyServer, tenant: str) -> None:
    """The formula that was chosen, value, interval, n, age and status in one line."""
    ran = kpi("get", "churn_ratio", "--tenant", tenant, KPI_REDIS_URL=valkey.url)
    assert ran.code == Exit.OK
    assert ran.out.startswith("churn_ratio (simple) 25.00 %  (22.41 … 27.78 %)  n 1,000  age ")
    assert ran.out.endswith("ok\n")


def test_get_reads_a_dimension_and_prints_json(kpi: Kpi, valkey: ValkeyServer, tenant: str) -> None:
    """All parts, for programs."""
    place = ("--dimension", "segment", "--value", "smb")
    ran = kpi("get", "nps_score", *place, "--json", "--tenant", tenant, "--redis", valkey.url)
    read = json.loads(ran.out)
    assert (read["value"], read["n"], read["state"], read["place"]["value"]) == (45.0, 100, "fresh", "smb")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("ces_mean", "stands on too few cases"),
        ("average_order_value", "is undefined"),
        ("revenue", "is made of events that have stopped coming"),
        ("csat_ratio.5", "is published by nobody"),
    ],
)
def test_get_ends_with_1_for_a_value_not_to_be_relied_upon(
    kpi: Kpi, valkey: ValkeyServer, tenant: str, name: str, why: str
) -> None:
    """A script can tell by the exit code alone."""
    ran = kpi("get", name, "--tenant", tenant, "--redis", valkey.url)
    assert ran.code == Exit.FAILED
    assert why in ran.err


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("get", "churn"), "no KPI 'churn' is published; did you mean churn_ratio?"),
        (("get", "churn_ratio", "--window", "24H"), "did you mean 24h?"),
        (("watch", "--window", "24H"), "did you mean 24h?"),
        (("watch", "--dimension", "Segment", "--value", "smb"), "did you mean segment?"),
    ],
)
def test_a_misspelt_name_ends_with_2(
    kpi: Kpi, valkey: ValkeyServer, tenant: str, args: tuple[str, ...], told: str
) -> None:
    """It is the caller's mistake, not a service that is gone."""
    ran = kpi(*args, "--tenant", tenant, "--redis", valkey.url)
    assert (ran.code, ran.err.count("\n")) == (Exit.USAGE, 1)
    assert told in ran.err


def test_what_no_service_wrote_is_told_as_bad_data(kpi: Kpi, valkey: ValkeyServer, tenant: str) -> None:
    """Somebody else's fields under our keys are no bug of ours."""
    with redis.Redis.from_url(valkey.url) as client:
        client.hset(Keys(tenant).hash(Place("24h")), "churn_ratio:status", "splendid")
    for args in (("get", "churn_ratio"), ("watch",)):
        ran = kpi(*args, "--tenant", tenant, "--redis", valkey.url)
        assert (ran.code, ran.err.count("\n")) == (Exit.BAD_DATA, 1), ran.err


def test_get_and_watch_end_with_3_when_redis_does_not_answer(kpi: Kpi) -> None:
    """One line, no waiting for ever."""
    for args in (("get", "churn_ratio"), ("watch",)):
        ran = kpi(*args, "--redis", "redis://127.0.0.1:1/0")
        assert (ran.code, ran.err.count("\n")) == (Exit.UNREACHABLE, 1)


def test_watch_prints_a_table_once_without_a_terminal(kpi: Kpi, valkey: ValkeyServer, tenant: str) -> None:
    """Standing and windowed KPIs with their status."""
    ran = kpi("watch", "--tenant", tenant, "--redis", valkey.url)
    assert ran.code == Exit.OK
    for text in (
        "active_customers",
        "1,234",
        "churn_ratio (simple)",
        "25.00 %",
        "+45.0",
        "low_n",
        "1,500",
        "silent",
        "undefined",
    ):
        assert text in ran.out


def test_watch_says_when_nothing_is_published(kpi: Kpi, valkey: ValkeyServer) -> None:
    """An empty Redis is no empty table."""
    ran = kpi("watch", "--tenant", "nobody", "--redis", valkey.url)
    assert ran.code == Exit.FAILED
    assert "is a worker running?" in ran.err
