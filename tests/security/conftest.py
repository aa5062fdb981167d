"""The secured Kafka that these tests share."""

from collections.abc import Iterator

import pytest

from tests.security.secured import SecuredKafka


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    """A genuine Kafka with every listener; its user has no rights until a test gives some."""
    made = SecuredKafka(tmp_path_factory.mktemp("secured"))
    try:
        made.start()
        yield made
    finally:
        made.cluster.stop()
