"""What went wrong between us and Kafka, told apart in one line: name, network, TLS, login, rights, time.

aiokafka says "unable to bootstrap" for all of it. So whoever gives up asks each broker once more, one step
after the other (name, connection, TLS, login), and says where it ends, what to change, and what was denied.

Never: repeats what a broker or a token command sent, but for its list of mechanisms.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from aiokafka import conn, errors
from aiokafka.protocol.metadata import MetadataRequest

from streams.engine.kafka.security import TokenError
from streams.log_limit import quiet_client

_PROBE_MS = 5_000
log = logging.getLogger(__name__)


class Cause(Enum):
    """What kind of failure it is; callers choose their exit code by it, never by the text."""

    UNREACHABLE = "unreachable"
    """No connection, no answer, or no Kafka."""
    REFUSED = "refused"
    """TLS, login or rights: a person has to change something."""
    FAILED = "failed"
    """Kafka answers, and cannot do what was asked."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure in one line."""

    cause: Cause
    text: str

    def __str__(self) -> str:
        return self.text


_DENIED: dict[type[Exception], str] = {
    errors.TopicAuthorizationFailedError: "access to a topic",
    errors.GroupAuthorizationFailedError: "the consumer group (Read and Describe on group KPI_APP_ID)",
    errors.ClusterAuthorizationFailedError: "an operation on the cluster",
    errors.TransactionalIdAuthorizationFailed: (
        "a transactional id (Write and Describe on transactional ids that begin with KPI_APP_ID)"
    ),
}


async def explain(options: Mapping[str, Any], error: BaseException, operation: str) -> Failure:
    """Say why Kafka did not do something.

    Args:
        options: Client.options of the process.
        error: what aiokafka or the system raised.
        operation: what was being done, like "reading topics": stands in the line.
    """
    without = denied(options, error, operation)
    if without is not None:
        return Failure(Cause.REFUSED, without)
    told = _direct(options, error, "")
    if told is not None:
        return told
    if isinstance(error, errors.CorruptRecordException):
        return Failure(Cause.FAILED, f"{operation}: what Kafka holds cannot be read: {error}")
    connecting = isinstance(error, errors.KafkaConnectionError | OSError | TimeoutError) or _is_silent(error)
    if not connecting:
        return Failure(Cause.FAILED, f"Kafka failed while {operation}: {type(error).__name__}")
    probed = await probe(options)
    if probed is not None:
        return probed
    where = ", ".join(options["bootstrap_servers"])
    return Failure(Cause.UNREACHABLE, f"Kafka at {where} did not answer in time while {operation}")


def denied(options: Mapping[str, Any], error: BaseException, operation: str) -> str | None:
    """What rights are missing, if that is what an error says."""
    what = next((text for kind, text in _DENIED.items() if isinstance(error, kind)), None)
    if what is None:
        return None
    named = [str(arg) for arg in error.args if isinstance(arg, str | set | frozenset | list)]
    topics = (
        f" {', '.join(named)}" if isinstance(error, errors.TopicAuthorizationFailedError) and named else ""
    )
    return f"Kafka denies {user(options)} {what}{topics}, while {operation}; kpi acls prints what is needed"


def user(options: Mapping[str, Any]) -> str:
    """Who we are to the broker, in words."""
    name = options.get("sasl_plain_username")
    return f"user {name}" if name else "this client"


def _is_silent(error: BaseException) -> bool:
    return isinstance(error, errors.RequestTimedOutError | errors.NodeNotReadyError | errors.StaleMetadata)


async def probe(options: Mapping[str, Any]) -> Failure | None:
    """Ask each broker by itself; the worst that was found, None if one of them answers as it should."""
    found: Failure | None = None
    for address in options["bootstrap_servers"]:
        failure = await _probe_one(options, address)
        if failure is None:
            return None
        if found is None or failure.cause is Cause.REFUSED:
            found = failure
    return found


async def _probe_one(options: Mapping[str, Any], address: str) -> Failure | None:
    host, _, port = address.rpartition(":")
    wanted = {key: value for key, value in options.items() if key.startswith(("sasl_", "security_", "ssl_"))}
    try:
        with quiet_client():
            await asyncio.wait_for(_ask(host.strip("[]"), int(port), wanted), 2 * _PROBE_MS / 1_000)
    except Exception as error:  # noqa: BLE001 - whatever a stranger on that port makes of it
        return _direct(options, error, address) or _odd(options, error, address)
    return None


async def _ask(host: str, port: int, options: Mapping[str, Any]) -> None:
    """Connect, log in and put a question: a broker that refuses a client may do so only then."""
    made = await conn.create_conn(host, port, request_timeout_ms=_PROBE_MS, **options)
    try:
        answer = await made.send(MetadataRequest([]))
        if not answer.brokers and options.get("sasl_mechanism") == "OAUTHBEARER":
            raise errors.SaslAuthenticationFailed  # aiokafka takes the refusal of a token for an answer
    finally:
        made.close()


def _direct(options: Mapping[str, Any], error: BaseException, address: str) -> Failure | None:
    """What an error says by itself, if it does; ``address`` empty: of no broker in particular."""
    where = f"Kafka at {address}" if address else "Kafka"
    found = _login(options, error, where)
    if found is None and address:
        found = _network(error, where)
    return found


def _login(options: Mapping[str, Any], error: BaseException, where: str) -> Failure | None:
    mechanism = options.get("sasl_mechanism")
    if isinstance(error, TokenError):
        return Failure(Cause.REFUSED, f"no token for {where}: {error.args[0]} (KPI_KAFKA_TOKEN_COMMAND)")
    if isinstance(error, errors.UnsupportedSaslMechanismError):
        return Failure(Cause.REFUSED, f"{where} does not take {mechanism}: change KPI_KAFKA_MECHANISM")
    if isinstance(error, errors.SaslAuthenticationFailed | errors.AuthenticationFailedError):
        cure = (
            "check KPI_KAFKA_TOKEN_COMMAND"
            if mechanism == "OAUTHBEARER"
            else "check KPI_KAFKA_USERNAME, KPI_KAFKA_PASSWORD and KPI_KAFKA_MECHANISM"
        )
        return Failure(Cause.REFUSED, f"{where} refuses the login of {user(options)} by {mechanism}: {cure}")
    if isinstance(error, errors.IllegalSaslStateError):
        return Failure(Cause.REFUSED, f"{where} asks for no login on that port: change KPI_KAFKA_PROTOCOL")
    return None


def _network(error: BaseException, where: str) -> Failure | None:
    if isinstance(error, socket.gaierror):
        return Failure(Cause.UNREACHABLE, f"{where}: the name cannot be resolved; check KPI_BROKERS and DNS")
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message.rstrip(".")
        return Failure(
            Cause.REFUSED, f"{where} shows a certificate that is not trusted ({why}); check KPI_KAFKA_CAFILE"
        )
    if isinstance(error, ssl.SSLError):
        why = (error.reason or "no TLS").replace("_", " ").lower()
        return Failure(
            Cause.REFUSED,
            f"{where}: no TLS connection ({why}); check KPI_KAFKA_PROTOCOL, the port, and whether a client "
            "certificate is asked for (KPI_KAFKA_CERTFILE)",
        )
    if isinstance(error, ConnectionRefusedError):
        return Failure(Cause.UNREACHABLE, f"{where} refuses the connection: nothing listens there")
    if isinstance(error, TimeoutError | asyncio.TimeoutError | errors.RequestTimedOutError):
        return Failure(
            Cause.UNREACHABLE, f"{where} does not answer in time; is it a Kafka, and not overloaded?"
        )
    return None


def _odd(options: Mapping[str, Any], error: BaseException, where: str) -> Failure:
    """A connection that was made and broke: most often the other side speaks something else."""
    protocol = options.get("security_protocol", "PLAINTEXT")
    if isinstance(error, OSError) and not isinstance(error, errors.KafkaError | ConnectionError):
        return Failure(Cause.UNREACHABLE, f"Kafka at {where} cannot be reached: {error.strerror}")
    more = {
        "SSL": ", and whether it asks for a client certificate (KPI_KAFKA_CERTFILE)",
        "SASL_SSL": ", and the login",
        "SASL_PLAINTEXT": ", and the login",
    }.get(protocol, "")
    if options.get("sasl_mechanism") == "OAUTHBEARER":
        more = ", and the token (KPI_KAFKA_TOKEN_COMMAND)"
    return Failure(
        Cause.UNREACHABLE,
        f"Kafka at {where} closes the connection or does not speak {protocol}: check the port and "
        f"KPI_KAFKA_PROTOCOL{more}",
    )
