"""Whether Kafka allows what a process of this role does: what ``kpi acls`` names, and what the broker says.

A topic's and the group's rights are told by the broker for whoever asks; without an authorizer it allows
everything. Of a transactional id it tells nothing: whether it may be seen shows when its coordinator is asked
for, and its ``Write`` when somebody asks to end a transaction of a producer that there never was. A broker
looks at rights first, and then finds no such producer: it changes nothing, and no worker is fenced.

Never asks for a producer id: that would fence the worker that has the partition.
"""

from collections.abc import Iterable
from typing import Final

from aiokafka.errors import GroupAuthorizationFailedError, TransactionalIdAuthorizationFailed, for_code
from aiokafka.protocol.transaction import EndTxnRequest

from streams.doctor.case import Case
from streams.doctor.finding import Finding, fail, ok, skipped
from streams.engine.kafka.metadata import TOPIC_DENIED, describe_by
from streams.engine.topics.group import coordinated, describe_group
from streams.rights import KafkaRight, Role, kafka_line, kafka_rights

_BITS: Final = {
    "Read": 3,
    "Write": 4,
    "Create": 5,
    "Delete": 6,
    "Alter": 7,
    "Describe": 8,
    "DescribeConfigs": 10,
    "AlterConfigs": 11,
}
"""Kafka's numbers of its operations."""
_TRANSACTION = 1
_NOBODY = (1 << 63) - 1
"""The id of no producer."""
_DENIED = 53
_NO_SUCH_PRODUCER = 49
_NOT_NOW = 51
"""Another transaction of this id is just ending: said to whoever may write it."""


async def rights(case: Case) -> list[Finding]:
    """Every right that the role needs and that is missing."""
    settings = case.settings
    role: Role = "publisher" if settings.role == "publisher" else "worker"
    wanted = list(kafka_rights(role, settings))
    missing, untold = await _compared(case, wanted)
    if missing:
        return _told(case, missing)
    if untold == len(wanted):
        return [skipped("this broker does not tell rights: it is too old, or no topic is there yet")]
    return [ok(f"a {role} may do all it needs, as far as Kafka tells")]


async def lacking(case: Case, wanted: Iterable[KafkaRight]) -> list[Finding]:
    """Rights of these that are missing, as far as Kafka tells."""
    return _told(case, (await _compared(case, list(wanted)))[0])


async def _compared(case: Case, wanted: list[KafkaRight]) -> tuple[list[KafkaRight], int]:
    """Those that are missing, and of how many nothing is told."""
    allowed = await _of_topics(case, [right.name for right in wanted if right.resource == "topic"])
    missing, untold = [], 0
    for right in wanted:
        if right.resource == "topic":
            had = allowed.get(right.name)
        elif right.resource == "group":
            had = await _of_group(case, right.name)
        else:
            had = await _of_transactions(case, right)
        if had is None:
            untold += 1
            continue
        lacks = tuple(name for name in right.operations if not had >> _BITS[name] & 1)
        if lacks:
            missing.append(right._replace(operations=lacks))
    return missing, untold


def _told(case: Case, missing: Iterable[KafkaRight]) -> list[Finding]:
    user = case.settings.kafka_username or "USER"
    return [
        fail(
            f"Kafka does not allow {' and '.join(right.operations)} on {right.resource} {right.name}"
            + ("..." if right.prefixed else ""),
            kafka_line(right, user, case.settings.brokers),
        )
        for right in missing
    ]


async def _of_topics(case: Case, names: Iterable[str]) -> dict[str, int | None]:
    """Topic -> its rights; those that do not exist are left out, and those that may not be seen have none."""
    return {
        topic.name: 0 if topic.error == TOPIC_DENIED else topic.operations
        for topic in await describe_by(case.admin, names, operations=True)
        if topic.error in {0, TOPIC_DENIED}
    }


async def _of_group(case: Case, name: str) -> int | None:
    try:
        return (await describe_group(case.admin, name)).operations
    except GroupAuthorizationFailedError:
        return 0


async def _of_transactions(case: Case, right: KafkaRight) -> int | None:
    """What can be told of them without fencing a worker."""
    admin, name = case.admin, f"{right.name}0"

    async def ask() -> int:
        node = await admin.find_coordinator(name, _TRANSACTION)
        answer = await admin._client.send(node, EndTxnRequest(name, _NOBODY, 0, False))  # noqa: SLF001 - no other way to ask
        code: int = answer.error_code
        if code in {_DENIED, _NO_SUCH_PRODUCER, _NOT_NOW}:
            return code
        raise for_code(code)(name)

    try:
        code = await coordinated(ask)
    except TransactionalIdAuthorizationFailed:
        return 0
    return 1 << _BITS["Describe"] | (0 if code == _DENIED else 1 << _BITS["Write"])
