"""A flush is written whole or not at all: also where one of its records is larger than a topic takes."""

import asyncio

import pytest

from streams.engine.exits import EngineError, ExitCode
from streams.engine.kafka.client import Client
from streams.engine.kafka.sizes import RECORD_BYTES
from streams.engine.ownership.producer import Flush, PartitionProducer, Topics
from streams.settings import Settings

FITS = (b"Ca", bytes(100))
TOO_LARGE = (b"Gb", bytes(RECORD_BYTES + 1))


@pytest.mark.parametrize(
    "flush",
    [
        Flush(changes=[FITS, TOO_LARGE], marker=FITS, totals=[], dead=[], live=True),
        Flush(changes=[FITS], marker=FITS, totals=[TOO_LARGE], dead=[], live=True),
        Flush(changes=[FITS], marker=TOO_LARGE, totals=[], dead=[], live=True),
    ],
    ids=["changes", "totals", "marker"],
)
def test_a_record_beyond_what_topics_take_is_never_left_out(flush: Flush) -> None:
    """Counted means kept: the worker ends by name before anything is sent; the sources keep the records."""

    async def test() -> None:
        client = Client(Settings(brokers=("127.0.0.1:1",)))
        producer = PartitionProducer(client, 3, Topics("changelog", "totals", "dead"))
        with pytest.raises(EngineError, match=r"partition 3: a record of 8388609 bytes") as told:
            await producer.write(flush)
        assert told.value.code is ExitCode.FLUSH_FAILED
        await producer.stop()

    asyncio.run(test())
