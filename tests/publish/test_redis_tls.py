"""Redis behind TLS: written and read with the right authority, refused with another."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from streams.client import AsyncKpiReader, UnavailableError
from streams.embedded import ValkeyServer
from streams.publish.redis.sink import RedisSink
from streams.redis_contract.connection import RedisAddress
from tests.publish import world
from tests.publish.sinks import DEFINITION, WITHIN_S, running
from tests.publish.world import T0
from tests.support.certificates import Certificate
from tests.support.eventually import eventually_async

pytestmark = pytest.mark.system("openssl")


@contextlib.asynccontextmanager
async def tls_in_front_of(
    plain_url: str, own: Certificate, clients: Certificate | None = None
) -> AsyncIterator[str]:
    """A port that speaks TLS and passes everything on; the URL of it. ``clients``: who signs theirs."""
    port = int(plain_url.rpartition(":")[2].partition("/")[0])
    talks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", port)
        for source, target in ((reader, behind_writer), (behind_reader, writer)):
            talks.add(asyncio.create_task(pump(source, target)))

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(own.file, own.key)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients.file)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield f"rediss://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    finally:
        server.close()
        await asyncio.gather(*talks)
        await server.wait_closed()


async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Pass bytes on until one side ends."""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    target.close()
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        await target.wait_closed()


async def outcome(sink: RedisSink) -> str:
    """Publish once and wait for what becomes of it."""

    async def known() -> bool:
        return bool(sink.writes or sink.failures)

    async with running(sink):
        sink.publish(world.snapshot(DEFINITION))
        await eventually_async(known, within=WITHIN_S)
    return "written" if sink.writes else "refused"


def test_tls_is_used_and_the_authority_is_checked(valkey: ValkeyServer, tmp_path: Path) -> None:
    """Writer and reader alike: the right authority is enough, another is an outage."""
    right, wrong = Certificate.make(tmp_path, "right"), Certificate.make(tmp_path, "wrong")
    tenant = f"tls-{uuid4().hex}"

    async def scene() -> tuple[str, str, float]:
        async with tls_in_front_of(valkey.url, right) as url:
            refused = await outcome(RedisSink(RedisAddress(url, ca_file=str(wrong.file)), tenant))
            written = await outcome(RedisSink(RedisAddress(url, ca_file=str(right.file)), tenant))
            async with AsyncKpiReader(url, tenant, ca_file=str(wrong.file)) as reader:
                with pytest.raises(UnavailableError):
                    await reader.get("orders")
            clock = lambda: T0 / 1000  # noqa: E731 - a clock
            async with AsyncKpiReader(url, tenant, ca_file=str(right.file), clock=clock) as reader:
                return refused, written, (await reader.get("orders")).require()

    assert asyncio.run(scene()) == ("refused", "written", 40)
