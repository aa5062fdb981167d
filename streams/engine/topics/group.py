"""The consumer group as its coordinator describes it: who is in it, and who has which partitions.

aiokafka asks in version 3 and reads the answer as one of version 2, without our rights on the group; so it is
asked here in our words. Faust writes assignments in Kafka's own form; of its user data nothing is read.

Never joins a group, commits nothing, and never takes an error for a group without members.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeAlias, TypeVar

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
    for_code,
)
from aiokafka.protocol.admin import (
    DescribeGroupsRequest_v0,
    DescribeGroupsRequest_v1,
    DescribeGroupsRequest_v2,
    DescribeGroupsRequest_v3,
    DescribeGroupsResponse_v3,
)
from aiokafka.protocol.api import Request, RequestStruct

from streams.engine.kafka.metadata import UNTOLD

STABLE, EMPTY, DEAD = "Stable", "Empty", "Dead"
_WITH_RIGHTS = 3
_NOT_YET = (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError)
_PAUSE_S = 0.5
_COORDINATOR_S = 30.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Member:
    """A process in the group."""

    id: str
    host: str
    """Its address, as the broker sees it."""
    partitions: Mapping[str, frozenset[int]]
    """Topic -> numbers; empty while the group is at work on it."""


@dataclass(frozen=True, slots=True)
class ConsumerGroup:
    """A group at one moment; one that nobody ever joined is "Dead"."""

    state: str
    members: tuple[Member, ...]
    operations: int | None
    """A bit for each operation that we may do with it; None where the broker does not say."""


class _GroupRequestV3(RequestStruct):  # type: ignore[misc]  # aiokafka is untyped
    API_KEY = 15
    API_VERSION = 3
    RESPONSE_TYPE = DescribeGroupsResponse_v3
    SCHEMA = DescribeGroupsRequest_v3.SCHEMA


_Struct: TypeAlias = (
    DescribeGroupsRequest_v0 | DescribeGroupsRequest_v1 | DescribeGroupsRequest_v2 | _GroupRequestV3
)


class _GroupRequest(Request[_Struct]):  # type: ignore[misc]
    API_KEY = 15

    def __init__(self, group: str) -> None:
        self._group = group

    def build(self, request_struct_class: type[_Struct]) -> _Struct:
        """The request in a version the broker knows."""
        if request_struct_class.API_VERSION < _WITH_RIGHTS:
            return request_struct_class([self._group])
        return request_struct_class([self._group], True)


async def describe_group(admin: AIOKafkaAdminClient, name: str) -> ConsumerGroup:
    """Ask the group's coordinator.

    Raises:
        KafkaError: Kafka cannot be reached, fails, or denies it.
    """

    async def ask() -> dict[str, Any]:
        node = await admin.find_coordinator(name)
        answer = await admin._client.send(node, _GroupRequest(name))  # noqa: SLF001 - no other way to ask
        told: dict[str, Any] = answer.to_object()["groups"][0]
        if told["error_code"]:
            raise for_code(told["error_code"])(name)
        return told

    told = await coordinated(ask)
    members = tuple(
        Member(
            member["member_id"],
            member["client_host"].removeprefix("/"),
            _assigned(member["member_assignment"]),
        )
        for member in told["members"]
    )
    operations = told.get("authorized_operations", UNTOLD)
    return ConsumerGroup(told["state"], members, None if operations == UNTOLD else operations)


def _assigned(told: bytes) -> dict[str, frozenset[int]]:
    if not told:
        return {}
    assignment = ConsumerProtocolMemberAssignment.decode(told).assignment
    return {topic: frozenset(partitions) for topic, partitions in assignment}


async def coordinated(question: Callable[[], Awaitable[T]]) -> T:
    """Ask a group's coordinator; a new cluster has none until it is asked for one, and it may have to load.

    Raises:
        KafkaError: Kafka cannot be reached, fails, or has no coordinator for ``_COORDINATOR_S``.
    """
    deadline = monotonic() + _COORDINATOR_S
    while True:
        try:
            return await question()
        except _NOT_YET:
            if monotonic() > deadline:
                raise
        await asyncio.sleep(_PAUSE_S)
