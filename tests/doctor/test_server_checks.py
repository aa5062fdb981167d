"""What ``kpi doctor`` says of servers: absent, dropping keys, holding others' values, with other clocks."""

import asyncio
from typing import Any

import redis

from streams.app import wall_clock
from streams.cli.exits import Exit
from streams.doctor.case import Case
from streams.doctor.checks import Report, examine
from streams.doctor.finding import Verdict
from streams.embedded import ValkeyServer, free_port
from streams.redis_contract.layout import Keys
from tests.cli.conftest import Kpi
from tests.doctor.conftest import Doctor


def test_servers_that_cannot_be_reached_are_told_apart_from_all_else(
    kpi: Kpi, doctor: Doctor, healthy: dict[str, str]
) -> None:
    """What needs Kafka is skipped without it, what needs Redis without that; the others are made."""
    nowhere = f"127.0.0.1:{free_port()}"
    told = doctor({**healthy, "KPI_BROKERS": nowhere})
    assert f"Kafka at {nowhere} refuses the connection: nothing listens there" in told.of("kafka", "fail")
    assert told.checks("fail") == {"kafka"}
    assert {"redis", "redis memory", "clock of redis"} <= told.checks("ok")
    assert {"topics", "state", "workers", "tenant"} <= told.checks("skipped")
    assert kpi("status", **{**healthy, "KPI_BROKERS": nowhere}).code == Exit.UNREACHABLE
    told = doctor({**healthy, "KPI_REDIS_URL": f"redis://:hidden@{nowhere}/0"})
    assert "Redis does not answer: nothing listens there" in told.of("redis", "fail")
    assert "hidden" not in told.ran.out + told.ran.err
    assert told.checks("skipped") == {"redis memory", "redis rights", "tenant", "clock of redis"}


def test_a_redis_that_drops_keys_or_shows_others_values_fails(
    doctor: Doctor, healthy: dict[str, str]
) -> None:
    """What would be missing, and the command; without a limit of memory a warning. Another owner is named."""
    with ValkeyServer() as own, redis.Redis.from_url(own.url) as client:
        settings = {**healthy, "KPI_REDIS_URL": own.url}
        tenant = healthy["KPI_APP_ID"]
        client.hset(Keys(tenant).version, "owner", "somebody else")
        client.config_set("maxmemory-policy", "allkeys-lru")
        told = doctor(settings)
        assert "maxmemory-policy is allkeys-lru" in told.of("redis memory", "warn")
        assert f"tenant {tenant} is written by somebody else" in told.of("tenant", "fail")
        client.config_set("maxmemory", "100mb")
        told = doctor(settings)
        assert "Redis drops any key" in told.of("redis memory", "fail")
        assert "CONFIG SET maxmemory-policy noeviction" in told.of("redis memory", "fail")
        client.execute_command("ACL", "SETUSER", "kpi", "on", ">word", "~*", "+ping", "+hget")
        told = doctor({**settings, "KPI_REDIS_USERNAME": "kpi", "KPI_REDIS_PASSWORD": "word"})
        assert told.checks("skipped") == {"redis memory", "clock of redis"}
        told = doctor({**settings, "KPI_REDIS_USERNAME": "kpi", "KPI_REDIS_PASSWORD": "wrong"})
        assert "Redis refuses us: wrong user or password" in told.of("redis", "fail")


def test_clocks_that_differ_are_told_by_how_much(healthy: dict[str, str]) -> None:
    """More than a second: a warning; more than five: a failure; against Redis and against the workers."""
    for behind_ms, verdict in ((2_500, Verdict.WARN), (60_000, Verdict.FAIL)):
        found = _with_clock(healthy, behind_ms)
        assert {found["clock of redis"].verdict, found["clock of workers"].verdict} == {verdict}
        assert "behind that of Redis" in found["clock of redis"].says
        assert "in the future" in found["clock of workers"].says
    assert "ahead of that of Redis" in _with_clock(healthy, -60_000)["clock of redis"].says


def _with_clock(settings: dict[str, str], behind_ms: int) -> dict[str, Any]:
    """What is found by a machine whose clock is behind."""
    reports: dict[str, Report] = {}

    def tell(report: Report) -> None:
        reports[report.check] = report

    asyncio.run(examine(Case(settings, lambda: wall_clock() - behind_ms), tell))
    return reports
