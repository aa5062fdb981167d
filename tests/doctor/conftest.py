"""One deployment for all tests of this folder, which nothing here disturbs: one worker, well and live.

What is wrong in a test is wrong in the settings of who asks, or in a topic of that test's own.
"""

import asyncio
import json
from collections.abc import Callable, Iterator

import pytest

from streams.cli.exits import Exit
from streams.doctor.checks import CHECKS
from streams.embedded import KafkaCluster, ValkeyServer
from streams.simulate import Business
from tests.cli.conftest import Kpi, Ran, kpi
from tests.kafka.service import Service
from tests.support.topics import unique_prefix

__all__ = ["kpi"]

SECRET = "what keys the digests of this test's customers"  # noqa: S105 - a test's
PARTITIONS = 2
END_MS = 1_776_211_200_000

Doctor = Callable[[dict[str, str]], "Told"]


@pytest.fixture(scope="session")
def healthy(
    kafka: KafkaCluster, valkey: ValkeyServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The settings of a deployment with one worker, which has counted some events and is live."""
    folder = tmp_path_factory.mktemp("doctor")
    with Service(
        kafka.bootstrap,
        valkey.url,
        folder,
        KPI_PARTITIONS=str(PARTITIONS),
        KPI_TICK="200ms",
        KPI_DIMENSION_INTERVAL="1s",
        KPI_SECRET=SECRET,
    ) as service:
        environ = dict(service.deployment.environ)
        del environ["KPI_DEMO"]
        service.deployment.environ = dict(environ)
        asyncio.run(_filled(service))
        yield environ


async def _filled(service: Service) -> None:
    await service.make_topics()
    async with service.sender() as sender:
        await service.send(sender, list(Business(1, 150, 10, END_MS).history()))
    await service.worker().ready()


@pytest.fixture
def bare(kafka: KafkaCluster) -> dict[str, str]:
    """The settings of a deployment whose topics nobody has made."""
    prefix = unique_prefix("doctor")
    kinds = ("signup", "purchase", "cancellation", "survey", "void", "erase")
    own = ("changelog", "totals", "dead_letter")
    return {
        "KPI_BROKERS": kafka.bootstrap,
        "KPI_APP_ID": prefix,
        "KPI_PARTITIONS": str(PARTITIONS),
        "KPI_REPLICATION_FACTOR": "1",
        "KPI_REDIS_URL": "",
        "KPI_SECRET": SECRET,
        **{f"KPI_TOPIC_{name.upper()}": f"{prefix}.{name}" for name in (*kinds, *own)},
    }


class Told:
    """What ``kpi doctor --json`` said."""

    def __init__(self, ran: Ran) -> None:
        self.ran = ran
        self.found = json.loads(ran.out)["findings"]

    def of(self, check: str, verdict: str = "") -> str:
        """The sentences and cures of a check, of one verdict if told."""
        return "\n".join(
            f"{one['says']} -> {one['cure']}"
            for one in self.found
            if one["check"] == check and verdict in {"", one["verdict"]}
        )

    def checks(self, verdict: str) -> set[str]:
        """The checks that found something of that kind."""
        return {one["check"] for one in self.found if one["verdict"] == verdict}


@pytest.fixture
def doctor(kpi: Kpi) -> Callable[[dict[str, str]], Told]:
    """Run ``kpi doctor --json``; whatever is not well has a cure, and the exit code says whether all is."""

    def ask(settings: dict[str, str]) -> Told:
        told = Told(kpi("doctor", "--json", **settings))
        assert all(one["cure"] for one in told.found if one["verdict"] in {"warn", "fail"}), told.ran.out
        assert told.ran.code == (Exit.FAILED if told.checks("fail") else Exit.OK), told.ran.out
        assert {one["check"] for one in told.found} == set(CHECKS)
        return told

    return ask
