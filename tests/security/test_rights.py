"""The least rights are enough, and each is needed: a worker runs with exactly what ``kpi acls`` prints."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
import confluent_kafka
import msgspec
import pytest
import redis
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclBinding, AclBindingFilter, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType

from streams.client import KpiReader, UnavailableError, UnknownNameError
from streams.core.events import Malformed
from streams.embedded import ValkeyServer
from streams.embedded.ports import free_port
from streams.engine.kafka.client import Client
from streams.engine.ownership.deadletter import letter
from streams.ingest.sender import Sender
from streams.rights import KafkaRight, Role, kafka_rights, redis_rights
from streams.settings import read
from streams.simulate import SimRecord
from tests.engine.test_deadletter import Came
from tests.kafka.harness import Deployment
from tests.security.secured import PASSWORD, USER, SecuredKafka
from tests.support.eventually import eventually, eventually_async, patient

pytestmark = [pytest.mark.kafka, pytest.mark.system("openssl")]

_WITHIN_S = 40.0
_RESOURCES = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactional-id": ResourceType.TRANSACTIONAL_ID,
}
_OPERATIONS = {
    "Read": AclOperation.READ,
    "Write": AclOperation.WRITE,
    "Create": AclOperation.CREATE,
    "Delete": AclOperation.DELETE,
    "Describe": AclOperation.DESCRIBE,
    "DescribeConfigs": AclOperation.DESCRIBE_CONFIGS,
    "Alter": AclOperation.ALTER,
    "AlterConfigs": AclOperation.ALTER_CONFIGS,
}


def grant(secured: SecuredKafka, rights: list[KafkaRight]) -> None:
    """Give the user these rights, and no others; returns once the broker judges by them.

    The controller answers when they are written down, the broker follows its log a moment later.
    """
    admin = AdminClient({"bootstrap.servers": secured.cluster.bootstrap, "log_level": 0})
    bindings = {
        AclBinding(
            _RESOURCES[right.resource],
            right.name,
            ResourcePatternType.PREFIXED if right.prefixed else ResourcePatternType.LITERAL,
            f"User:{USER}",
            "*",
            _OPERATIONS[operation],
            AclPermissionType.ALLOW,
        )
        for right in rights
        for operation in right.operations
    }
    for asked in admin.create_acls(list(bindings)).values():
        asked.result(timeout=patient(20))

    def in_force() -> bool:
        of_user = AclBindingFilter(
            ResourceType.ANY,
            None,  # type: ignore[arg-type]  # its types do not know that None matches any
            ResourcePatternType.ANY,
            f"User:{USER}",
            None,  # type: ignore[arg-type]
            AclOperation.ANY,
            AclPermissionType.ANY,
        )
        return bindings <= set(admin.describe_acls(of_user).result(timeout=patient(20)))

    eventually(in_force, within=20)


def as_user(secured: SecuredKafka) -> dict[str, str]:
    """The part of the environment that makes a process the user."""
    return {
        "KPI_BROKERS": secured.address("SASL"),
        "KPI_KAFKA_PROTOCOL": "SASL_PLAINTEXT",
        "KPI_KAFKA_USERNAME": USER,
        "KPI_KAFKA_PASSWORD": PASSWORD,
    }


class Restricted:
    """A deployment whose processes have the rights of a role and no others."""

    def __init__(self, secured: SecuredKafka, valkey: ValkeyServer, folder: Path) -> None:
        self.deployment = Deployment(secured.cluster.bootstrap, folder)
        self.secured = secured
        self.tenant = self.deployment.name
        definition = folder / "definition.toml"
        definition.write_text(f'tenant = "{self.tenant}"\n')
        self.port = free_port()
        self.redis = redis.Redis.from_url(valkey.url, decode_responses=True)
        self.url = valkey.url.replace("redis://", f"redis://{self.tenant}:pw@")
        self.environ = self.deployment.environ | as_user(secured)
        self.environ |= {
            "KPI_DEFINITION_FILE": str(definition),
            "KPI_REDIS_URL": self.url,
            "KPI_HTTP_PORT": str(self.port),
            "KPI_TICK": "500ms",
        }

    def allow(self, *roles: Role) -> None:
        """Grant what the roles need in Kafka."""
        grant(self.secured, [r for role in roles for r in kafka_rights(role, self.deployment.settings)])

    def make_topics(self) -> None:
        """Make the topics as the super user."""
        asyncio.run(self.deployment.make_topics())

    def allow_redis(self, role: Role) -> None:
        """Make a Redis user of the tenant's name with the rights of a role."""
        rules = redis_rights(role, self.tenant)
        self.redis.execute_command(  # type: ignore[no-untyped-call]
            "ACL", "SETUSER", self.tenant, "reset", "on", ">pw", *rules
        )

    def allow_doctor(self) -> None:
        """Let that user look at Redis itself."""
        rules = redis_rights("doctor", self.tenant)
        self.redis.execute_command("ACL", "SETUSER", self.tenant, *rules)  # type: ignore[no-untyped-call]

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start a command as the user."""
        return subprocess.Popen(
            [sys.executable, "-m", "streams.cli.main", *words],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    async def snapshot(self) -> dict[str, object] | None:
        """What the worker shows, once it shows something."""
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://127.0.0.1:{self.port}/api/snapshot") as answer,
            ):
                found: dict[str, object] = await answer.json()
                return found if answer.status == 200 else None
        except aiohttp.ClientConnectionError:
            return None


def purchases(topic: str, count: int) -> list[SimRecord]:
    """Purchases of as many customers, now."""
    now_ms = int(time.time() * 1_000)
    event = {"occurred_at": now_ms - 1_000, "amount": 1, "currency": "USD"}
    return [
        SimRecord(
            topic,
            f"c{i}".encode(),
            msgspec.json.encode({"event_id": f"e{i}", "customer_id": f"c{i}"} | event),
            now_ms,
        )
        for i in range(count)
    ]


def test_a_deployment_runs_with_exactly_these_rights(
    secured: SecuredKafka, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """An operator makes the topics, a producer sends, a worker counts and publishes, a reader reads."""
    made = Restricted(secured, valkey, tmp_path)
    made.allow_redis("worker")

    made.allow("operator")
    operator = made.start("topics", "create")
    told, _ = operator.communicate(timeout=patient(60))
    assert operator.returncode == 0, told

    made.allow("producer", "worker")

    async def counted() -> None:
        async with Sender(Client(read(made.environ)).options) as sender:
            await sender.submit(purchases(made.deployment.topic("purchase"), 50))
            await sender.drain()

        async def shown() -> bool:
            document = await made.snapshot()
            accounting = {} if document is None else document["accounting"]
            assert worker.poll() is None, worker.stdout and worker.stdout.read()
            return isinstance(accounting, dict) and accounting.get("counted") == 50

        await eventually_async(shown, within=_WITHIN_S)

    worker = made.start("worker")
    try:
        asyncio.run(counted())

        async def written() -> bool:
            return bool(made.redis.exists(f"crm:{{{made.tenant}}}:kpi:24h"))

        asyncio.run(eventually_async(written, within=_WITHIN_S))
    finally:
        worker.terminate()
        told, _ = worker.communicate(timeout=patient(30))
    assert worker.returncode == 0, told
    assert "denie" not in told

    made.allow_redis("reader")
    with KpiReader(made.url, made.tenant, max_age=3_600) as reader:
        assert reader.get("orders", "24h").value == 50
        assert reader.snapshot() is not None
        assert reader.keys()
        reader.at_risk()
        with pytest.raises(UnknownNameError):
            reader.get("oders", "24h")
    with pytest.raises((redis.ResponseError, redis.exceptions.NoPermissionError)):
        redis.Redis.from_url(made.url).set(f"crm:{{{made.tenant}}}:snapshot", "x")
    with pytest.raises(UnavailableError), KpiReader(made.url, "another") as reader:
        reader.get("orders")


def test_whoever_tends_dead_letters_needs_no_more(
    secured: SecuredKafka, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """Sent again, then deleted, with another letter that stays."""
    restricted = Restricted(secured, valkey, tmp_path)
    restricted.make_topics()
    restricted.allow("steward")
    deployment = restricted.deployment
    (record,) = purchases(deployment.topic("purchase"), 1)
    came = Came(0, record.timestamp_ms, record.value, [], record.key)
    dead = letter(record.topic, 0, came, Malformed("foreign_partition", "customer_id"))
    producer = confluent_kafka.Producer({"bootstrap.servers": secured.cluster.bootstrap, "log_level": 0})
    for key in (b"stays", dead.key):
        producer.produce(
            deployment.settings.topic_dead_letter, dead.value, key, 0, headers=list(dead.headers)
        )
    producer.flush()
    for words, said in (
        (("replay", "--at", "0:1"), "1  sent in all"),
        (("delete", "--at", "0:1", "--yes"), "1 letters deleted; 1 that stay are written once more"),
    ):
        process = restricted.start("dead-letters", *words)
        told, _ = process.communicate(timeout=patient(60))
        assert (process.returncode, said in told) == (0, True), told


def test_whoever_repartitions_needs_no_more(
    secured: SecuredKafka, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """From two partitions to three, with a dead letter topic that gets one more."""
    restricted = Restricted(secured, valkey, tmp_path)
    asyncio.run(restricted.deployment.make_topics())
    restricted.allow("repartitioner")
    process = restricted.start("topics", "repartition", "--partitions", "3")
    said, _ = process.communicate(timeout=patient(90))
    assert (process.returncode, "set KPI_PARTITIONS=3" in said) == (0, True), said
