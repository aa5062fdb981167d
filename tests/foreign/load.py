"""Records of foreign systems that come all the time, while something is done to who reads them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count

from aiokafka.errors import KafkaError

from tests.foreign.corpus import records, send
from tests.foreign.harness import Ingest, IngestProcess, summed
from tests.support.eventually import eventually_async

CHUNK = 300
_PAUSE_S = 0.05


class Load:
    """Sends records until it is told to stop; a broker that is away is waited for."""

    def __init__(self, stage: Ingest) -> None:
        self._stage = stage
        self._going = True
        self.sent = 0

    async def run(self) -> None:
        """Send."""
        async with self._stage.producer() as producer:
            for number in count():
                if not self._going:
                    return
                chunk = records(CHUNK, seed=number, first=self.sent)
                with suppress(KafkaError):  # what is there of it is recounted with the rest
                    await send(producer, self._stage.name, chunk)
                    self.sent += CHUNK
                await asyncio.sleep(_PAUSE_S)

    def stop(self) -> None:
        """No more."""
        self._going = False


@asynccontextmanager
async def under_load(stage: Ingest) -> AsyncIterator[Load]:
    """Records come for as long as this lasts, and are all there when it ends."""
    load = Load(stage)
    loading = asyncio.create_task(load.run())
    try:
        yield load
    finally:
        load.stop()
        await loading


async def written(process: IngestProcess, least: int) -> None:
    """Wait until a process has written what became of so many records."""

    async def enough() -> bool:
        page = await process.page()
        return summed([page], "kpi_streams_ingest_records_total").total() >= least

    await eventually_async(enough, within=60)
