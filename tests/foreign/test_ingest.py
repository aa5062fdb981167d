"""Foreign topics through ``kpi ingest`` on a genuine Kafka: what the mapping says, once."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streams.embedded import KafkaCluster
from streams.engine.exits import ExitCode
from tests.foreign.corpus import MAPPING, TOPICS, records, send
from tests.foreign.harness import Ingest, summed
from tests.kafka.harness import run

Make = Callable[..., Ingest]


@pytest.fixture
def ingest(kafka: KafkaCluster, tmp_path: Path) -> Iterator[Make]:
    """Makes deployments; what runs ends with the test."""
    made: list[Ingest] = []

    def make(mapping: str = MAPPING, topics: dict[str, int] = TOPICS, **overrides: str) -> Ingest:
        made.append(Ingest(kafka.bootstrap, tmp_path, mapping, topics, deployment=None, **overrides))
        return made[-1]

    yield make
    for one in made:
        one.end()


def test_every_record_becomes_what_the_mapping_says(ingest: Make) -> None:
    """JSON, CloudEvents and Debezium at once, through two processes: equal to a recount by mapping alone.

    What they count of themselves adds up to the same, and a stop in order is a clean one.
    """
    stage = ingest()

    async def test() -> None:
        await stage.make_topics()
        first, second = stage.start(), stage.start()
        await first.ready()
        await second.ready()
        async with stage.producer() as producer:
            await send(producer, stage.name, records(6_000, seed=1))
        expected = await stage.check()
        assert len(expected.events) > 3_000
        assert {dead.reason for dead in expected.dead} >= {"bad_time", "unknown_currency", "bad_envelope"}
        assert expected.ignored["unmapped"] > 100
        pages = [await first.page(), await second.page()]
        outcomes = summed(pages, "kpi_streams_ingest_records_total")
        assert outcomes.total() == 6_000
        by_outcome: Counter[str] = Counter()
        for (outcome, _reason, _topic), count in outcomes.items():
            by_outcome[outcome] += count
        assert by_outcome["malformed"] == expected.dead.total()
        assert by_outcome["ignored"] == expected.ignored.total()
        assert summed(pages, "kpi_streams_ingest_events_total").total() == expected.events.total()
        assert sum(summed(pages, "kpi_streams_ingest_lag").values()) == 0
        assert [await first.stopped(), await second.stopped()] == [0, 0]

    run(test)


def test_a_restart_goes_on_where_the_last_one_ended(ingest: Make) -> None:
    """Not one record is read for nothing, and none is passed over."""
    stage = ingest()

    async def test() -> None:
        await stage.make_topics()
        async with stage.producer() as producer:
            await send(producer, stage.name, records(600, seed=2))
            first = stage.start()
            await stage.check()
            assert await first.stopped() == 0
            await send(producer, stage.name, records(600, seed=3, first=600))
            second = stage.start()
            await stage.check()
        page = await second.page()
        assert summed([page], "kpi_streams_ingest_records_total").total() == 600

    run(test)


def test_a_further_topic_ends_the_process_which_then_reads_it(ingest: Make) -> None:
    """It fits a name with a star; a supervisor starts the process anew."""
    stage = ingest()

    async def test() -> None:
        await stage.make_topics()
        first = stage.start()
        await first.ready()
        further = {f"{stage.name}shop.returns": 2}
        stage.topics |= further
        await stage.make_foreign(further)
        assert await first.ended() == ExitCode.TOPICS_ADDED
        assert "shop.returns is there now" in first.told()
        stage.start()
        async with stage.producer() as producer:
            sent = (one._replace(topic="shop.returns") for one in records(300, seed=4))
            await send(producer, stage.name, (one for one in sent))
        await stage.check()

    run(test)
