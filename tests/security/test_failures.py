"""Why Kafka cannot be used, told apart: each door of a genuine Kafka with right and with wrong settings."""

import asyncio
import shlex
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from streams.embedded.ports import free_port
from streams.engine.kafka.client import Client
from streams.engine.kafka.failures import Cause, Failure, explain, probe
from streams.engine.kafka.security import TokenCommand
from streams.settings import read
from tests.security.secured import PASSWORD, USER, SecuredKafka, token

pytestmark = [pytest.mark.kafka, pytest.mark.system("openssl")]

LOGIN = {"KPI_KAFKA_USERNAME": USER, "KPI_KAFKA_PASSWORD": PASSWORD}


def settings(secured: SecuredKafka, door: str, **more: str) -> dict[str, str]:
    """The settings for a listener, with its authority."""
    protocols = {"TLS": "SSL", "MUTUAL": "SSL", "SASL": "SASL_PLAINTEXT", "SASLTLS": "SASL_SSL"}
    given = {"KPI_DEMO": "true", "KPI_BROKERS": secured.address(door)}
    if door in protocols:
        given["KPI_KAFKA_PROTOCOL"] = protocols[door]
    if protocols.get(door, "").endswith("SSL"):
        given["KPI_KAFKA_CAFILE"] = str(secured.server.file)
    return given | more


def printing(text: str) -> str:
    """A command that prints a token."""
    return shlex.join([sys.executable, "-c", f"print({text!r})"])


def ask(environ: dict[str, str]) -> Failure | None:
    """Ask for the topics as every command does; the explanation of what goes wrong."""
    client = Client(read(environ))

    async def asked() -> Failure | None:
        admin = AIOKafkaAdminClient(**client.options, request_timeout_ms=3_000)
        try:
            await admin.start()
            await admin.list_topics()
        except Exception as error:  # noqa: BLE001 - it is to be explained
            return await explain(client.options, error, "listing topics")
        finally:
            await admin.close()
        return None

    return asyncio.run(asked())


def test_every_door_opens_with_the_right_settings(secured: SecuredKafka) -> None:
    """TLS, client certificates, and every mechanism, encrypted or not."""
    certificate = {
        "KPI_KAFKA_CERTFILE": str(secured.client.file),
        "KPI_KAFKA_KEYFILE": str(secured.client.key),
    }
    bearer = {"KPI_KAFKA_MECHANISM": "OAUTHBEARER", "KPI_KAFKA_TOKEN_COMMAND": printing(token())}
    tried = [
        settings(secured, "PLAINTEXT"),
        settings(secured, "TLS"),
        settings(secured, "MUTUAL", **certificate),
    ]
    for door in ("SASL", "SASLTLS"):
        tried.append(settings(secured, door, **bearer))
        tried += [
            settings(secured, door, **LOGIN, KPI_KAFKA_MECHANISM=mechanism)
            for mechanism in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
        ]
    assert [ask(environ) for environ in tried] == [None] * len(tried)


WRONG: dict[str, tuple[str, Callable[[SecuredKafka], dict[str, str]], Cause, str]] = {
    "a wrong password by SCRAM": (
        "SASLTLS",
        lambda _: LOGIN | {"KPI_KAFKA_PASSWORD": "x"},
        Cause.REFUSED,
        "KPI_KAFKA_PASSWORD",
    ),
    "a wrong password by PLAIN": (
        "SASL",
        lambda _: LOGIN | {"KPI_KAFKA_PASSWORD": "x", "KPI_KAFKA_MECHANISM": "PLAIN"},
        Cause.REFUSED,
        f"refuses the login of user {USER} by PLAIN",
    ),
    "an authority that did not sign": (
        "TLS",
        lambda kafka: {"KPI_KAFKA_CAFILE": str(kafka.stranger.file)},
        Cause.REFUSED,
        "not trusted",
    ),
    "no client certificate where one is asked for": (
        "MUTUAL",
        lambda _: {},
        Cause.UNREACHABLE,
        "KPI_KAFKA_CERTFILE",
    ),
    "a client certificate of a stranger": (
        "MUTUAL",
        lambda kafka: {
            "KPI_KAFKA_CERTFILE": str(kafka.stranger.file),
            "KPI_KAFKA_KEYFILE": str(kafka.stranger.key),
        },
        Cause.UNREACHABLE,
        "KPI_KAFKA_CERTFILE",
    ),
    "plain text to a TLS port": (
        "TLS",
        lambda _: {"KPI_KAFKA_PROTOCOL": "PLAINTEXT", "KPI_KAFKA_CAFILE": ""},
        Cause.UNREACHABLE,
        "KPI_KAFKA_PROTOCOL",
    ),
    "TLS to a plain port": (
        "PLAINTEXT",
        lambda _: {"KPI_KAFKA_PROTOCOL": "SSL"},
        Cause.UNREACHABLE,
        "does not speak SSL",
    ),
    "SASL where none is asked for": (
        "PLAINTEXT",
        lambda _: LOGIN | {"KPI_KAFKA_PROTOCOL": "SASL_PLAINTEXT"},
        Cause.REFUSED,
        "KPI_KAFKA_PROTOCOL",
    ),
    "no SASL where it is asked for": (
        "SASL",
        lambda _: {"KPI_KAFKA_PROTOCOL": "PLAINTEXT"},
        Cause.UNREACHABLE,
        "KPI_KAFKA_PROTOCOL",
    ),
    "a token that is none": (
        "SASL",
        lambda _: {"KPI_KAFKA_MECHANISM": "OAUTHBEARER", "KPI_KAFKA_TOKEN_COMMAND": printing("nonsense")},
        Cause.REFUSED,
        "KPI_KAFKA_TOKEN_COMMAND",
    ),
    "a token command that fails": (
        "SASL",
        lambda _: {"KPI_KAFKA_MECHANISM": "OAUTHBEARER", "KPI_KAFKA_TOKEN_COMMAND": "false"},
        Cause.REFUSED,
        "failed with exit code 1",
    ),
    "a token command that is not there": (
        "SASL",
        lambda _: {"KPI_KAFKA_MECHANISM": "OAUTHBEARER", "KPI_KAFKA_TOKEN_COMMAND": "/no/such/program"},
        Cause.REFUSED,
        "No such file",
    ),
    "a token command that prints nothing": (
        "SASL",
        lambda _: {"KPI_KAFKA_MECHANISM": "OAUTHBEARER", "KPI_KAFKA_TOKEN_COMMAND": "true"},
        Cause.REFUSED,
        "printed no token",
    ),
    "a name that does not resolve": (
        "PLAINTEXT",
        lambda _: {"KPI_BROKERS": "no-such-host.invalid:9092"},
        Cause.UNREACHABLE,
        "cannot be resolved",
    ),
    "a port where nothing listens": (
        "PLAINTEXT",
        lambda _: {"KPI_BROKERS": f"127.0.0.1:{free_port()}"},
        Cause.UNREACHABLE,
        "nothing listens there",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named(secured: SecuredKafka, what: str) -> None:
    """One line with the cause and the setting to change, without a secret in it."""
    door, wrong, cause, says = WRONG[what]
    failure = ask(settings(secured, door) | wrong(secured))
    assert failure is not None
    assert (failure.cause, says in failure.text) == (cause, True), failure.text
    assert "\n" not in failure.text
    assert PASSWORD not in failure.text
    assert "nonsense" not in failure.text


@pytest.fixture
def silent() -> Iterator[str]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_a_port_that_never_answers_is_told_from_one_that_is_closed(
    silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time runs out, and the line says so."""
    monkeypatch.setattr("streams.engine.kafka.failures._PROBE_MS", 200)
    client = Client(read({"KPI_DEMO": "true", "KPI_BROKERS": silent}))
    failure = asyncio.run(probe(client.options))
    assert failure is not None
    assert (failure.cause, "in time" in failure.text) == (Cause.UNREACHABLE, True)


def test_one_broker_of_several_that_answers_is_enough(secured: SecuredKafka) -> None:
    """The others may be down: Kafka is there."""
    brokers = f"127.0.0.1:{free_port()},{secured.address('PLAINTEXT')}"
    client = Client(read({"KPI_DEMO": "true", "KPI_BROKERS": brokers}))
    assert asyncio.run(probe(client.options)) is None


def test_a_token_is_kept_until_shortly_before_it_expires(tmp_path: Path) -> None:
    """A program that counts its calls: once for a token of an hour, each time for one about to end."""
    for lasts_s, calls in ((3_600.0, 1), (10.0, 3)):
        log = tmp_path / f"{lasts_s}"
        code = f"open({str(log)!r}, 'a').write('x'); print({token(lasts_s=lasts_s)!r})"
        command = TokenCommand(shlex.join([sys.executable, "-c", code]))
        for _ in range(3):
            asyncio.run(command.token())
        assert log.read_text() == "x" * calls
