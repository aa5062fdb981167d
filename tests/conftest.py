"""The servers that tests share: one genuine Kafka and one Valkey a session, both real.

Tests keep apart by names of their own (`tests.support.topics.unique_prefix`), never by cleaning up.
"""

from collections.abc import Iterator

import pytest

from streams.embedded import KafkaCluster, ValkeyServer

pytest_plugins = ["tests.support.needs"]


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaCluster]:
    """A genuine single-node Apache Kafka; tests that use it are skipped where it cannot run."""
    with KafkaCluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyServer]:
    """A real Valkey, empty at first; tests must not kill or flush it."""
    with ValkeyServer() as server:
        yield server
