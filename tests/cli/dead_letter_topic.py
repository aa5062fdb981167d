"""A dead-letter topic on a genuine Kafka that holds what a test puts there, and the commands that use it."""

import asyncio
import json
from collections import Counter

import confluent_kafka

from streams.cli.exits import Exit
from streams.core.events import Malformed
from streams.deadletters.letter import Letter
from streams.deadletters.reading import opened
from streams.embedded import KafkaCluster
from streams.engine.kafka.client import Client
from streams.engine.ownership.deadletter import DeadLetter, Headers, letter
from streams.settings import Settings, read
from streams.simulate import KINDS
from tests.cli.conftest import Kpi
from tests.engine.test_deadletter import Came
from tests.support.topics import unique_prefix

PARTITIONS = 2
NOW = 1_776_211_200_000
SECRET = "a long random text"  # noqa: S105 - of a test


class Topic:
    """A deployment whose dead-letter topic holds what a test puts there."""

    def __init__(self, kafka: KafkaCluster, kpi: Kpi) -> None:
        prefix = unique_prefix("dead")
        topics = {
            f"KPI_TOPIC_{n.upper()}": prefix + n for n in (*KINDS, "changelog", "totals", "dead_letter")
        }
        self.environ = {
            "KPI_BROKERS": kafka.bootstrap,
            "KPI_APP_ID": prefix + "app",
            "KPI_PARTITIONS": str(PARTITIONS),
            "KPI_REPLICATION_FACTOR": "1",
            "KPI_SECRET": SECRET,
            **topics,
        }
        self.kpi = kpi
        assert kpi("topics", "create", **self.environ).code == Exit.OK
        self._producer = confluent_kafka.Producer(
            {"bootstrap.servers": kafka.bootstrap, "message.max.bytes": 1_200_000, "log_level": 0}
        )

    def __call__(self, *words: str, code: Exit = Exit.OK) -> tuple[str, str]:
        """Run a command; what it said on standard output and standard error."""
        ran = self.kpi("dead-letters", *words, **self.environ)
        assert ran.code == code, ran
        return ran.out, ran.err

    @property
    def settings(self) -> Settings:
        """As commands read them."""
        return read(self.environ)

    def source(self, kind: str) -> str:
        """The name of a source topic."""
        return self.environ[f"KPI_TOPIC_{kind.upper()}"]

    def dead(  # noqa: PLR0917
        self,
        key: bytes | None,
        value: bytes | None,
        kind: str = "purchase",
        why: Malformed = Malformed("not_json"),  # noqa: B008 - frozen
        headers: Headers | None = None,
        offset: int = 0,
    ) -> DeadLetter:
        """A letter as a worker makes it."""
        return letter(self.source(kind), 1, Came(offset, NOW, value, headers or [], key), why)

    def put(self, *letters: DeadLetter, partition: int = 0) -> None:
        """Write letters."""
        for one in letters:
            self.put_raw(one.key, one.value, one.headers, partition)
        self._producer.flush()

    def put_raw(self, key: bytes | None, value: bytes | None, headers: Headers, partition: int = 0) -> None:
        """Write a record of anybody."""
        self._producer.produce(
            self.environ["KPI_TOPIC_DEAD_LETTER"],
            value,
            key,
            partition,
            headers=headers,  # type: ignore[arg-type] # its stubs know no None
        )
        self._producer.flush()

    def leave_open(self, key: bytes) -> None:
        """Write in a transaction that nobody ends, as a deletion that is killed leaves it."""
        killed = confluent_kafka.Producer(
            {
                "bootstrap.servers": self.environ["KPI_BROKERS"],
                "transactional.id": f"{self.environ['KPI_APP_ID']}-dead-letters",
                "log_level": 0,
            }
        )
        killed.init_transactions()
        killed.begin_transaction()
        killed.produce(self.environ["KPI_TOPIC_DEAD_LETTER"], b"x", key, 1)
        killed.flush()

    def listed(self, *words: str) -> list[dict[str, object]]:
        """What a list says, for programs."""
        return [json.loads(line) for line in self("list", "--json", *words)[0].splitlines()]

    def there(self) -> Counter[tuple[bytes | None, int, int | None]]:
        """Key, number of headers and size of value of every letter that counts."""

        async def look() -> list[Letter]:
            async with opened(Client(self.settings), self.settings.topic_dead_letter) as log:
                return [one async for one in log.letters()]

        found = asyncio.run(look())
        return Counter(
            (one.key, len(one.headers), None if one.value is None else len(one.value)) for one in found
        )
