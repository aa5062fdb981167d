"""What went wrong between us and Redis, told apart in one line: name, network, TLS, login, rights, state.

redis-py says "ConnectionError" for most of it; what the system or TLS said stands behind it in the chain.

Never: repeats what a server sent, but for the names of the user and of the command that it denies; nor the
address, which may hold a password.
"""

import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import redis
from redis.exceptions import (
    AuthenticationError,
    AuthenticationWrongNumberOfArgsError,
    BusyLoadingError,
    ClusterDownError,
    InvalidResponse,
    MasterDownError,
    MovedError,
    NoPermissionError,
    ReadOnlyError,
    ResponseError,
)

from streams.redis_contract.failures import Cause, Failure
from streams.redis_contract.primary import NoPrimaryError


def explain(error: BaseException, *, tls: bool = False) -> Failure:
    """Say why Redis did not do something: the first of the chain that says it.

    Args:
        error: what redis-py or the system raised.
        tls: whether it was talked to over TLS; a server that speaks none waits in silence for more.
    """
    chain = list(_chain(error))
    for one in chain:
        if isinstance(one, NoPrimaryError):
            return _nobody(one, tls=tls)
    failure = _explain(error, chain)
    return _OVER_TLS.get(failure, failure) if tls else failure


def _explain(error: BaseException, chain: Sequence[BaseException]) -> Failure:
    for tell in (_moved, _rights, _login, _tls, _stranger, _state, _network):
        for one in chain:
            if (found := tell(one)) is not None:
                return found
    cause = Cause.FAILED if isinstance(error, ResponseError) else Cause.UNREACHABLE
    return Failure(cause, type(error).__name__, "look at Redis' own log")


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in seen:
        seen.append(following)
        yield following
        following = following.__cause__ or following.__context__


def _moved(error: BaseException) -> Failure | None:
    if isinstance(error, MovedError):
        return Failure(
            Cause.UNREACHABLE,
            "it is a node of a Redis Cluster",
            "begin {url} with redis+cluster://",
        )
    return None


def _said(error: BaseException) -> str:
    """What the server said, without the command, the bracket and the quote that redis-py puts before it."""
    return str(error).rpartition(" of pipeline caused error: ")[2].lstrip("('\"")


def _nobody(error: NoPrimaryError, *, tls: bool) -> Failure:
    """No server was found: what kept those that were asked from answering says more."""
    told = [explain(each, tls=tls) for each in error.errors]
    refused = [failure for failure in told if failure.cause is Cause.REFUSED]
    if not told:
        return Failure(Cause.UNREACHABLE, str(error), "check {url}, and whether those servers run")
    worst = (refused or told)[-1]
    return Failure(worst.cause, f"{error}: {worst.why}", worst.cure)


_DENIED: Final = re.compile(
    r"(?:\buser (?P<user>[\w.@-]{1,64}) )?has no permissions to run the '(?P<command>[\w|.-]{1,40})'",
    re.IGNORECASE,
)
_REFUSALS: Final = ("ACL failure in script", "because of: NOPERM")
"""What a script says, and a transaction."""
_RIGHTS: Final = "kpi acls prints the rights that are needed"


def _rights(error: BaseException) -> Failure | None:
    text = _said(error)
    if isinstance(error, ResponseError) and "EXEC without MULTI" in text:  # its refusal, redis-py drops
        return Failure(Cause.REFUSED, "this user may not run the command multi", _RIGHTS)
    if not isinstance(error, NoPermissionError) and not any(words in text for words in _REFUSALS):
        return None
    found = _DENIED.search(text)
    if found is not None:
        who = f"user {found['user']}" if found["user"] else "this user"
        return Failure(Cause.REFUSED, f"{who} may not run the command {found['command'].lower()}", _RIGHTS)
    what = "the channel" if "channel" in text else "the keys"
    return Failure(Cause.REFUSED, f"this user may not use {what} of this tenant", _RIGHTS)


def _login(error: BaseException) -> Failure | None:
    if isinstance(error, AuthenticationWrongNumberOfArgsError):
        return Failure(Cause.REFUSED, "it knows no users, being older than Redis 6", "leave {username} empty")
    if not isinstance(error, AuthenticationError):
        return None
    text = str(error).lower()
    if "without any password configured" in text or "no password is set" in text:
        return Failure(
            Cause.REFUSED,
            "a password is given, and its default user has none",
            "leave {password} empty, or name another {username}",
        )
    if "authentication required" in text or "hello must be called" in text:
        return Failure(Cause.REFUSED, "it asks for a login", "set {password}, and {username} if it has users")
    return Failure(
        Cause.REFUSED, "wrong user or password, or a user that is off", "check {username} and {password}"
    )


_CERTIFICATE: Final = "set {cert_file}, or let us in without one: tls-auth-clients no"
_DISTRUST: Final = ("alert unknown ca", "alert bad certificate", "alert certificate", "alert decrypt error")
"""What a server says of a certificate that it was shown."""


def _tls(error: BaseException) -> Failure | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message.rstrip(".")
        cure = "check the host in {url}" if "mismatch" in why else "check {ca_file}"
        return Failure(Cause.REFUSED, f"its certificate is not trusted: {why}", cure)
    if not isinstance(error, ssl.SSLError):
        return None
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):  # closed before its alert was read
        return _CLOSED
    reason = (error.reason or "no TLS").replace("_", " ").lower()
    if "certificate required" in reason or "handshake failure" in reason:
        return Failure(
            Cause.REFUSED,
            f"it asks for a client certificate, of which there is none: {reason}",
            _CERTIFICATE,
        )
    if any(word in reason for word in _DISTRUST):
        return Failure(
            Cause.REFUSED, f"it does not trust our client certificate: {reason}", "check {cert_file}"
        )
    return Failure(
        Cause.REFUSED, f"no TLS connection: {reason}", "check the port, and rediss:// or redis:// in {url}"
    )


def _stranger(error: BaseException) -> Failure | None:
    if isinstance(error, InvalidResponse):
        what = "an HTTP server" if "HTTP/" in str(error) else "something else"
        return Failure(
            Cause.UNREACHABLE,
            f"{what} answers there, which is no Redis",
            "check host, port and scheme in {url}",
        )
    found = re.match(r"unknown command '?`?(?P<name>\w{1,40})", _said(error), re.IGNORECASE)
    if isinstance(error, ResponseError) and found is not None:
        return Failure(
            Cause.FAILED,
            f"it does not know the command {found['name'].lower()}: it is a Sentinel, too old, or no Redis",
            "check {url}; Sentinels are named by redis+sentinel://",
        )
    return None


_STATES: Final[tuple[tuple[Callable[[BaseException], bool], Failure], ...]] = (
    (
        lambda error: isinstance(error, BusyLoadingError),
        Failure(Cause.UNREACHABLE, "it is still loading its data", "wait until it has"),
    ),
    (
        lambda error: isinstance(error, MasterDownError),
        Failure(Cause.UNREACHABLE, "it is a replica that has lost its primary", "check {url}"),
    ),
    (
        lambda error: isinstance(error, ClusterDownError),
        Failure(Cause.UNREACHABLE, "the Redis Cluster is down", "start the nodes that are away"),
    ),
    (
        lambda error: _said(error) == "max number of clients reached",
        Failure(Cause.UNREACHABLE, "it has as many clients as it takes", "raise maxclients of Redis"),
    ),
    (
        lambda error: isinstance(error, ReadOnlyError),
        Failure(
            Cause.FAILED,
            "it is a replica, which takes no writes",
            "name the primary in {url}, or the Sentinels that know it: redis+sentinel://",
        ),
    ),
    (
        lambda error: _said(error).startswith("MISCONF"),
        Failure(
            Cause.FAILED,
            "it takes no writes while it cannot save to disk",
            "look at Redis' log and at its disk, or set stop-writes-on-bgsave-error no",
        ),
    ),
    (
        lambda error: _said(error).startswith("NOREPLICAS"),
        Failure(
            Cause.FAILED,
            "it takes no writes while replicas are away",
            "start them, or lower min-replicas-to-write",
        ),
    ),
    (
        lambda error: _said(error).startswith("WRONGTYPE"),
        Failure(
            Cause.FAILED,
            "a key of this tenant holds something that this service does not write",
            "give one of the two another tenant, or another database in {url}",
        ),
    ),
    (
        lambda error: "DB index" in _said(error),
        Failure(Cause.FAILED, "it has no database of that number", "check {url}"),
    ),
)
"""What a server that answers says of itself."""


def _state(error: BaseException) -> Failure | None:
    if not isinstance(error, redis.RedisError):
        return None
    return next((failure for is_it, failure in _STATES if is_it(error)), None)


_SLOW: Final = Failure(
    Cause.UNREACHABLE, "no answer in time", "check {url} and the network, or raise {timeout}"
)
_CLOSED: Final = Failure(
    Cause.UNREACHABLE,
    "the connection is closed without an answer",
    "check the port, and rediss:// or redis:// in {url}",
)
_OVER_TLS: Final = {
    _SLOW: Failure(Cause.UNREACHABLE, "no answer in time, or it speaks no TLS", _SLOW.cure),
    _CLOSED: Failure(
        Cause.UNREACHABLE,
        "closed without an answer; it may ask for a client certificate, and not have got one that it trusts",
        "check the port in {url}; " + _CERTIFICATE,
    ),
}
"""What the same looks like over TLS."""
_NETWORK: Final = {
    socket.gaierror: Failure(Cause.UNREACHABLE, "the name cannot be resolved", "check {url} and DNS"),
    ConnectionRefusedError: Failure(
        Cause.UNREACHABLE, "nothing listens there", "check {url}, and whether Redis runs"
    ),
    FileNotFoundError: Failure(
        Cause.UNREACHABLE, "there is no such socket", "check {url}, and whether Redis runs"
    ),
    ConnectionResetError: _CLOSED,
    TimeoutError: _SLOW,
    redis.TimeoutError: _SLOW,
}


def _network(error: BaseException) -> Failure | None:
    for kind, failure in _NETWORK.items():
        if isinstance(error, kind):
            return failure
    if isinstance(error, OSError) and error.strerror:
        return Failure(Cause.UNREACHABLE, error.strerror.lower(), "check {url} and the network")
    if isinstance(error, redis.ConnectionError) and "closed by server" in str(error):
        return _CLOSED
    return None
