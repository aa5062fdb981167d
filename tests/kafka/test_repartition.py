"""``kpi topics repartition``: every customer's events together again, none lost, none twice."""

import asyncio
import os
import time
from collections import Counter, defaultdict
from itertools import chain
from pathlib import Path

import aiokafka
import pytest
from aiokafka.admin import NewPartitions

from streams.core.partition.placement import murmur2
from streams.embedded import KafkaCluster, ValkeyServer, free_port
from streams.engine.exits import ExitCode
from streams.engine.kafka.fetch import KafkaRecord
from streams.engine.maintenance import repartition
from streams.engine.maintenance.repartition import Repartition, RepartitionError, by_customer
from streams.engine.topics.admin import TopicSpec, present
from streams.engine.topics.topics import table
from streams.simulate import Business
from tests.kafka.harness import Deployment, run
from tests.kafka.service import KPI, Service, chunks

Content = tuple[int, bytes | None, bytes | None, tuple[tuple[str, bytes | None], ...]]


async def raised(deployment: Deployment, kind: str, count: int) -> None:
    """Give a source topic more partitions, as somebody does by hand."""
    admin = deployment.client.admin()
    await admin.start()
    try:
        await admin.create_partitions({deployment.topic(kind): NewPartitions(count)})
    finally:
        await admin.close()


async def told(*command: str, environ: dict[str, str]) -> tuple[int, str]:
    """Run a command of ``kpi``; its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *KPI[:-1],
        *command,
        env={**environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


@pytest.mark.timeout(300)
def test_partitions_raised_under_a_worker_are_noticed_and_then_mended(
    kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """The worker ends and names the cure; after it all values equal the recount of what was sent."""

    async def test(service: Service) -> None:
        deployment = service.deployment
        await service.make_topics()
        port = free_port()
        worker = service.worker(port)
        records = list(Business(7, 120, 20, int(time.time() * 1000)).history())
        half = len(records) // 2
        async with service.sender() as sender:
            for chunk in chunks(records[:half]):
                await service.send(sender, chunk)
            await sender.drain()
        await deployment_counted(service, half)
        await raised(deployment, "purchase", 6)
        assert await asyncio.to_thread(worker.process.wait, 60) == ExitCode.BAD_TOPICS, worker.told()
        assert f"{deployment.topic('purchase')} has 6" in worker.told()
        assert "kpi topics repartition --partitions 6" in worker.told()
        async with service.sender() as sender:  # purchases go by six from here on, all others by four
            for chunk in chunks(records[half:]):
                await service.send(sender, chunk)
            await sender.drain()

        environ = deployment_environ(deployment)
        code, said = await told("topics", "check", environ=environ)
        assert (code, "repartition --partitions 6" in said) == (1, True), said
        code, said = await told("topics", "repartition", "--partitions", "6", environ=environ)
        assert code == 0, said
        assert "set KPI_PARTITIONS=6" in said
        deployment.environ["KPI_PARTITIONS"] = "6"
        again = service.worker(port)
        async with service.observer(again) as observer:
            comparison = await service.compared(observer)
        assert comparison.different == 0
        code, said = await told(
            "topics", "repartition", "--partitions", "6", environ=deployment_environ(deployment)
        )
        assert (code, "have 6 partitions already" in said) == (0, True), said

    with Service(kafka.bootstrap, valkey.url, tmp_path) as service:
        run(lambda: test(service))


def deployment_environ(deployment: Deployment) -> dict[str, str]:
    """The environment of a command for a deployment."""
    return {**os.environ, **deployment.environ}


async def deployment_counted(service: Service, records: int) -> None:
    """Wait until the running workers have received so many records."""
    async with service.observer(*service.workers) as observer:
        await observer.settled(records, within=90)


def content(record: KafkaRecord) -> Content:
    """What a record says."""
    return record.timestamp, record.key, record.value, tuple(record.headers)


async def contents(deployment: Deployment, kind: str, partitions: int) -> list[list[Content]]:
    """Every record of a source topic, by partition."""
    logs = [await deployment.log(deployment.topic(kind), number) for number in range(partitions)]
    return [[content(record) for record in log] for log in logs]


async def odd_records(deployment: Deployment) -> None:
    """Records as producers write them and nobody expects them, in partitions by two and then by three."""
    client = deployment.client
    producer = aiokafka.AIOKafkaProducer(
        **client.options, max_request_size=8 << 20, transactional_id=f"{deployment.name}odd"
    )
    await producer.start()
    topic = deployment.topic("signup")

    async def send(key: bytes | None, value: bytes | None, at: int, count: int, ms: int = 1_000) -> None:
        place = 0 if key is None else murmur2(key) % count
        headers = [("n", b"%d" % at), ("none", None), ("n", b"again")]
        await producer.send(topic, value, key=key, partition=place, timestamp_ms=ms + at, headers=headers)

    await producer.begin_transaction()
    for at in range(300):
        await send(b"c%d" % (at % 40), b"%d" % at, at, 2)
    await send(b"big", b"x" * 900_000, 300, 2)
    await send(b"c1", None, 301, 2)
    await send(None, b'{"customer_id":"c2"}', 302, 2)
    await send(None, b"no json", 303, 2)
    await send(b"c3", b"back in time", 304, 2, ms=-304)
    await send(b"c6", None, 306, 2, ms=-307)  # without a time
    await producer.commit_transaction()
    await producer.begin_transaction()
    await send(b"c4", b"aborted", 305, 2)
    await producer.abort_transaction()
    await raised(deployment, "signup", 3)
    await producer.stop()
    producer = aiokafka.AIOKafkaProducer(
        **client.options, acks="all", compression_type="gzip", max_request_size=8 << 20
    )
    await producer.start()
    for at in range(400, 600):
        await send(b"c%d" % (at % 40), b"%d" % at, at, 3)
    await send(b"c5", b"y" * 2_000_000, 600, 3)  # small on the wire, beyond what the topic takes otherwise
    await producer.stop()


class CrashError(Exception):
    """The end of a process, at that moment."""


def crashing(monkeypatch: pytest.MonkeyPatch, name: str, crashed: set[str]) -> None:
    """Make a step of the repartition crash after its work, once for each signup topic that it works on."""
    real = getattr(repartition, name)

    async def once(*args: object) -> object:
        result = await real(*args)
        at = f"{name} {args[1:]}"
        if at not in crashed and "signup" in at:
            crashed.add(at)
            raise CrashError
        return result

    monkeypatch.setattr(repartition, name, once)


@pytest.mark.timeout(300)
def test_crashed_at_every_step_it_goes_on_and_loses_nothing(
    kafka: KafkaCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each topic deleted, made or changed; with records of every kind: without key, value or time."""
    deployment = Deployment(kafka.bootstrap, tmp_path)
    crashed: set[str] = set()

    async def test() -> None:
        await deployment.make_topics()
        await deployment.send(300)
        await odd_records(deployment)
        kinds = ("signup", "purchase", "void")
        before = {kind: await contents(deployment, kind, 3 if kind == "signup" else 2) for kind in kinds}
        deployment.environ["KPI_PARTITIONS"] = "5"
        settings = deployment.settings
        for name in ("delete", "create", "change"):
            crashing(monkeypatch, name, crashed)
        said: list[str] = []
        work = Repartition(settings, deployment.client, by_customer("murmur2"), said.append)
        crashes = 0
        while True:
            try:
                assert await work.run()
                break
            except CrashError:
                crashes += 1
        assert crashes == len(crashed) > 5
        for kind in kinds:
            after = await contents(deployment, kind, 5)
            assert Counter(chain(*after)) == Counter(chain(*before[kind]))
            assert [number for number, log in enumerate(after) if misplaced(log, number)] == []
            assert by_key(after) == by_key(before[kind])
        admin = deployment.client.admin()
        await admin.start()
        names = [spec.name for spec in table(settings)]
        there = await present(admin, [*names, *(f"{name}.repartition" for name in names)])
        await admin.close()
        assert {name: topic.partitions for name, topic in there.items()} == dict.fromkeys(names, 5)
        assert not await work.run()

    run(test)


def misplaced(log: list[Content], number: int) -> list[Content]:
    """Records that belong elsewhere, of five partitions."""
    return [record for record in log if by_customer("murmur2")(record[1], record[2], 0, 5) != number]


def by_key(logs: list[list[Content]]) -> dict[bytes, list[Content]]:
    """Each customer's records in their order of arrival: where they belonged of two, then elsewhere."""
    found: dict[bytes, list[Content]] = defaultdict(list)
    keys = {record[1] for log in logs for record in log if record[1] is not None}
    places = {key: murmur2(key) % 2 for key in keys}
    for first in (True, False):
        for number, log in enumerate(logs):
            for record in log:
                if record[1] is not None and (places[record[1]] == number) is first:
                    found[record[1]].append(record)
    return dict(found)


@pytest.mark.timeout(180)
def test_a_producer_that_goes_on_is_found_out_and_loses_nothing(
    kafka: KafkaCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records after the copy, and misplaced ones in the topic made anew: said, then taken in."""
    deployment = Deployment(kafka.bootstrap, tmp_path, KPI_PROCESSING_GUARANTEE="at_least_once")
    topic = deployment.topic("signup")

    async def send(key: bytes, partition: int) -> None:
        producer = deployment.client.plain_producer()
        await producer.start()
        await producer.send_and_wait(topic, b"1", key=key, partition=partition)
        await producer.stop()

    async def test() -> None:
        await deployment.make_topics()
        for number in range(2):
            await send(b"before-%d" % number, number)
        deployment.environ["KPI_PARTITIONS"] = "3"
        said: list[str] = []
        work = Repartition(deployment.settings, deployment.client, by_customer("murmur2"), said.append)
        strangers = iter(b"stranger-%d" % number for number in range(99))
        wrong = next(key for key in strangers if murmur2(key) % 3 != 0)
        right = next(key for key in strangers if murmur2(key) % 3 == 0)
        away, create = vars(repartition)["away"], vars(repartition)["create"]

        async def late(*args: object) -> None:
            monkeypatch.setattr(repartition, "away", away)
            await away(*args)
            await send(b"late", 1)

        monkeypatch.setattr(repartition, "away", late)
        with pytest.raises(RepartitionError, match="has got records since it was copied"):
            await work.run()

        async def made(admin: object, specs: list[TopicSpec]) -> None:
            await create(admin, specs)
            if specs[0].name == topic:
                monkeypatch.setattr(repartition, "create", create)
                for key in (right, wrong):
                    await send(key, 0)

        monkeypatch.setattr(repartition, "create", made)
        with pytest.raises(
            RepartitionError, match="got 1 records in partitions where their keys do not belong"
        ):
            await work.run()
        assert await work.run()
        logs = await contents(deployment, "signup", 3)
        keys = {key: number for number, log in enumerate(logs) for _, key, _, _ in log}
        everybody = [b"before-0", b"before-1", b"late", right, wrong]
        assert keys == {key: murmur2(key) % 3 for key in everybody}
        assert sum(map(len, logs)) == len(everybody)

    run(test)
