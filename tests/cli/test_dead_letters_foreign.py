"""Letters of ``kpi ingest`` beside it: put back where they came from after a cure, and counted once."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.cli.exits import Exit
from streams.core.definition.definition import Definition
from streams.core.events import Kind
from streams.embedded import KafkaCluster
from streams.engine.kafka.fetch import KafkaRecord
from streams.replay.recount import replay_records
from tests.cli.conftest import Kpi
from tests.foreign.harness import Ingest
from tests.kafka.harness import run

MAPPING = """
version = "1"
[[source]]
topic = "{name}shop.*"
format = "json"
kind = "purchase"
customer_id = "who"
event_id = "id"
occurred_at = { path = "at", unit = "ms" }
amount = "total"
currency = { path = "currency", values = { "€" = "EUR" } }
"""
ORDERS = 20
NOW = int(time.time() * 1_000)


def order(number: int) -> bytes:
    """Every other one in a currency that the mapping did not know at first; the last one is broken."""
    fields = {"id": number, "who": f"c-{number % 7}", "at": NOW - 1_000, "total": "1.50"}
    if number == ORDERS:
        fields["at"] = "yesterday"
    return json.dumps({**fields, "currency": "£" if number % 2 else "€"}).encode()


class Beside:
    """A ``kpi ingest`` that has refused some orders, and commands beside it."""

    def __init__(self, kafka: KafkaCluster, folder: Path, kpi: Kpi) -> None:
        self.stage = Ingest(kafka.bootstrap, folder, MAPPING, {"shop.orders": 3}, KPI_REPLICATION_FACTOR="1")
        self.topic = f"{self.stage.name}shop.orders"
        self.environ = self.stage.deployment.environ
        self._kpi = kpi

    def __call__(self, *words: str, code: Exit = Exit.OK) -> tuple[str, str]:
        """Run a command; what it said on standard output and standard error."""
        ran = self._kpi("dead-letters", *words, **self.environ)
        assert ran.code == code, ran
        return ran.out, ran.err

    def listed(self) -> list[dict[str, object]]:
        """The letters of the foreign topic."""
        return [json.loads(line) for line in self("list", "--json", "--topic", self.topic)[0].splitlines()]

    def cure(self) -> None:
        """Have the mapping know the other currency."""
        mapping = Path(self.environ["KPI_MAPPING_FILE"])
        mapping.write_text(mapping.read_text().replace('"€" = "EUR"', '"€" = "EUR", "£" = "GBP"'))

    async def refused(self) -> None:
        """Have orders mapped, and half of them refused."""
        await self.stage.make_topics()
        async with self.stage.producer() as producer:
            for number in range(ORDERS + 1):
                key, headers = b"order-%d" % number, [("own", b"%d" % number)]
                await producer.send_and_wait(
                    self.topic, order(number), key, number % 3, NOW - number, headers
                )
        process = self.stage.start()
        await self.stage.settled()
        assert await self.counted() == (ORDERS // 2, 0)
        assert await process.stopped() == 0

    async def counted(self) -> tuple[int, int]:
        """Purchases that count, and repeats."""
        numbers = range(self.stage.deployment.settings.partitions)
        logs = [await self.stage.deployment.log(self.stage.deployment.topic("purchase"), n) for n in numbers]
        given: list[tuple[Kind, KafkaRecord]] = [("purchase", record) for log in logs for record in log]
        (snapshot,) = replay_records(given, definition=Definition(), as_of=[NOW])
        return snapshot.accounting.counted["purchase"], snapshot.accounting.ignored.get("duplicate", 0)

    async def came(self) -> Counter[tuple[int, tuple[str, ...]]]:
        """Records of the foreign topic as (order, names of headers); each where and as it was sent first."""
        found: Counter[tuple[int, tuple[str, ...]]] = Counter()
        for partition in range(3):
            for record in await self.stage.deployment.log(self.topic, partition):
                number = NOW - record.timestamp
                assert (record.key, number % 3) == (b"order-%d" % number, partition)
                assert (record.value, record.headers[0][1]) == (order(number), b"%d" % number)
                found[number, tuple(name for name, _ in record.headers)] += 1
        return found


@pytest.fixture
def beside(kafka: KafkaCluster, tmp_path: Path, kpi: Kpi) -> Iterator[Beside]:
    """What runs ends with the test."""
    made = Beside(kafka, tmp_path, kpi)
    yield made
    made.stage.end()


def test_letters_go_back_to_their_foreign_topic(beside: Beside) -> None:
    """Partition, key, headers, timestamp are theirs; what stays malformed is told and never goes round."""
    run(beside.refused)
    wrong = ORDERS // 2
    assert len(beside.listed()) == wrong + 1
    out, err = beside("list", "--topic", beside.topic, "--reason", "unknown_value")
    assert out.count("unknown_value  currency") == wrong
    assert f"{wrong}  {beside.topic} unknown_value\n" in err
    assert beside("list", "--topic", "other")[0] == ""
    out, err = beside("replay", code=Exit.BAD_DATA)
    assert "0  sent in all" in out
    assert "still malformed: unknown_value: currency, from currency: expected one of" in err

    beside.cure()
    out, err = beside("replay", "--topic", beside.topic, "--dry-run", code=Exit.BAD_DATA)
    assert f"{wrong}  would be sent: {beside.topic}\n" in out
    assert "still malformed: bad_time: occurred_at, from at" in err
    beside.stage.start()
    for times in (1, 2):
        beside("replay", "--reason", "unknown_value")
        run(beside.stage.settled)
        assert run(beside.counted) == (ORDERS, (times - 1) * wrong)
    assert len(beside.listed()) == wrong + 1
    first = Counter({(number, ("own",)): 1 for number in range(ORDERS + 1)})
    again = Counter({(number, ("own", "kpi-replay-of")): 2 for number in range(1, ORDERS, 2)})
    assert run(beside.came) == first + again

    beside("replay", "--reason", "bad_time", "--force")
    run(beside.stage.settled)
    assert [row["returned"] for row in beside.listed() if row["reason"] == "bad_time"] == [False, True]
    told = beside("replay", "--reason", "bad_time", "--force", code=Exit.BAD_DATA)[1]
    assert "came back from a replay" in told
