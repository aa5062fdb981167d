"""``kpi explain --http``: whatever may be at that address, one line says what it is."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from streams.cli import over_http
from streams.cli.exits import Exit
from streams.embedded import free_port
from tests.cli.conftest import Kpi
from tests.publish.redis_arranged import speaking
from tests.publish.test_redis_tls import tls_in_front_of
from tests.support.certificates import Certificate
from tests.support.hosted import hosted

Opened = Callable[[Path], AbstractContextManager[str]]


def at(address: str) -> Opened:
    """An address at which nothing is arranged."""

    @contextmanager
    def opened(_folder: Path) -> Iterator[str]:
        yield address

    return opened


def saying(status: str, body: str = "") -> Opened:
    """A server that always answers so."""
    words = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}" if status else body

    @contextmanager
    def opened(_folder: Path) -> Iterator[str]:
        with hosted(speaking(words.encode())) as url:
            yield url.replace("redis", "http").removesuffix("/0")

    return opened


@contextmanager
def silent(_folder: Path) -> Iterator[str]:
    """Somebody who never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def untrusted(folder: Path) -> Iterator[str]:
    """A certificate of an authority that nobody knows."""
    own = Certificate.make(folder, "own")
    with hosted(tls_in_front_of(f"redis://127.0.0.1:{free_port()}/0", own)) as url:
        yield url.replace("rediss", "https").removesuffix("/0")


@contextmanager
def _tls(plain: AbstractContextManager[str]) -> Iterator[str]:
    with plain as url:
        yield url.replace("http:", "https:")


CASES: dict[str, tuple[Opened, Exit, str]] = {
    "refused": (at(f"http://127.0.0.1:{free_port()}"), Exit.UNREACHABLE, "nothing listens there"),
    "unresolvable": (at("http://no.such.host.invalid"), Exit.UNREACHABLE, "the name cannot be resolved"),
    "silent": (silent, Exit.UNREACHABLE, "no answer within"),
    "something else": (saying("", "-ERR unknown command\r\n"), Exit.UNREACHABLE, "speaks no HTTP"),
    "closed": (saying(""), Exit.UNREACHABLE, "closed without an answer: check the port"),
    "TLS to plain text": (
        lambda folder: _tls(saying("400 Bad Request")(folder)),
        Exit.DENIED,
        "no TLS connection: check the port",
    ),
    "unknown authority": (untrusted, Exit.DENIED, "its certificate is not trusted (self-signed"),
    "a login": (saying("401 Unauthorized"), Exit.DENIED, "it asks for a login"),
    "forbidden": (saying("403 Forbidden"), Exit.DENIED, "it forbids us to read"),
    "another name": (saying("421 Misdirected Request"), Exit.DENIED, "KPI_HTTP_HOSTS"),
    "no worker": (saying("404 Not Found"), Exit.UNREACHABLE, "it is no worker of this service"),
    "nothing yet": (saying("503 Service Unavailable"), Exit.FAILED, "it has no snapshot yet"),
    "an odd status": (saying("418 Teapot"), Exit.FAILED, "status 418"),
    "no JSON": (saying("200 OK", "<html>"), Exit.UNREACHABLE, "what answers is no snapshot"),
    "another document": (saying("200 OK", "{}"), Exit.BAD_DATA, "no snapshot of this service"),
}


@pytest.mark.system("openssl")
@pytest.mark.parametrize("name", CASES)
def test_what_is_there_instead_is_one_line(
    kpi: Kpi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """With the exit code of its kind, and what to change."""
    opened, code, says = CASES[name]
    if name == "silent":
        monkeypatch.setattr(over_http, "_TIMEOUT_S", 0.3)
    with opened(tmp_path) as address:
        ran = kpi("explain", "churn_ratio", "--http", address)
    assert (ran.code, ran.err.count("\n"), says in ran.err) == (code, 1, True), ran.err
