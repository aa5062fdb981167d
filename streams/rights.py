"""The least rights of each kind of process, in Kafka and in Redis: one table, printed by ``kpi acls``.

Rules: what stands here is enough; tests run with exactly these rights. A name that is a prefix ends where the
deployment's own name ends.

Never: grants anything itself.
"""

import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

from streams.deadletters import TASK
from streams.redis_contract.layout import Keys
from streams.redis_contract.url import read_url
from streams.settings import Settings

Role = Literal[
    "worker",
    "publisher",
    "operator",
    "repartitioner",
    "steward",
    "producer",
    "ingest",
    "auditor",
    "reader",
    "doctor",
]
ROLES: Final[dict[Role, str]] = {
    "worker": "counts, and publishes unless KPI_ROLE says otherwise",
    "publisher": "shows what workers count",
    "operator": "makes and checks topics, counts anew",
    "repartitioner": "gives the source topics another number of partitions",
    "steward": "reads, sends again, deletes dead letters: personal data",
    "producer": "sends events, like kpi send",
    "ingest": "makes events of foreign topics, like kpi ingest",
    "auditor": "reads the source topics, like kpi replay --from-kafka",
    "reader": "reads values from Redis, like KpiReader",
    "doctor": "adds what kpi doctor asks Redis: memory and clock",
}


class KafkaRight(NamedTuple):
    """Operations on a resource."""

    resource: Literal["topic", "group", "transactional-id"]
    name: str
    prefixed: bool
    operations: tuple[str, ...]


_OPTIONS: Final = {"topic": "--topic", "group": "--group", "transactional-id": "--transactional-id"}


def kafka_line(right: KafkaRight, user: str, brokers: Sequence[str]) -> str:
    """The command that grants a right."""
    words = ["kafka-acls.sh", "--bootstrap-server", ",".join(brokers)]
    words += ["--add", "--allow-principal", f"User:{user}"]
    for operation in right.operations:
        words += ["--operation", operation]
    words += [_OPTIONS[right.resource], right.name]
    if right.prefixed:
        words += ["--resource-pattern-type", "prefixed"]
    return shlex.join(words)


def kafka_rights(role: Role, settings: Settings, foreign: Sequence[str] = ()) -> Iterator[KafkaRight]:
    """What a role needs in Kafka.

    Args:
        role: whose rights.
        settings: name topics and group.
        foreign: the topics of a mapping, ``*`` in them for any characters, for the roles ``ingest`` and
            ``steward``.
    """
    sources = tuple(settings.source_topics)
    changelog, totals, dead = settings.topic_changelog, settings.topic_totals, settings.topic_dead_letter
    if role in _OF_ITS_OWN:
        yield from _OF_ITS_OWN[role](settings, foreign)
    elif role == "worker":
        yield from _topics(sources, "Read", "Describe", "DescribeConfigs")
        yield from _topics((changelog, totals), "Read", "Write", "Describe", "DescribeConfigs")
        yield from _topics((dead,), "Write", "Describe", "DescribeConfigs")
        yield KafkaRight("group", settings.app_id, False, ("Read", "Describe"))
        if settings.exactly_once:
            yield KafkaRight("transactional-id", f"{settings.app_id}-", True, ("Write", "Describe"))
    elif role == "publisher":
        yield from _topics((totals,), "Read", "Describe", "DescribeConfigs")
        yield from _topics((*sources, changelog, dead), "Describe", "DescribeConfigs")
    elif role == "operator":
        yield from _topics((*sources, dead), "Create", "Read", "Describe", "DescribeConfigs", "AlterConfigs")
        yield from _topics((dead,), "Alter")
        yield from _topics(
            (changelog, totals), "Create", "Delete", "Read", "Describe", "DescribeConfigs", "AlterConfigs"
        )
        yield KafkaRight("group", settings.app_id, False, ("Describe",))
        if settings.exactly_once:
            yield KafkaRight("transactional-id", f"{settings.app_id}-", True, ("Write", "Describe"))
    elif role == "producer":
        yield from _topics(sources, "Write", "Describe", "DescribeConfigs")
    elif role == "ingest":
        yield from _ingest(settings, foreign)
    elif role == "auditor":
        yield from _topics(sources, "Read", "Describe", "DescribeConfigs")


def _repartitioner(settings: Settings, _: Sequence[str]) -> Iterator[KafkaRight]:
    sources = tuple(settings.source_topics)
    copies = (*(f"{name}.repartition" for name in sources), f"{settings.app_id}.repartition")
    whole = ("Create", "Delete", "Read", "Write", "Describe", "DescribeConfigs", "AlterConfigs")
    yield from _topics((*sources, *copies), *whole)
    yield from _topics((settings.topic_changelog, settings.topic_totals), "Create", "Delete", "Describe")
    yield from _topics((settings.topic_dead_letter,), "Create", "Alter", "Describe")
    yield KafkaRight("group", settings.app_id, False, ("Describe",))
    if settings.exactly_once:
        yield KafkaRight("transactional-id", f"{settings.app_id}-", True, ("Write", "Describe"))


def _steward(settings: Settings, foreign: Sequence[str]) -> Iterator[KafkaRight]:
    yield from _topics((settings.topic_dead_letter,), "Read", "Write", "Delete", "Describe")
    yield from _topics(tuple(settings.source_topics), "Write", "Describe", "DescribeConfigs")
    yield from _foreign(foreign, "Write", "Describe", "DescribeConfigs")
    if settings.exactly_once:
        yield KafkaRight("transactional-id", f"{settings.app_id}-{TASK}", False, ("Write", "Describe"))


_OF_ITS_OWN: Final[dict[Role, Callable[[Settings, Sequence[str]], Iterator[KafkaRight]]]] = {
    "repartitioner": _repartitioner,
    "steward": _steward,
}


def _ingest(settings: Settings, foreign: Sequence[str]) -> Iterator[KafkaRight]:
    yield from _topics(tuple(settings.source_topics), "Write", "Describe", "DescribeConfigs")
    yield from _topics((settings.topic_dead_letter,), "Write", "Describe")
    yield from _foreign(foreign, "Read", "Describe")
    yield KafkaRight("group", f"{settings.app_id}-ingest", False, ("Read", "Describe"))
    yield KafkaRight("transactional-id", f"{settings.app_id}-ingest-", True, ("Write", "Describe"))


def _foreign(names: Sequence[str], *operations: str) -> Iterator[KafkaRight]:
    for name in dict.fromkeys(names):
        first, star, _ = name.partition("*")
        prefixed = bool(first and star)  # of nothing but a star: Kafka's own name of all topics
        yield KafkaRight("topic", first or "*", prefixed, operations)


def _topics(names: tuple[str, ...], *operations: str) -> Iterator[KafkaRight]:
    for name in names:
        yield KafkaRight("topic", name, False, operations)


def redis_keys(role: Role, tenant: str) -> str:
    """The rule for the keys of a tenant."""
    return f"{'%R~' if role == 'reader' else '~'}{Keys(tenant).prefix}*"


_WRITER: Final = (
    *("evalsha", "script|load", "hget", "hmget", "hset", "exists", "zcard", "zadd", "smembers", "sadd"),
    *("del", "expire", "set", "xadd", "xrevrange", "xrange", "publish", "ping"),
)
_READER: Final = (
    *("hget", "hmget", "hgetall", "get", "smembers", "zrevrange", "multi", "exec", "subscribe"),
    *("unsubscribe", "ping"),
)
_REDIS: Final[dict[Role, tuple[str, ...]]] = {"worker": _WRITER, "publisher": _WRITER, "reader": _READER}
_DOCTOR: Final = ("+info", "+time")
"""Of no key, and added to what the user has: the doctor looks at what its own user may do."""


def redis_rights(role: Role, tenant: str, url: str = "redis://") -> list[str]:
    """What a role needs in Redis, as rules of ACL SETUSER; empty: nothing.

    In a cluster it also asks who holds the tenant, and a database other than the first has to be chosen.
    Those of the doctor come on top of those of another role.

    Raises:
        ValueError: the address cannot be one of Redis.
    """
    if role == "doctor":
        return list(_DOCTOR)
    commands = _REDIS.get(role, ())
    if not commands:
        return []
    where, keys = read_url(url), Keys(tenant)
    if where.kind == "cluster":
        commands = (*commands, "cluster|slots")
    if where.db:
        commands = (*commands, "select")
    return [
        "resetkeys",
        redis_keys(role, tenant),
        "resetchannels",
        f"&{keys.changes}",
        "-@all",
        *(f"+{name}" for name in commands),
    ]
