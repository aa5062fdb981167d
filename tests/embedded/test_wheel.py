"""The wheel's broker: what it can do, and that it is gone after stop."""

import asyncio
import socket

import pytest

from streams.embedded import EmbeddedError, WheelKafka
from tests.embedded.clients import consume, produce
from tests.support.eventually import patient
from tests.support.topics import create_topics


def test_a_record_comes_back() -> None:
    """What is produced is consumed."""
    with WheelKafka() as kafka:

        async def run() -> list[bytes]:
            await create_topics(kafka.bootstrap, ["topic"], partitions=2)
            await produce(kafka.bootstrap, "topic", b"hello")
            return await consume(kafka.bootstrap, "topic", 1)

        assert asyncio.run(asyncio.wait_for(run(), patient(30))) == [b"hello"]


def test_nobody_listens_after_stop() -> None:
    """The port is free again, and no address is handed out."""
    kafka = WheelKafka()
    kafka.start()
    host, port = kafka.bootstrap.split(":")
    kafka.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))
    with pytest.raises(EmbeddedError, match="not started"):
        _ = kafka.bootstrap
