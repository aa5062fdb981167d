"""A genuine Redis brought into a trouble, for as long as a `with` block lasts: they share one server."""

import asyncio
import contextlib
import socketserver
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from streams.embedded import ValkeyServer
from streams.redis_contract.layout import Keys
from streams.rights import redis_rights
from tests.publish.test_redis_faults import silent_server
from tests.publish.test_redis_tls import tls_in_front_of
from tests.support.certificates import Certificate
from tests.support.eventually import eventually, patient
from tests.support.hosted import hosted
from tests.support.redis_fleets import SentinelServer, ask

TENANT = "troubled"
KEYS = Keys(TENANT)
SLOW_S = 0.5
"""How long an answer is waited for that does not come."""
"""How long the ones that never answer are waited for."""


class Debuggable(ValkeyServer):
    """A server that can be made slow to load."""

    def _arguments(self, directory: Path) -> list[str]:
        return [*super()._arguments(directory), "--enable-debug-command", "local"]


@dataclass(frozen=True, slots=True)
class Place:
    """A server to have trouble with, and certificates."""

    server: ValkeyServer
    right: Certificate
    wrong: Certificate

    @property
    def url(self) -> str:
        """Its address."""
        return self.server.url

    def ask(self, *words: object) -> Any:  # noqa: ANN401 - as the server says it
        """Ask it as its administrator."""
        return ask(self.url, *words)


@dataclass(frozen=True, slots=True)
class Access:
    """How somebody tries to use it."""

    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    wait_s: float = patient(2.0)
    """How long an answer is waited for: it comes, and on a busy machine late."""


Arranged = Callable[[Place], AbstractContextManager[Access]]


def at(url: str | Callable[[Place], str], wait_s: float = patient(2.0)) -> Arranged:
    """An address with which nothing has to be arranged."""

    @contextlib.contextmanager
    def arranged(place: Place) -> Iterator[Access]:
        yield Access(url if isinstance(url, str) else url(place), wait_s=wait_s)

    return arranged


def set_to(name: str, value: object, usual: object) -> Arranged:
    """The server with a setting of its own."""

    @contextlib.contextmanager
    def arranged(place: Place) -> Iterator[Access]:
        with redis.Redis.from_url(place.url) as client:
            client.config_set(name, value)
            try:
                yield Access(place.url)
            finally:
                client.config_set(name, usual)

    return arranged


def user(*rules: str, password: str = "pw") -> Arranged:  # noqa: S107 - a test's
    """A user with the rights of a writer and a reader, but for these."""

    @contextlib.contextmanager
    def arranged(place: Place) -> Iterator[Access]:
        both = [*redis_rights("worker", TENANT), *redis_rights("reader", TENANT)[5:]]
        place.ask("ACL", "SETUSER", "kpi", "reset", "on", ">pw", *both, *rules)
        yield Access(place.url, "kpi", password)

    return arranged


def tls(
    *, shown: str = "127.0.0.1", authority: str = "right", scheme: str = "rediss", asks: bool = False
) -> Arranged:
    """The server behind TLS."""

    @contextlib.contextmanager
    def arranged(place: Place) -> Iterator[Access]:
        clients = place.wrong if asks else None
        with hosted(tls_in_front_of(place.url, place.right, clients)) as front:
            url = front.replace("rediss", scheme).replace("127.0.0.1", shown)
            file = str({"right": place.right, "wrong": place.wrong}[authority].file)
            yield Access(url, ca_file=file if scheme == "rediss" else "")

    return arranged


@contextlib.asynccontextmanager
async def speaking(words: bytes) -> AsyncIterator[str]:
    """A server that answers anything with the same words."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(words)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"


@contextlib.contextmanager
def alerting(place: Place) -> Iterator[Access]:
    """A server with TLS that wants a client certificate, and stays long enough for its alert to be heard."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=place.wrong.file)
    context.load_cert_chain(place.right.file, place.right.key)
    context.verify_mode = ssl.CERT_REQUIRED

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            raw = self.request.dup()
            with context.wrap_socket(
                self.request, server_side=True, do_handshake_on_connect=False
            ) as secured:
                with contextlib.suppress(ssl.SSLError):
                    secured.do_handshake()
                while raw.recv(4_096):
                    pass
            raw.close()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Access(f"rediss://127.0.0.1:{server.server_address[1]}", ca_file=str(place.right.file))
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def http_there(_place: Place) -> Iterator[Access]:
    """An HTTP server has that port."""
    with hosted(speaking(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")) as url:
        yield Access(url)


@contextlib.contextmanager
def silence(_place: Place) -> Iterator[Access]:
    """Somebody who takes connections and says nothing."""
    with hosted(silent_server()) as (url, _):
        yield Access(url, wait_s=SLOW_S)


@contextlib.contextmanager
def a_sentinel(place: Place) -> Iterator[Access]:
    """A Sentinel, named as if it were the server itself."""
    with SentinelServer(place.server) as sentinel:
        yield Access(sentinel.url)


@contextlib.contextmanager
def loading(_place: Place) -> Iterator[Access]:
    """A server that reads its data for longer than anybody waits."""
    with Debuggable() as server, redis.Redis.from_url(server.url) as client:
        as_typed(client).execute_command("DEBUG", "POPULATE", 20_000)
        for name, value in (("key-load-delay", 1_000), ("loading-process-events-interval-bytes", 1_024)):
            client.config_set(name, value)
        with as_typed(redis.Redis.from_url(server.url)).pubsub() as other:
            other.execute_command("DEBUG", "RELOAD")  # sent, and not waited for
            eventually(lambda: _is_loading(client), within=10)
            yield Access(server.url)
            server.kill()


def as_typed(client: "redis.Redis") -> Any:  # noqa: ANN401 - redis-py has no types for it
    """A client to ask anything."""
    return client


def _is_loading(client: "redis.Redis") -> bool:
    try:
        client.ping()
    except redis.exceptions.BusyLoadingError:
        return True
    return False


@contextlib.contextmanager
def replica(place: Place) -> Iterator[Access]:
    """It has become a replica, of a primary that is gone."""
    place.ask("REPLICAOF", "127.0.0.1", 1)
    try:
        yield Access(place.url)
    finally:
        place.ask("REPLICAOF", "NO", "ONE")


@contextlib.contextmanager
def orphan(place: Place) -> Iterator[Access]:
    """The same, and it says nothing of what may be old."""
    with set_to("replica-serve-stale-data", "no", "yes")(place), replica(place) as access:
        yield access


@contextlib.contextmanager
def unsaved(place: Place) -> Iterator[Access]:
    """Its disk takes nothing: a folder stands where its file should."""
    with redis.Redis.from_url(place.url) as client:
        file = Path(client.config_get("dir")["dir"]) / "dump.rdb"
        file.mkdir()
        client.config_set("save", "3600 1")
        client.bgsave()

        def failed() -> bool:
            return bool(client.info("persistence")["rdb_last_bgsave_status"] == "err")

        eventually(failed, within=10)
        try:
            yield Access(place.url)
        finally:
            client.config_set("save", "")
            file.rmdir()


@contextlib.contextmanager
def crowded(place: Place) -> Iterator[Access]:
    """It has as many clients as it takes; one of them puts an end to that."""
    with redis.Redis.from_url(place.url) as client:
        client.config_set("maxclients", 1)
        try:
            yield Access(place.url)
        finally:
            client.config_set("maxclients", 10_000)


@contextlib.contextmanager
def foreign_key(place: Place) -> Iterator[Access]:
    """Another program keeps something of its own under one of our keys."""
    place.ask("SET", KEYS.version, "mine")
    try:
        yield Access(place.url)
    finally:
        place.ask("DEL", KEYS.version)
