"""Whether Redis can be reached, keeps what is written, and shows this deployment's values.

Rules: a user with the rights of ``kpi acls worker`` may not ask for INFO or TIME, which no worker needs;
those of ``kpi acls doctor`` come on top. What cannot be asked is skipped, with the reason. No message holds
the address: it may hold a password.
"""

from typing import Final

from redis.exceptions import NoPermissionError, RedisError

from streams.core.definition.definition import Definition
from streams.doctor.case import Case
from streams.doctor.finding import Finding, SkippedError, fail, ok, skipped, warn
from streams.redis_contract.failures import SETTINGS, Failure
from streams.redis_contract.layout import Keys
from streams.service import deployment, redis_address

_SOUND: Final = ("noeviction", "volatile-")
_RIGHTS = "kpi acls worker prints the rights that are needed"
_INFO = "kpi acls doctor prints the right"


async def connection(case: Case) -> list[Finding]:
    """Connect, and ask what it is."""
    settings = case.settings
    address = redis_address(settings)
    if address is None and case.as_reader:
        return [fail("KPI_REDIS_URL is empty: a reader has nothing to read", "set KPI_REDIS_URL")]
    if (settings.role == "worker" and not case.as_reader) or address is None:
        case.no_redis = (
            "KPI_REDIS_URL is empty" if address is None else "a worker of KPI_ROLE=worker needs none"
        )
        raise SkippedError(f"no Redis is used: {case.no_redis}")
    definition = case.known_definition or Definition()
    client = address.async_client(definition.tenant)
    try:
        await client.ping()
    except (RedisError, OSError) as error:
        await client.aclose()
        return [failed(address.explain(error), more="; everything but Redis goes on without it")]
    case.known_redis = client
    try:
        told = await client.info("server")
    except NoPermissionError:
        return [ok(f"it answers; its version is not told to this user: {_INFO}")]
    version = told.get("valkey_version") or told.get("redis_version", "unknown")
    return [ok(f"it answers: {'Valkey' if 'valkey_version' in told else 'Redis'} {version}")]


def failed(failure: Failure, *, more: str = "") -> Finding:
    """A failure of Redis, as a finding."""
    return fail(f"{failure.cause.value}: {failure.why}{more}", failure.cured(SETTINGS))


async def memory(case: Case) -> list[Finding]:
    """Whether it throws keys away when memory is short."""
    try:
        told = await case.redis.info("memory")
    except NoPermissionError:
        return [skipped(f"this user may not ask for INFO: {_INFO}")]
    policy, limit = str(told.get("maxmemory_policy", "")), int(told.get("maxmemory", 0))
    size = f"maxmemory {limit:,} bytes" if limit else "no maxmemory"
    if policy.startswith(_SOUND):
        return [ok(f"maxmemory-policy {policy}, {size}")]
    says = (
        f"maxmemory-policy is {policy or 'unknown'}, {size}: when memory is short, Redis drops "
        "any key, so that some KPIs are missing beside others that are there, and the board's history is lost"
    )
    cure = "redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf"
    return [fail(says, cure) if limit else warn(says, cure)]


async def tenant(case: Case) -> list[Finding]:
    """Whether another deployment writes the same keys."""
    if not case.cluster_id:
        raise SkippedError("whose the keys should be is not known without Kafka")
    name = case.definition.tenant
    try:
        owner = await case.redis.hget(Keys(name).version, "owner")
    except NoPermissionError:
        return [
            fail(
                f"Redis does not allow this user to read the keys of tenant {name}",
                _RIGHTS,
            )
        ]
    ours = deployment(case.settings, case.cluster_id)
    if owner is None:
        return [ok(f"tenant {name} holds no values now")]
    if owner == ours:
        return [ok(f"tenant {name} holds values of this deployment")]
    return [
        fail(
            f"tenant {name} is written by {owner}, not by {ours}: this deployment is refused",
            "give one of them another tenant (definition) or another KPI_REDIS_URL, or stop the other one",
        )
    ]
