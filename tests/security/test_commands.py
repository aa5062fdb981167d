"""What a command says, and its exit code, where a genuine Kafka is refused, silent, missing or forbidding."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.cli.exits import Exit
from tests.cli.conftest import Kpi, kpi
from tests.security.secured import SecuredKafka
from tests.security.test_failures import LOGIN, settings

__all__ = ["kpi"]
pytestmark = [pytest.mark.kafka, pytest.mark.system("openssl")]

COMMANDS = {
    "topics check": ("topics", "check"),
    "topics create": ("topics", "create"),
    "topics skip": ("topics", "skip", "crm.customer.survey.v1", "0"),
    "topics repartition": ("topics", "repartition", "--partitions", "2"),
    "worker --rebuild": ("worker", "--rebuild"),
    "send": ("send", "FILE"),
    "send --customers": ("send", "--customers", "FILE"),
    "simulate": ("simulate", "--to-kafka", "--customers", "1", "--days", "1"),
    "replay": ("replay", "--from-kafka"),
    "status": ("status",),
    "dead-letters list": ("dead-letters", "list"),
    "dead-letters show": ("dead-letters", "show", "0:0"),
    "dead-letters export": ("dead-letters", "export", "-"),
    "dead-letters replay": ("dead-letters", "replay"),
    "dead-letters delete": ("dead-letters", "delete", "--all", "--yes"),
}
"""Every command that asks Kafka."""

LINE = b'{"topic":"crm.customer.void.v1","value":{}}\n'

Wrong = Callable[[SecuredKafka], dict[str, str]]

CAUSES: dict[str, tuple[Wrong, Exit, str]] = {
    "password": (
        lambda kafka: settings(kafka, "SASL", **LOGIN | {"KPI_KAFKA_PASSWORD": "wrong"}),
        Exit.DENIED,
        "refuses the login of user alice by SCRAM-SHA-512: check KPI_KAFKA_USERNAME",
    ),
    "authority": (
        lambda kafka: settings(kafka, "TLS", KPI_KAFKA_CAFILE=str(kafka.stranger.file)),
        Exit.DENIED,
        "shows a certificate that is not trusted",
    ),
    "name": (
        lambda _kafka: {"KPI_DEMO": "true", "KPI_BROKERS": "no.such.host.invalid:9092"},
        Exit.UNREACHABLE,
        "the name cannot be resolved",
    ),
    "protocol": (
        lambda kafka: settings(kafka, "PLAINTEXT", KPI_BROKERS=kafka.address("TLS")),
        Exit.UNREACHABLE,
        "does not speak PLAINTEXT",
    ),
    "certificate file": (
        lambda kafka: settings(kafka, "TLS", KPI_KAFKA_CAFILE="/nowhere.pem"),
        Exit.USAGE,
        "KPI_KAFKA_CAFILE: '/nowhere.pem' cannot be used",
    ),
}


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_tells_the_causes_apart(
    secured: SecuredKafka, kpi: Kpi, tmp_path: Path, command: str, cause: str
) -> None:
    """One line with what to change; the exit code tells an outage from a refusal."""
    environ, code, says = CAUSES[cause]
    file = tmp_path / "events.jsonl"
    file.write_bytes(LINE)
    args = (str(file) if arg == "FILE" else arg for arg in COMMANDS[command])
    ran = kpi(*args, **environ(secured))
    told = [line for line in ran.err.splitlines() if line.startswith("kpi: ")]
    assert (ran.code, len(told)) == (code, 1), ran.err
    assert says in told[0]
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("command", ["topics create", "topics check", "replay"])
def test_a_missing_right_has_an_exit_code_of_its_own(secured: SecuredKafka, kpi: Kpi, command: str) -> None:
    """What is denied stands in the line: no restart helps."""
    ran = kpi(
        *COMMANDS[command], **settings(secured, "SASL", **LOGIN, KPI_TOPIC_VOID=f"denied-{command[:3]}")
    )
    assert ran.code == Exit.DENIED, ran.err
    assert "deni" in ran.err


def test_a_port_that_accepts_and_never_answers_is_told_as_such(kpi: Kpi) -> None:
    """Neither for ever, nor as if nothing listened."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        ran = kpi("topics", "check", KPI_BROKERS=address, KPI_REQUEST_TIMEOUT="10s")
    assert ran.code == Exit.UNREACHABLE
    assert f"Kafka at {address} does not answer in time" in ran.err
