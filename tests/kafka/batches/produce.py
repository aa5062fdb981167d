"""Raw batches to a broker, as they are."""

from functools import partial

from aiokafka import conn, errors
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.produce import ProduceRequest

from tests.support.eventually import eventually_async

_TIMEOUT_MS = 20_000
_OK = "taken"


async def produce(bootstrap: str, topic: str, partition: int, batches: list[bytes]) -> list[str]:
    """Hand over one batch a request; what the broker says to each: "taken" or an error's name."""
    host, _, port = bootstrap.split(",", maxsplit=1)[0].rpartition(":")
    client = await conn.create_conn(host, int(port), request_timeout_ms=_TIMEOUT_MS)
    try:
        await client.send(MetadataRequest([topic]))
        said = []
        for batch in batches:
            asked = ProduceRequest(None, -1, _TIMEOUT_MS, [(topic, [(partition, batch)])])
            said.append(await eventually_async(partial(_taken, client, asked), within=_TIMEOUT_MS / 1_000))
        return said
    finally:
        client.close()


async def _taken(client: conn.AIOKafkaConnection, asked: ProduceRequest) -> str:
    """What the broker says; nothing while the topic, made a moment ago, has no leader."""
    ((_, ((_, code, *_),)),) = (await client.send(asked)).topics
    if code == errors.NotLeaderForPartitionError.errno:
        return ""
    return errors.for_code(code).__name__ if code else _OK
