"""The HTTP side: answers, headers, health and a port that is taken."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

import aiohttp
import pytest

from streams.publish.board.board import Board
from streams.publish.http.health import Health
from streams.publish.http.listener import Address, HttpError
from streams.publish.http.server import HttpServer
from streams.publish.prometheus.exposition import Exposition
from streams.publish.prometheus.metrics import Sample
from tests.publish import world
from tests.publish.sinks import DEFINITION, running
from tests.publish.world import T0

T = TypeVar("T")
ENDPOINTS = ("/", "/metrics", "/healthz", "/readyz", "/api/snapshot")
SNAPSHOT = world.snapshot(DEFINITION)


def serve(
    talk: Callable[[aiohttp.ClientSession], Awaitable[T]],
    *,
    published: bool = True,
    reasons: tuple[str, ...] = (),
) -> T:
    """Run a server with one snapshot and talk to it; ``reasons`` speak against its readiness."""

    async def scene() -> T:
        exposition = Exposition(DEFINITION, lambda: [Sample("kpi_streams_redis_up", 1)])
        server = HttpServer(
            Address(port=0), exposition, Board(DEFINITION), alive=Health, ready=lambda: Health(reasons)
        )
        async with running(server):
            if published:
                server.publish(SNAPSHOT)
                exposition.publish(SNAPSHOT)
            async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session:
                return await talk(session)

    return asyncio.run(scene())


Answer = tuple[int, str, Mapping[str, str]]


def ask(
    path: str, method: str = "GET", headers: dict[str, str] | None = None
) -> Callable[[aiohttp.ClientSession], Awaitable[Answer]]:
    """A request; gives status, body and headers."""

    async def talk(session: aiohttp.ClientSession) -> Answer:
        async with session.request(method, path, headers=headers) as answer:
            return answer.status, await answer.text(), answer.headers

    return talk


def test_metrics_come_in_the_format_that_is_asked_for() -> None:
    """Text by default, OpenMetrics by Accept; both with the process' own numbers."""
    status, text, headers = serve(ask("/metrics"))
    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert 'crm_orders{window="24h"} 40.0' in text
    assert "kpi_streams_redis_up 1.0" in text
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    status, text, headers = serve(ask("/metrics", headers=accept))
    assert (status, text[-6:]) == (200, "# EOF\n")
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0; charset=utf-8")


def test_the_snapshot_comes_byte_for_byte() -> None:
    """The document, marked with its version."""
    status, text, headers = serve(ask("/api/snapshot"))
    assert (status, text.encode()) == (200, SNAPSHOT.json())
    assert headers["Content-Type"] == "application/json"
    assert headers["ETag"] == f'"{T0}-{T0 + 300}"'
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("known", "status"), [(f'"{T0}-{T0 + 300}"', 304), ('"1-2"', 200)])
def test_a_client_that_knows_the_snapshot_gets_no_body(known: str, status: int) -> None:
    """If-None-Match, with the tag of the newest or of another."""
    answer = serve(ask("/api/snapshot", headers={"If-None-Match": known}))
    assert (answer[0], bool(answer[1])) == (status, status == 200)


def test_before_the_first_snapshot_the_document_is_unavailable() -> None:
    """503 with the reason; metrics are there all the same."""
    status, text, _ = serve(ask("/api/snapshot"), published=False)
    assert (status, json.loads(text)["reasons"]) == (503, ["no snapshot yet"])
    assert serve(ask("/metrics"), published=False)[0] == 200


@pytest.mark.parametrize(
    ("reasons", "status", "word"),
    [((), 200, "ok"), (("Kafka is not connected", "partition 1 is recovering"), 503, "unavailable")],
)
def test_readiness_says_why_not(reasons: tuple[str, ...], status: int, word: str) -> None:
    """200 or 503, with all reasons; the process is alive in both cases."""
    code, text, _ = serve(ask("/readyz"), reasons=reasons)
    assert (code, json.loads(text)) == (status, {"status": word, "reasons": list(reasons)})
    assert serve(ask("/healthz"), reasons=reasons)[0] == 200


def test_the_index_names_every_endpoint() -> None:
    """A person who opens the address finds the rest."""
    status, text, headers = serve(ask("/"))
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert all(f'href="{path}"' in text for path in ENDPOINTS[1:])


@pytest.mark.parametrize("path", [*ENDPOINTS, "/nothing", "/api", "/..%2f..%2fetc/passwd"])
def test_every_answer_is_hardened(path: str) -> None:
    """Not stored, not sniffed, not framed, and silent about the software behind; errors too."""
    status, _, headers = serve(ask(path))
    assert status == (200 if path in ENDPOINTS else 404)
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Server"] == "kpi-streams"


@pytest.mark.parametrize("path", ENDPOINTS)
def test_head_is_get_without_a_body(path: str) -> None:
    """Same status and length."""
    get, head = serve(ask(path)), serve(ask(path, "HEAD"))
    assert (head[0], head[1]) == (200, "")
    assert head[2]["Content-Length"] == get[2]["Content-Length"]


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_changed(path: str, method: str) -> None:
    """405, with what is allowed."""
    status, _, headers = serve(ask(path, method))
    assert (status, headers["Allow"]) == (405, "GET,HEAD")


def server_at(host: str, port: int) -> HttpServer:
    """A server that is to listen there."""
    return HttpServer(
        Address(host, port), Exposition(DEFINITION), Board(DEFINITION), alive=Health, ready=Health
    )


def refusal(host: str, port: int) -> str:
    """Why it cannot."""

    async def scene() -> str:
        with pytest.raises(HttpError) as raised:
            await server_at(host, port).start()
        return str(raised.value)

    return asyncio.run(scene())


def test_a_taken_port_is_one_clear_line() -> None:
    """Address, reason and setting; the other server is not disturbed."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refusal("127.0.0.1", port)
    assert line == (
        f"HTTP cannot listen on 127.0.0.1:{port} "
        "(the port is in use, most likely by another worker; KPI_HTTP_PORT sets another one)"
    )


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("no.such.host.invalid", "the name cannot be resolved; KPI_HTTP_HOST"),
        ("192.0.2.1", "this machine has no such address; KPI_HTTP_HOST"),
    ],
)
def test_a_place_that_is_not_here_is_one_clear_line(host: str, says: str) -> None:
    """A wrong host is the user's mistake like a taken port."""
    assert refusal(host, 0).startswith(f"HTTP cannot listen on {host}:0 ({says}")


@pytest.mark.skipif(
    int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 81,
    reason="anybody may have any port on this machine",
)
def test_a_port_that_needs_a_right_is_one_clear_line() -> None:
    """As a user who may not bind it: in a process of its own, which gives up root and asks for port 81."""
    script = (
        "import os, sys; from tests.publish.test_http_server import refusal\n"
        "os.geteuid() or os.setuid(65534)\nprint(refusal('127.0.0.1', 81))"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert told == (
        "HTTP cannot listen on 127.0.0.1:81 "
        "(a port below 1024 needs a right that this process lacks; KPI_HTTP_PORT sets another one)\n"
    )
