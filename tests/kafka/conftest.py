"""One deployment a test: topics, group and workers of its own on the shared Kafka."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streams.embedded import KafkaCluster
from tests.kafka.harness import Deployment


@pytest.fixture
def deploy(kafka: KafkaCluster, tmp_path: Path) -> Iterator[Callable[..., Deployment]]:
    """Make deployments with settings of their own; their workers end with the test."""
    made: list[Deployment] = []

    def make(**overrides: str) -> Deployment:
        made.append(Deployment(kafka.bootstrap, tmp_path, **overrides))
        return made[-1]

    yield make
    for deployment in made:
        deployment.end()
