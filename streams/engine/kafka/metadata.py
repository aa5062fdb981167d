"""What a broker says of topics, with the ids by which a topic made anew is told from the one before it.

aiokafka's own Metadata requests end at version 5, which knows no ids (versions 10 and later do; brokers from
Kafka 2.8 on), and they let a broker create what it is asked about. ``never_create`` ends that for every
client of the process: a topic is made by ``kpi topics create`` and a worker's start, never in passing.

Never asks for all topics of a cluster, and never retries: callers know how long they can wait.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeAlias

import aiokafka.admin.client as admin_client
import aiokafka.client as plain_client
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import IncompatibleBrokerVersion, KafkaError, for_code
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

NOTHING, UNKNOWN_TOPIC, LEADER_NOT_AVAILABLE, TOPIC_DENIED = 0, 3, 5, 29
UNTOLD = -(1 << 31)
"""In the place of operations: the broker does not say."""
_NO_ID = bytes(16)
PATIENCE_S = 15.0
"""How long a topic that exists may be unknown to one of the brokers."""
_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class Described:
    """A topic as a broker describes it."""

    name: str
    error: int
    """Kafka's error code; 0 where there is such a topic."""
    id: str
    """Hexadecimal; one made anew under the same name has another. Empty: the broker is too old."""
    partitions: int
    replicas: int
    """Of the partition with the fewest."""
    led: bool
    """Whether every partition has a leader."""
    operations: int | None = None
    """A bit for each operation that we may do with it, by Kafka's number of it; None where it was not asked
    for, or the broker does not say."""


class Uuid(AbstractType[bytes]):  # type: ignore[misc]  # aiokafka is untyped
    """Sixteen bytes."""

    @classmethod
    def encode(cls, value: bytes) -> bytes:
        """As it is."""
        return value

    @classmethod
    def decode(cls, data: Any) -> bytes:  # noqa: ANN401 - a stream of bytes
        """The next sixteen bytes."""
        return bytes(data.read(16))


_TAGS = ("tags", TaggedFields)
_BROKERS = CompactArray(
    ("node_id", Int32), ("host", CompactString()), ("port", Int32), ("rack", CompactString()), _TAGS
)
_PARTITIONS = CompactArray(
    ("error_code", Int16),
    ("partition", Int32),
    ("leader", Int32),
    ("leader_epoch", Int32),
    ("replicas", CompactArray(Int32)),
    ("isr", CompactArray(Int32)),
    ("offline_replicas", CompactArray(Int32)),
    _TAGS,
)
_TOPICS = CompactArray(
    ("error_code", Int16),
    ("topic", CompactString()),
    ("topic_id", Uuid),
    ("is_internal", Boolean),
    ("partitions", _PARTITIONS),
    ("authorized_operations", Int32),
    _TAGS,
)
_ASKED = CompactArray(("topic_id", Uuid), ("topic", CompactString()), _TAGS)
_ANSWER = (
    ("throttle_time_ms", Int32),
    ("brokers", _BROKERS),
    ("cluster_id", CompactString()),
    ("controller_id", Int32),
    ("topics", _TOPICS),
)


class IdsResponseV10(Response):  # type: ignore[misc]
    """An answer with ids, of Kafka 2.8 and later."""

    API_KEY = 3
    API_VERSION = 10
    SCHEMA = Schema(*_ANSWER, ("authorized_operations", Int32), _TAGS)


class IdsResponseV12(Response):  # type: ignore[misc]
    """An answer with ids, of Kafka 3.1 and later."""

    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(*_ANSWER, _TAGS)


class IdsRequestV10(RequestStruct):  # type: ignore[misc]
    """A question for topics by name."""

    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = 10
    RESPONSE_TYPE = IdsResponseV10
    SCHEMA = Schema(
        ("topics", _ASKED), ("auto_create", Boolean), ("of_cluster", Boolean), ("of_topics", Boolean), _TAGS
    )


class IdsRequestV12(RequestStruct):  # type: ignore[misc]
    """The same, without the operations on the cluster."""

    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = 12
    RESPONSE_TYPE = IdsResponseV12
    SCHEMA = Schema(("topics", _ASKED), ("auto_create", Boolean), ("of_topics", Boolean), _TAGS)


IdsStruct: TypeAlias = IdsRequestV10 | IdsRequestV12


class IdsRequest(Request[IdsStruct]):  # type: ignore[misc]
    """Asks what topics there are, with their ids; creates none."""

    API_KEY = 3

    def __init__(self, names: Sequence[str], *, operations: bool = False) -> None:
        self._names = names
        self._operations = operations

    def build(self, request_struct_class: type[IdsStruct]) -> IdsStruct:
        """The request in a version the broker knows."""
        tags: dict[int, bytes] = {}
        asked = [(_NO_ID, name, tags) for name in self._names]
        switches = (False,) * (len(request_struct_class.SCHEMA) - 3)
        return request_struct_class(asked, *switches, self._operations, tags)


class _NeverCreating(MetadataRequest):  # type: ignore[misc]
    """aiokafka's own request, which asks only."""

    def __init__(self, topics: list[str] | None = None, _allowed: object = None) -> None:
        super().__init__(topics, allow_auto_topic_creation=False)


def never_create() -> None:
    """Make no client of this process create a topic by asking for it. Safe to call again."""
    plain_client.MetadataRequest = admin_client.MetadataRequest = _NeverCreating


async def describe(
    client: AIOKafkaClient, names: Iterable[str], node: int | None = None, *, operations: bool = False
) -> list[Described]:
    """Ask a broker (any one, unless told which) about topics, and about our rights on them if told so.

    Raises:
        KafkaError: the broker cannot be reached, or fails.
    """
    if node is None:
        node = client.get_random_node()
    wanted = sorted(names)
    try:
        answer = await client.send(node, IdsRequest(wanted, operations=operations))
    except (NotImplementedError, IncompatibleBrokerVersion):
        answer = await client.send(node, _NeverCreating(wanted))
    return [_described(topic) for topic in answer.to_object()["topics"]]


async def await_described(client: AIOKafkaClient, names: Iterable[str]) -> list[Described]:
    """``describe`` topics that exist; a broker that has not heard of one of them yet is asked again.

    Raises:
        KafkaError: it cannot be reached, or does not know a topic for ``PATIENCE_S``.
    """
    wanted = list(names)
    deadline = monotonic() + PATIENCE_S
    while True:
        described = await describe(client, wanted)
        wrong = [topic for topic in described if topic.error]
        if not wrong:
            return described
        if monotonic() > deadline:
            raise for_code(wrong[0].error)(wrong[0].name)
        await asyncio.sleep(_PAUSE_S)


async def describe_by(
    admin: AIOKafkaAdminClient, names: Iterable[str], *, operations: bool = False
) -> list[Described]:
    """``describe`` with an admin client."""
    client = admin._client  # noqa: SLF001 - it has no other way to ask in our words
    return await describe(client, names, operations=operations)


async def known_anywhere(admin: AIOKafkaAdminClient, topic: str) -> bool:
    """Whether any broker still knows a topic: they hear of a deletion one after the other.

    Raises:
        KafkaError: as for ``describe``.
    """
    client = admin._client  # noqa: SLF001 - as above
    for broker in client.cluster.brokers():
        try:
            (told,) = await describe(client, [topic], broker.nodeId)
        except KafkaError:
            continue  # a broker that is away tells nobody that the topic is there
        if told.error != UNKNOWN_TOPIC:
            return True
    return False


def error_name(code: int) -> str:
    """Kafka's name of an error code."""
    return str(for_code(code).__name__)


def _described(topic: dict[str, Any]) -> Described:
    partitions = topic["partitions"]
    told = topic.get("topic_id", _NO_ID)
    told_operations = topic.get("authorized_operations", UNTOLD)
    return Described(
        topic["topic"],
        topic["error_code"],
        "" if told == _NO_ID else told.hex(),
        len(partitions),
        min((len(part["replicas"]) for part in partitions), default=0),
        bool(partitions) and all(part["leader"] >= 0 for part in partitions),
        None if told_operations == UNTOLD else told_operations,
    )
