"""A right that is missing ends a worker with a code of its own, by name, and the same at every start."""

from pathlib import Path

import pytest

from streams.embedded import ValkeyServer
from streams.engine.exits import ExitCode
from streams.rights import kafka_rights
from tests.security.secured import SecuredKafka
from tests.security.test_rights import Restricted, grant
from tests.support.eventually import patient

pytestmark = [pytest.mark.kafka, pytest.mark.system("openssl")]


@pytest.mark.parametrize(
    "lacking",
    [
        ("topic", "Read", "access to a topic"),
        ("topic", "Write", "access to a topic"),
        ("group", "Read", "the consumer group"),
        ("transactional-id", "Write", "a transactional id"),
    ],
    ids=" ".join,
)
def test_a_missing_right_is_named(
    secured: SecuredKafka, valkey: ValkeyServer, tmp_path: Path, lacking: tuple[str, str, str]
) -> None:
    """One line says what is denied to whom, and where to look; no traceback."""
    resource, operation, says = lacking
    made = Restricted(secured, valkey, tmp_path)
    made.allow_redis("worker")
    made.make_topics()
    grant(
        secured,
        [
            right._replace(operations=tuple(o for o in right.operations if o != operation))
            if right.resource == resource
            else right
            for right in kafka_rights("worker", made.deployment.settings)
        ],
    )
    worker = made.start("worker")
    try:
        told, _ = worker.communicate(timeout=patient(90))
    finally:
        worker.kill()
    line = told.splitlines()[-1]
    assert worker.returncode == ExitCode.ACCESS_DENIED, told
    assert f"Kafka denies user alice {says}" in line
    assert "kpi acls" in line
    assert "Traceback" not in told
