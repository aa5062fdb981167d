"""A Redis that speaks TLS itself, with users and client certificates: right and wrong, by all."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from streams.cli.exits import Exit
from streams.client import AsyncKpiReader, DeniedError, KpiReader, UnavailableError
from streams.embedded import free_port
from streams.publish.board.history import History
from streams.publish.board.past import Past
from streams.publish.redis.sink import RedisSink
from streams.redis_contract.connection import RedisAddress
from streams.redis_contract.failures import ARGUMENTS, SETTINGS, Cause
from streams.rights import redis_rights
from tests.cli.conftest import Kpi, kpi
from tests.client.test_watch import HOUR, change, snapshot
from tests.publish.sinks import WITHIN_S, running
from tests.publish.test_redis_failures import CODES
from tests.publish.test_redis_faults import failing, lines
from tests.publish.test_redis_tls import outcome
from tests.publish.world import T0
from tests.support.certificates import Certificate
from tests.support.eventually import eventually_async, patient
from tests.support.redis_fleets import ask
from tests.support.redis_tls import PROGRAM, TlsRedis
from tests.support.settling import collected

__all__ = ["kpi"]
pytestmark = pytest.mark.system("openssl", PROGRAM)

TENANT = "genuine"
WRITER, READER = "counts", "looks"


@dataclass(frozen=True, slots=True)
class Doors:
    """Two servers, one of which asks for client certificates, and certificates."""

    open: TlsRedis
    mutual: TlsRedis
    own: Certificate
    client: Certificate
    stranger: Certificate


@dataclass(frozen=True, slots=True)
class Access:
    """How somebody comes in."""

    url: str
    authority: Certificate | None = None
    client: Certificate | None = None
    password: str = field(default="pw", repr=False)
    wait_s: float = patient(2.0)
    """How long an answer is waited for: it comes, and on a busy machine late."""

    def options(self, user: str) -> dict[str, Any]:
        """As arguments of a reader, and of an address."""
        files = {
            "ca_file": self.authority and self.authority.file,
            "cert_file": self.client and self.client.file,
            "key_file": self.client and self.client.key,
        }
        given = {name: str(file) for name, file in files.items() if file is not None}
        return {"username": user, "password": self.password, **given}

    def address(self, user: str) -> RedisAddress:
        """For the sink."""
        return RedisAddress(self.url, timeout_s=self.wait_s, **self.options(user))

    def environ(self, user: str) -> dict[str, str]:
        """As settings; Kafka is not there, and is not needed."""
        options = self.options(user).items()
        redis = {f"KPI_REDIS_{name.replace('_', '').upper()}": text for name, text in options}
        own = {
            "KPI_REDIS_URL": self.url,
            "KPI_REDIS_TIMEOUT": f"{self.wait_s * 1000:.0f}ms",
            "KPI_DEMO": "true",
        }
        return {**redis, **own, "KPI_BROKERS": f"127.0.0.1:{free_port()}"}


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """Both, with a user for each role, who has exactly its rights."""
    folder = tmp_path_factory.mktemp("doors")
    own, client, stranger = (Certificate.make(folder, name) for name in ("own", "client", "stranger"))
    with TlsRedis(own) as plain, TlsRedis(own, client) as mutual:
        for server in (plain, mutual):
            for user, rights in (
                (WRITER, redis_rights("worker", TENANT) + redis_rights("doctor", TENANT)),
                (READER, redis_rights("reader", TENANT)),
            ):
                ask(server.url, "ACL", "SETUSER", user, "reset", "on", ">pw", *rights)
        yield Doors(plain, mutual, own, client, stranger)


RIGHT: dict[str, Callable[[Doors], Access]] = {
    "server certificate": lambda doors: Access(doors.open.tls_url, doors.own),
    "client certificate": lambda doors: Access(doors.mutual.tls_url, doors.own, doors.client),
}


@pytest.mark.parametrize("name", RIGHT)
def test_everybody_comes_in(doors: Doors, kpi: Kpi, name: str) -> None:
    """Sink, both readers with a watch each, the board's history, doctor and commands."""
    access = RIGHT[name](doors)
    options, clock = access.options(READER), lambda: T0 / 1000

    async def scene() -> tuple[float | None, int]:
        sink = RedisSink(access.address(WRITER), TENANT)
        async with running(sink), AsyncKpiReader(access.url, TENANT, clock=clock, **options) as reader:
            sink.publish(snapshot(0))
            async with contextlib.aclosing(_once(sink, reader)) as changes:
                assert await anext(changes) == change(0)
            history = History(HOUR)
            past = Past(access.address(WRITER), TENANT)
            await asyncio.wait_for(past.read_into(history), patient(WITHIN_S))
            return (await reader.get("orders", "1h")).value, len(history)

    value, minutes = asyncio.run(scene())
    assert (value is not None, minutes) == (True, 1)
    with KpiReader(access.url, TENANT, clock=clock, **options) as reader:
        assert reader.get("orders", "1h").value == value
        assert next(reader.watch()) == change(0)
    ran = kpi("doctor", "--json", **access.environ(WRITER))
    assert _found(ran.out)["verdict"] == "ok", ran.out
    assert kpi("watch", "--tenant", TENANT, "--window", "1h", **access.environ(READER)).code == Exit.OK


async def _once(sink: RedisSink, reader: AsyncKpiReader) -> Any:  # noqa: ANN401 - an iterator of changes
    """What a watch tells of what was published."""
    while not sink.writes:
        assert not sink.failures
        await asyncio.sleep(0)
    async with contextlib.aclosing(reader.watch()) as changes:  # type: ignore[type-var]
        async for one in changes:
            yield one


def _found(out: str) -> dict[str, str]:
    """What the doctor says of the connection."""
    found: dict[str, str]
    (found,) = [one for one in json.loads(out)["findings"] if one["check"] == "redis"]
    return found


NOT_SEEN = "it may ask for a client certificate, and not have got one that it trusts"
"""A server closes right behind its alert: whoever still writes then does not read that."""
WRONG: dict[str, tuple[Callable[[Doors], Access], Cause, str, str]] = {
    "unknown authority": (
        lambda doors: Access(doors.open.tls_url, doors.stranger),
        Cause.REFUSED,
        "its certificate is not trusted: self-signed certificate",
        "ca_file",
    ),
    "the system's authorities": (
        lambda doors: Access(doors.open.tls_url),
        Cause.REFUSED,
        "its certificate is not trusted: self-signed certificate",
        "ca_file",
    ),
    "another name": (
        lambda doors: Access(doors.open.tls_url.replace("127.0.0.1", "localhost"), doors.own),
        Cause.REFUSED,
        "its certificate is not trusted: Hostname mismatch",
        "url",
    ),
    "plain text to TLS": (
        lambda doors: Access(doors.open.tls_url.replace("rediss", "redis")),
        Cause.UNREACHABLE,
        "closed without an answer",
        "url",
    ),
    "TLS to plain text": (
        lambda doors: Access(doors.open.url.replace("redis", "rediss"), doors.own, wait_s=0.5),
        Cause.UNREACHABLE,
        "it speaks no TLS",
        "url",
    ),
    "no client certificate": (
        lambda doors: Access(doors.mutual.tls_url, doors.own),
        Cause.REFUSED,
        "it asks for a client certificate, of which there is none",
        "cert_file",
    ),
    "a stranger's client certificate": (
        lambda doors: Access(doors.mutual.tls_url, doors.own, doors.stranger),
        Cause.REFUSED,
        "it does not trust our client certificate",
        "cert_file",
    ),
    "wrong password": (
        lambda doors: Access(doors.mutual.tls_url, doors.own, doors.client, password="not-the-word"),  # noqa: S106 - a test's
        Cause.REFUSED,
        "wrong user or password",
        "password",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_by_everybody(
    doors: Doors, kpi: Kpi, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """The same cause and cure from sink, readers, history, doctor and commands."""
    arranged, cause, says, change_it = WRONG[name]
    access = arranged(doors)
    cure = SETTINGS[change_it]
    kinds = {DeniedError if cause is Cause.REFUSED else UnavailableError: says}
    codes: dict[int, str] = {CODES[cause]: says}
    if change_it == "cert_file":
        kinds[UnavailableError] = codes[Exit.UNREACHABLE] = NOT_SEEN
    options = access.options(READER) | {"timeout": access.wait_s}
    with KpiReader(access.url, TENANT, **options) as reader, pytest.raises(UnavailableError) as raised:
        reader.get("orders")
    assert kinds[type(raised.value)] in str(raised.value)
    assert ARGUMENTS[change_it] in str(raised.value)

    async def others() -> None:
        async with AsyncKpiReader(access.url, TENANT, **options) as reader:
            with pytest.raises(UnavailableError) as twin:
                await reader.get("orders")
        assert kinds[type(twin.value)] in str(twin.value)
        sink = RedisSink(access.address(WRITER), TENANT)
        async with running(sink):
            sink.publish(snapshot(0))
            await failing(sink, times=1)

    collected(others())
    (line,) = lines(caplog)
    assert (any(word in line for word in kinds.values()), cure in line) == (True, True), line
    ran = kpi("get", "orders", "--tenant", TENANT, **access.environ(READER))
    assert (ran.err.count("\n"), codes[ran.code] in ran.err, cure in ran.err) == (1, True, True), ran
    ran = kpi("doctor", "--json", **access.environ(WRITER))
    found = _found(ran.out)
    assert (found["verdict"], cure in found["cure"]) == ("fail", True), found
    assert any(word in found["says"] for word in kinds.values()), found
    assert "not-the-word" not in ran.out + ran.err + line + str(raised.value)


def test_a_history_is_told_of_where_only_a_person_can_help(
    doors: Doors, caplog: pytest.LogCaptureFixture
) -> None:
    """A certificate that is not trusted: one line, and the board goes on without."""
    address = WRONG["a stranger's client certificate"][0](doors).address(WRITER)

    def told() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.name.endswith("board.past")]

    async def scene() -> None:
        reading = asyncio.create_task(Past(address, TENANT).read_into(History(HOUR)))

        async def said() -> bool:
            return bool(told())

        await eventually_async(said, within=WITHIN_S)
        reading.cancel()
        await asyncio.wait([reading])

    collected(scene())
    (line,) = told()
    assert "it does not trust our client certificate" in line


@pytest.mark.parametrize("what", ["missing", "no certificate", "a key with a pass phrase", "without TLS"])
def test_a_client_certificate_that_cannot_be_used_is_one_line(
    doors: Doors, kpi: Kpi, tmp_path: Path, what: str
) -> None:
    """Before anybody is asked; no pass phrase is asked for on the terminal."""
    environ = RIGHT["client certificate"](doors).environ(READER)
    wrong = tmp_path / "wrong.pem"
    if what == "no certificate":
        wrong.write_text("nothing")
    elif what == "a key with a pass phrase":
        wrong = Certificate.make(tmp_path, "closed", phrase="a phrase").file
        environ["KPI_REDIS_KEYFILE"] = str(wrong.with_suffix(".key"))
    environ["KPI_REDIS_CERTFILE"] = str(wrong)
    if what == "without TLS":
        environ |= {"KPI_REDIS_URL": doors.open.url, "KPI_REDIS_CAFILE": ""}
    for command in (("get", "orders"), ("watch",), ("worker",)):
        ran = kpi(*command, **environ)
        assert (ran.code, ran.err.count("\n")) == (Exit.USAGE, 1), ran.err
        named = "client certificate needs TLS" if what == "without TLS" else "KPI_REDIS_CERTFILE"
        assert named in ran.err


def test_a_plain_outcome_needs_no_certificate(doors: Doors) -> None:
    """The plain port of the same server is written as ever."""
    address = RedisAddress(doors.mutual.url, WRITER, "pw")
    assert asyncio.run(outcome(RedisSink(address, TENANT))) == "written"
