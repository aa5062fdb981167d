"""Sentinels and clusters that ask for a client certificate: the right one, none, and wrong ones, by all."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

import pytest

from streams.cli.exits import Exit
from streams.client import AsyncKpiReader, KpiReader, UnavailableError
from streams.embedded import free_port
from streams.publish.board.history import History
from streams.publish.board.past import Past
from streams.redis_contract.connection import RedisAddress
from streams.redis_contract.failures import SETTINGS
from tests.cli.conftest import Kpi, kpi
from tests.client.test_watch import HOUR, change, snapshot
from tests.publish.fleets import everything_reads, holds, writer
from tests.publish.sinks import WITHIN_S
from tests.publish.test_redis_faults import failing, lines
from tests.support.certificates import Certificate
from tests.support.eventually import patient
from tests.support.redis_tls import PROGRAM, sharded, watched
from tests.support.settling import collected

__all__ = ["kpi"]
pytestmark = pytest.mark.system("openssl", PROGRAM)


class _Makes(Protocol):
    def __call__(self, own: Certificate, clients: Certificate) -> AbstractContextManager[str]: ...


FLEETS: dict[str, _Makes] = {"sentinel": watched, "cluster": sharded}


@dataclass(frozen=True, slots=True)
class Fleet:
    """Servers that ask for client certificates, and certificates."""

    url: str
    own: Certificate
    client: Certificate
    stranger: Certificate

    def files(self, client: str, authority: str = "own") -> dict[str, Any]:
        """Arguments of a reader and of an address, with one of the certificates, or none."""
        files = {"ca_file": str(getattr(self, authority).file)}
        if client:
            own: Certificate = getattr(self, client)
            files |= {"cert_file": str(own.file), "key_file": str(own.key)}
        return files

    def environ(self, files: dict[str, str]) -> dict[str, str]:
        """The same as settings; Kafka is not there, and is not needed."""
        redis = {f"KPI_REDIS_{name.replace('_', '').upper()}": file for name, file in files.items()}
        own = {"KPI_REDIS_URL": self.url, "KPI_DEMO": "true", "KPI_BROKERS": f"127.0.0.1:{free_port()}"}
        return redis | own


@pytest.fixture(scope="module", params=FLEETS)
def fleet(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Each of them."""
    folder = tmp_path_factory.mktemp("fleet")
    own, client, stranger = (Certificate.make(folder, name) for name in ("own", "client", "stranger"))
    with FLEETS[request.param](own, client) as url:
        yield Fleet(url, own, client, stranger)


def found(out: str) -> dict[str, str]:
    """What the doctor says of the connection."""
    told: dict[str, str]
    (told,) = [one for one in json.loads(out)["findings"] if one["check"] == "redis"]
    return told


def test_with_the_right_certificate_everybody_comes_in(fleet: Fleet, kpi: Kpi) -> None:
    """To those that are asked where the tenant is, and to the server that has it."""
    tenant, files = f"mutual-{uuid4().hex}", fleet.files("client")

    async def scene() -> int:
        async with writer(fleet.url, tenant, **files) as sink:
            sink.publish(snapshot(0))
            await holds(lambda: sink.writes == 1)
            assert sink.failures == 0
        await everything_reads(fleet.url, tenant, 0, **files)
        history = History(HOUR)
        address = RedisAddress(fleet.url, **files)
        await asyncio.wait_for(Past(address, tenant).read_into(history), patient(WITHIN_S))
        return len(history)

    assert asyncio.run(scene()) == 1
    with KpiReader(fleet.url, tenant, **files) as reader:
        assert next(reader.watch()) == change(0)
    environ = fleet.environ(files)
    assert found(kpi("doctor", "--json", **environ).out)["verdict"] == "ok"
    ran = kpi("watch", "--tenant", tenant, "--window", "1h", **environ)
    assert (ran.code, "orders" in ran.out) == (Exit.OK, True), ran


NOT_SEEN = "it may ask for a client certificate, and not have got one that it trusts"
"""A server closes right behind its alert: whoever still writes then does not read that."""
WRONG = {
    "none": ("", "own", "it asks for a client certificate, of which there is none", "cert_file"),
    "a stranger's": ("stranger", "own", "it does not trust our client certificate", "cert_file"),
    "a stranger's authority": ("client", "stranger", "its certificate is not trusted", "ca_file"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_certificate_is_one_line_by_everybody(
    fleet: Fleet, kpi: Kpi, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """The same cause and cure from sink, readers, doctor and commands, with who was asked."""
    client, authority, says, change_it = WRONG[name]
    files, cure = fleet.files(client, authority), SETTINGS[change_it]
    told = {Exit.DENIED: says, Exit.UNREACHABLE: NOT_SEEN if change_it == "cert_file" else says}

    def fits(line: str) -> bool:
        return "\n" not in line and any(words in line for words in told.values()) and "127.0.0.1:" in line

    with KpiReader(fleet.url, **files) as reader, pytest.raises(UnavailableError) as raised:
        reader.get("orders")
    assert fits(str(raised.value)), raised.value
    assert change_it in str(raised.value)

    async def others() -> None:
        async with AsyncKpiReader(fleet.url, **files) as twin:
            with pytest.raises(UnavailableError) as also:
                await twin.get("orders")
        assert fits(str(also.value)), also.value
        async with writer(fleet.url, "default", **files) as sink:
            sink.publish(snapshot(0))
            await failing(sink, times=1)

    collected(others())
    (line,) = lines(caplog)
    assert (fits(line), cure in line) == (True, True), line
    environ = fleet.environ(files)
    ran = kpi("get", "orders", **environ)
    assert (ran.err.count("\n"), fits(ran.err.rstrip("\n")), cure in ran.err) == (1, True, True), ran.err
    assert told[Exit(ran.code)] in ran.err
    finding = found(kpi("doctor", "--json", **environ).out)
    assert (finding["verdict"], fits(finding["says"]), cure in finding["cure"]) == ("fail", True, True)
