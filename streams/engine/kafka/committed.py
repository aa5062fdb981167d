"""Where a group stands in a partition, asked so that an answer in doubt is never taken for one.

aiokafka asks in version 3 at most, and may then be told offsets from before a transaction whose end the
coordinator has not taken in yet. Version 7 (Kafka 2.5 and later) refuses to answer until it has.

Never joins a group, and commits nothing.
"""

import asyncio
from time import monotonic
from typing import NamedTuple, TypeAlias

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
    RequestTimedOutError,
    for_code,
)
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)

_UNSTABLE = 88
_NOT_YET = (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError)
_PATIENCE_S = 70.0
"""Longer than a transaction may take: then the coordinator has ended it."""
_PAUSE_S = 0.1
_TAGS = ("tags", TaggedFields)


class Committed(NamedTuple):
    """Where a group goes on."""

    offset: int
    metadata: str
    """What was written beside it."""


class _Response(Response):  # type: ignore[misc]  # aiokafka is untyped
    API_KEY = 9
    API_VERSION = 7
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "topics",
            CompactArray(
                ("topic", CompactString()),
                (
                    "partitions",
                    CompactArray(
                        ("partition", Int32),
                        ("offset", Int64),
                        ("leader_epoch", Int32),
                        ("metadata", CompactString()),
                        ("error_code", Int16),
                        _TAGS,
                    ),
                ),
                _TAGS,
            ),
        ),
        ("error_code", Int16),
        _TAGS,
    )


class _RequestV7(RequestStruct):  # type: ignore[misc]
    FLEXIBLE_VERSION = True
    API_KEY = 9
    API_VERSION = 7
    RESPONSE_TYPE = _Response
    SCHEMA = Schema(
        ("group", CompactString()),
        ("topics", CompactArray(("topic", CompactString()), ("partitions", CompactArray(Int32)), _TAGS)),
        ("require_stable", Boolean),
        _TAGS,
    )


_Struct: TypeAlias = _RequestV7


class _Request(Request[_Struct]):  # type: ignore[misc]
    API_KEY = 9

    def __init__(self, group: str, place: TopicPartition) -> None:
        self._group = group
        self._place = place

    def build(self, request_struct_class: type[_Struct]) -> _Struct:
        """The request in the only version that will do."""
        tags: dict[int, bytes] = {}
        topics = [(self._place.topic, [self._place.partition], tags)]
        return request_struct_class(self._group, topics, True, tags)


async def committed(admin: AIOKafkaAdminClient, group: str, place: TopicPartition) -> Committed | None:
    """Where the group goes on in a partition; None where it never was there, or Kafka has forgotten it.

    Raises:
        KafkaError: Kafka cannot be reached, fails, denies it, or does not come to rest.
        IncompatibleBrokerVersion: Kafka before 2.5.
    """
    deadline = monotonic() + _PATIENCE_S
    while True:
        code, found = await _ask(admin, group, place)
        if not code:
            return found
        if code != _UNSTABLE and for_code(code) not in _NOT_YET:
            raise for_code(code)(group)
        if monotonic() > deadline:
            raise RequestTimedOutError(f"the offsets of group {group} are of a transaction that does not end")
        await asyncio.sleep(_PAUSE_S)


async def _ask(admin: AIOKafkaAdminClient, group: str, place: TopicPartition) -> tuple[int, Committed | None]:
    try:
        node = await admin.find_coordinator(group)
    except _NOT_YET as error:
        return int(error.errno), None
    answer = await admin._client.send(node, _Request(group, place))  # noqa: SLF001 - no other way to ask
    told = answer.to_object()
    if told["error_code"]:
        return int(told["error_code"]), None
    (part,) = told["topics"][0]["partitions"]
    if part["error_code"]:
        return int(part["error_code"]), None
    return 0, None if part["offset"] < 0 else Committed(part["offset"], part["metadata"] or "")
