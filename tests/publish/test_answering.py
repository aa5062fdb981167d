"""Who is answered: the names that are ours, and what is no request."""

import asyncio

import pytest

from streams.publish.board.board import Board
from streams.publish.http.answering import HEADERS, is_ours
from streams.publish.http.health import Health
from streams.publish.http.listener import Address
from streams.publish.http.server import HttpServer
from streams.publish.prometheus.exposition import Exposition
from tests.publish.sinks import DEFINITION, running

NAMES = ("kpi.example.org", "worker-1")


@pytest.mark.parametrize(
    "asked",
    [
        "127.0.0.1:8700",
        "10.1.2.3",
        "[::1]:8700",
        "[fe80::1%25eth0]",
        "localhost:8700",
        "LOCALHOST",
        "localhost.",
        "worker-1:8700",
        "KPI.example.org",
    ],
)
def test_addresses_localhost_and_the_names_given_are_ours(asked: str) -> None:
    """With and without a port, in any case."""
    assert is_ours(asked, NAMES)


@pytest.mark.parametrize(
    "asked",
    [
        "evil.example",
        "evil.example:8700",
        "127.0.0.1.evil.example",
        "worker-1.evil.example",
        "",
        ":8700",
        "[::1",
        "user@127.0.0.1@evil.example",
        "2130706433",
    ],
)
def test_any_other_name_is_not(asked: str) -> None:
    """Whatever it looks like; unless any is allowed."""
    assert not is_ours(asked, NAMES)
    assert is_ours(asked, ("*",))


def answered(*requests: bytes) -> list[bytes]:
    """What a server says to raw bytes."""

    async def scene() -> list[bytes]:
        server = HttpServer(
            Address(port=0),
            Exposition(DEFINITION),
            Board(DEFINITION),
            alive=Health,
            ready=Health,
            names=NAMES,
        )
        said = []
        async with running(server):
            for request in requests:
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                writer.write(request)
                said.append(await reader.read())
                writer.close()
            samples = {sample.name: sample.value for sample in server.samples()}
            assert samples["kpi_streams_http_connections_closed_total"] == 0
        return said

    return asyncio.run(scene())


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/snapshot", "/api/events", "/nothing"])
def test_a_page_from_elsewhere_reads_nothing(path: str) -> None:
    """Its name may lead here, but it is not ours: 421, and no value."""
    ask = f"GET {path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    (said,) = answered(ask.encode())
    assert said.startswith(b"HTTP/1.1 421 ")
    assert said.endswith(b"use its address, or name it in KPI_HTTP_HOSTS.")


def test_probes_without_a_name_are_answered() -> None:
    """HTTP/1.0 has none; a name of ours is as good as the address."""
    bare = b"GET /healthz HTTP/1.0\r\n\r\n"
    named = b"GET /healthz HTTP/1.1\r\nHost: worker-1:8700\r\nConnection: close\r\n\r\n"
    assert [said.split(b"\r\n")[0].split()[1] for said in answered(bare, named)] == [b"200", b"200"]


@pytest.mark.parametrize(
    "request_",
    [
        b"G\x00T /personal-data HTTP/9\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\npersonal-data\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"personal-data" * 2_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03personal-data\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nContent-Length: personal-data\r\n\r\n",
    ],
    ids=["no method", "no header", "a long header", "TLS", "no length"],
)
def test_what_is_no_request_gets_hardened_words_of_ours(request_: bytes) -> None:
    """400 in its usual words; nothing of what came goes back."""
    (said,) = answered(request_)
    head, _, body = said.partition(b"\r\n\r\n")
    assert (head.split()[1], body) == (b"400", b"400 Bad Request\n")
    assert b"personal-data" not in said
    for name, value in HEADERS.items():
        assert f"{name}: {value}".encode() in head
    assert b"Content-Security-Policy: default-src 'none'" in head
