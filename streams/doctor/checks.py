"""The list of all checks, and how they are made: one after the other, whatever the ones before found.

A check that raises has failed, with the reason told apart as everywhere; one that lacks what an earlier check
should have found is skipped. Each has an end: a server that is silent holds up nothing after it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from aiokafka.errors import KafkaError
from redis.exceptions import RedisError

from streams.doctor import ingest, kafka, ours, partitioner, redis, redis_rights, rights, state, workers
from streams.doctor.case import Case
from streams.doctor.finding import Finding, SkippedError, Verdict, parted, skipped
from streams.engine.exits import EngineError
from streams.engine.kafka.failures import explain
from streams.log_limit import quiet_client
from streams.redis_contract.explaining import explain as explain_redis
from streams.settings import SettingsError

Look: TypeAlias = Callable[[Case], Awaitable[list[Finding]]]

CHECKS: dict[str, Look] = {
    "settings": ours.settings,
    "secret": ours.secret,
    "definition": ours.definition,
    "kafka": kafka.connection,
    "rights": rights.rights,
    "topics": kafka.topics,
    "topic settings": kafka.topic_settings,
    "partitioner": partitioner.partitioner,
    "state": state.state,
    "workers": workers.workers,
    "clock of workers": workers.clock_of_workers,
    "ingest": ingest.ingest,
    "redis": redis.connection,
    "redis rights": redis_rights.rights,
    "redis memory": redis.memory,
    "tenant": redis.tenant,
    "clock of redis": workers.clock_of_redis,
}
"""In the order in which they are made."""
OF_A_READER = ("settings", "definition", "redis", "redis rights")
"""Those that are made for a reader of values, who needs nothing else."""
_WITHIN_S = 60.0
_BROKERS = "check KPI_BROKERS, and whether Kafka runs"


@dataclass(frozen=True, slots=True)
class Report:
    """A finding and the check that made it."""

    check: str
    verdict: Verdict
    says: str
    cure: str


async def examine(case: Case, tell: Callable[[Report], None]) -> None:
    """Make all checks, and tell of each finding as it comes."""
    try:
        for name in OF_A_READER if case.as_reader else CHECKS:
            for found in await _made(case, name, CHECKS[name]):
                tell(Report(name, found.verdict, found.says, found.cure))
    finally:
        await case.close()


async def _made(case: Case, name: str, look: Look) -> list[Finding]:
    try:
        with quiet_client():
            return await asyncio.wait_for(look(case), _WITHIN_S)
    except SkippedError as why:
        return [skipped(str(why))]
    except SettingsError as error:
        return [parted(str(error), f"set {error.key}")]
    except EngineError as error:
        more = f": a worker would end with exit code {error.code.value} {error.code.name}"
        return [parted(str(error), "kpi topics check", more=more)]
    except RedisError as error:
        return [redis.failed(explain_redis(error))]
    except (KafkaError, OSError) as error:
        failure = await explain(case.options, error, f"checking {name}")
        return [parted(str(failure), _BROKERS)]
