"""A broker whose disk fails: a proxy that answers produce requests with KAFKA_STORAGE_ERROR while told to.

It listens on the broker's own port of another loopback address, and puts that address wherever the broker
tells its own, so that clients stay with it. By turns a failing request is kept from the broker, and passed on
to it: an error says nothing of whether the records were appended. Requests of a connection are answered one
by one, as a broker does. Everything else passes untouched.
"""

import asyncio
import struct
import threading
from io import BytesIO

from aiokafka.protocol.api import RequestHeader_v1
from aiokafka.protocol.produce import ProduceRequest_v7, ProduceResponse_v7

from streams.embedded.ports import LOOPBACK

HOST = "127.0.0.2"
STORAGE_ERROR = 56
_PRODUCE, _METADATA, _FIND_COORDINATOR = 0, 3, 10
_VERSION = 7
"""Of produce requests: what aiokafka speaks."""
_HEAD = struct.Struct(">hhi")
_LENGTH = struct.Struct(">i")


class StorageErrorProxy:
    """Stands between clients and one broker, in a thread of its own.

    Args:
        bootstrap: the broker's ``host:port``.
    """

    def __init__(self, bootstrap: str) -> None:
        self.failing = False
        """Whether produce requests are answered with an error now."""
        self.refused = 0
        """How many were so far."""
        self._port = int(bootstrap.rpartition(":")[2])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._listening = threading.Event()

    @property
    def bootstrap(self) -> str:
        """Its address."""
        return f"{HOST}:{self._port}"

    def start(self) -> None:
        """Listen; returns when it does."""
        self._thread.start()
        self._listening.wait()

    def stop(self) -> None:
        """End; connections break. Safe to call again."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def _run(self) -> None:
        loop = self._loop
        server = loop.run_until_complete(asyncio.start_server(self._serve, HOST, self._port))
        self._listening.set()
        loop.run_forever()
        server.close()
        serving = asyncio.all_tasks(loop)
        for task in serving:
            task.cancel()
        if serving:  # all connections may have ended already
            loop.run_until_complete(asyncio.gather(*serving, return_exceptions=True))
        loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer a connection's requests until either side ends it."""
        broker_writer = None
        try:
            broker_reader, broker_writer = await asyncio.open_connection(LOOPBACK, self._port)
            while True:
                request = await _read(reader)
                refusal = self._refusal(request)
                if refusal is None or self.refused % 2:
                    _write(broker_writer, request)
                    answer = await _read(broker_reader)
                    refusal = refusal or _redirected(request, answer)
                _write(writer, refusal)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            pass  # one of the two has gone, or we stop: the other goes, too
        finally:
            writer.close()
            if broker_writer is not None:
                broker_writer.close()

    def _refusal(self, request: bytes) -> bytes | None:
        """The answer that the disk failed; None where that is not to be."""
        key, version, correlation_id = _HEAD.unpack_from(request)
        if key != _PRODUCE or not self.failing:
            return None
        if version != _VERSION:
            raise RuntimeError(f"a produce request of version {version}")
        body = BytesIO(request)
        RequestHeader_v1.SCHEMA.decode(body)
        *_, topics = ProduceRequest_v7.SCHEMA.decode(body)
        refused = [
            (topic, [(partition, STORAGE_ERROR, -1, -1, -1) for partition, _ in partitions])
            for topic, partitions in topics
        ]
        self.refused += 1
        answer: bytes = ProduceResponse_v7(refused, 0).encode()
        return _LENGTH.pack(correlation_id) + answer


def _redirected(request: bytes, answer: bytes) -> bytes:
    """An answer that names us where it names the broker; both addresses are of one length."""
    key, _, _ = _HEAD.unpack_from(request)
    if key in {_METADATA, _FIND_COORDINATOR}:
        return answer.replace(LOOPBACK.encode(), HOST.encode())
    return answer


async def _read(reader: asyncio.StreamReader) -> bytes:
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    return await reader.readexactly(length)


def _write(writer: asyncio.StreamWriter, frame: bytes) -> None:
    writer.write(_LENGTH.pack(len(frame)) + frame)
