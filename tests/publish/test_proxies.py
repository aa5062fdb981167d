"""The proxies of docs/security.md as they stand there, but for ports and files, in front of a live page."""

import asyncio
import os
import re
import socket
import ssl
import subprocess
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from streams.embedded import free_port
from streams.embedded.process import Child
from streams.publish.board.board import Board
from streams.publish.http.health import Health
from streams.publish.http.listener import Address
from streams.publish.http.server import HttpServer
from streams.publish.prometheus.exposition import Exposition
from tests.publish import world
from tests.publish.sinks import DEFINITION, running
from tests.publish.world import T0
from tests.support.certificates import Certificate
from tests.support.eventually import patient

PAGE = (Path(__file__).parents[2] / "docs/security.md").read_text(encoding="utf-8")
NAME = "kpi.example.org"
USER, PASSWORD = "alice", "open-sesame"
HASH = "$2b$04$3oum1w0a0XY3PJ3G/LoelOxtkzyYM.MOIm2I8I2eAy2aadDiouoJy"
"""Of the password, by bcrypt, as `htpasswd -B` and `caddy hash-password` make it."""


def login(password: str) -> dict[str, str]:
    """The header of who logs in with it."""
    return {"Authorization": "Basic " + b64encode(f"{USER}:{password}".encode()).decode()}


LOGIN = login(PASSWORD)


def snippet(language: str) -> str:
    """The one of the page in that language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def put(text: str, *pairs: tuple[str, str]) -> str:
    """Exchange what stands in the documentation for what is here; all of it must be there."""
    for documented, here in pairs:
        assert documented in text
        text = text.replace(documented, here)
    return text


class Recording(HttpServer):
    """A page that remembers whether a password came through to it."""

    saw_password = False

    def application(self) -> web.Application:
        """As it is, with one more to look at requests."""

        @web.middleware
        async def look(request: web.Request, handler: Any) -> web.StreamResponse:  # noqa: ANN401 - aiohttp's
            self.saw_password |= "Authorization" in request.headers
            answer: web.StreamResponse = await handler(request)
            return answer

        application = super().application()
        application.middlewares.append(look)
        return application


def nginx(folder: Path, port: int, upstream: int, own: Certificate) -> list[str]:
    """Write the files; the command."""
    users = folder / "kpi.users"
    users.write_text(f"{USER}:{HASH}\n")
    server = put(
        snippet("nginx"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        (f"/etc/tls/{NAME}.pem", str(own.file)),
        (f"/etc/tls/{NAME}.key", str(own.key)),
        ("/etc/nginx/kpi.users", str(users)),
        ("127.0.0.1:8700", f"127.0.0.1:{upstream}"),
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = "user root;" if os.geteuid() == 0 else ""  # the workers read the file of users themselves
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; pid {folder}/pid; error_log stderr; {user} worker_processes 1;\n"
        f"events {{ }}\nhttp {{\naccess_log off;\n{places}\n{server}\n}}\n"
    )
    return ["nginx", "-c", str(file), "-e", "stderr"]


def caddy(folder: Path, port: int, upstream: int, own: Certificate) -> list[str]:
    """Write the file; the command. Its certificate comes from here: no authority knows this machine."""
    site = put(
        snippet("caddy"),
        (f"{NAME} {{", f"https://{NAME}:{port} {{\n    bind 127.0.0.1\n    tls {own.file} {own.key}"),
        ("127.0.0.1:8700", f"127.0.0.1:{upstream}"),
        ("HASH", HASH),
    )
    told = subprocess.run(["caddy", "version"], capture_output=True, text=True, check=True).stdout
    major, minor = re.match(r"v?(\d+)\.(\d+)", told).groups()  # type: ignore[union-attr]
    if (int(major), int(minor)) < (2, 8):
        site = put(site, ("basic_auth", "basicauth"))  # as it was called then
    file = folder / "Caddyfile"
    file.write_text(f"{{\n    admin off\n    auto_https off\n    storage file_system {folder}\n}}\n{site}")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)]


class _Here(AbstractResolver):
    """Every name is this machine."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """As DNS would."""
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is open."""


@asynccontextmanager
async def in_front(
    make: Callable[[Path, int, int, Certificate], list[str]], folder: Path
) -> AsyncIterator[tuple[Recording, aiohttp.ClientSession]]:
    """A page with one snapshot behind a proxy, and a browser that trusts its certificate."""
    own, exposition = Certificate.make(folder, "proxy", dns=NAME), Exposition(DEFINITION)
    page = Recording(Address(port=0), exposition, Board(DEFINITION), alive=Health, ready=Health, names=[NAME])
    async with running(page):
        for shows in (page, exposition):
            shows.publish(world.snapshot(DEFINITION))
        port = free_port()
        proxy = Child(make.__name__, make(folder, port, page.port, own), folder / "proxy.log")
        proxy.start()
        try:
            await asyncio.to_thread(proxy.wait_until, lambda: _listens(port), within=20.0)
            connector = aiohttp.TCPConnector(
                resolver=_Here(), force_close=True, ssl=ssl.create_default_context(cafile=own.file)
            )
            async with aiohttp.ClientSession(f"https://{NAME}:{port}", connector=connector) as browser:
                yield page, browser
        finally:
            proxy.kill()


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


async def status(browser: aiohttp.ClientSession, path: str, method: str = "GET", **more: Any) -> int:  # noqa: ANN401 - aiohttp's
    """What is answered."""
    async with browser.request(method, path, **more) as answer:
        await answer.read()
        return answer.status


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(nginx, marks=pytest.mark.system("nginx", "openssl")),
        pytest.param(caddy, marks=pytest.mark.system("caddy", "openssl")),
    ],
)
def test_a_proxy_as_documented_shows_the_page_to_who_may_see_it(
    tmp_path: Path, make: Callable[[Path, int, int, Certificate], list[str]]
) -> None:
    """Board, metrics and events over TLS with a login; nothing without one; the page sees no login."""

    async def scene() -> None:
        async with in_front(make, tmp_path) as (page, browser):
            for path in ("/", "/metrics", "/api/snapshot", "/api/events", "/healthz"):
                assert await status(browser, path) == 401
                assert await status(browser, path, headers=login("guessed")) == 401
            async with browser.get("/", headers=LOGIN) as answer:
                board = await answer.text()
                assert (answer.status, answer.headers["X-Frame-Options"]) == (200, "DENY")
            for path in re.findall(r'(?:src|href)="(/board/[^"]+)"', board)[:3]:
                assert await status(browser, path, headers=LOGIN) == 200
            async with browser.get("/metrics", headers=LOGIN) as answer:
                assert 'crm_orders{window="24h"} 40.0' in await answer.text()
            async with browser.get("/api/snapshot", headers=LOGIN) as answer:
                assert (await answer.json())["t"] == T0
            assert await status(browser, "/", "POST", headers=LOGIN) in {403, 405}
            await events_come_at_once(page, browser)
            assert await is_refused(browser)
            assert not page.saw_password

    asyncio.run(scene())


async def events_come_at_once(page: Recording, browser: aiohttp.ClientSession) -> None:
    """The newest state, then each change as it is published: nothing is held back until more has come."""
    async with browser.get("/api/events", headers=LOGIN) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        for second in range(3):
            if second:
                page.publish(world.snapshot(DEFINITION, T0 + 1_000 * second))
            while f'"t":{T0 + 1_000 * second}'.encode() not in (
                line := await asyncio.wait_for(answer.content.readline(), patient(5))
            ):
                assert line


async def is_refused(browser: aiohttp.ClientSession) -> bool:
    """Whether a name that is not ours gets nothing of ours, even with a login."""
    async with browser.get("/api/snapshot", headers=LOGIN | {"Host": "elsewhere.example"}) as answer:
        return answer.status == 421 or not await answer.read()
