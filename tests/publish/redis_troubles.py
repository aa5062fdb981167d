"""Everything that a Redis can have against us, and what is to be said of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from streams.redis_contract.failures import Cause
from tests.publish.redis_arranged import (
    SLOW_S,
    Arranged,
    Place,
    a_sentinel,
    alerting,
    at,
    crowded,
    foreign_key,
    http_there,
    loading,
    orphan,
    replica,
    set_to,
    silence,
    tls,
    unsaved,
    user,
)
from tests.support.redis_fleets import SERVICE, port_of

Who = Literal["all", "readers", "values", "writer"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A trouble, and what is to be said: its cause, what it is, and the part of the settings to change."""

    arranged: Arranged
    cause: Cause
    says: str
    change: str
    who: Who = "all"
    """Who has it: all, down to a PING; all who read; who reads single values; or the writer alone."""


def _front(scheme: str, path: str = "") -> Callable[[Place], str]:
    return lambda place: f"{scheme}://127.0.0.1:{port_of(place.server)}{path}"


_UNREACHABLE, _REFUSED, _FAILED = Cause.UNREACHABLE, Cause.REFUSED, Cause.FAILED
_ACLS = "kpi acls"
TROUBLES: dict[str, Trouble] = {
    "refused": Trouble(at("redis://127.0.0.1:1/0"), _UNREACHABLE, "nothing listens there", "url"),
    "no socket": Trouble(at("unix:///no/such/socket"), _UNREACHABLE, "there is no such socket", "url"),
    "unresolvable": Trouble(
        at("redis://no.such.host.invalid"), _UNREACHABLE, "the name cannot be resolved", "url"
    ),
    "silent": Trouble(silence, _UNREACHABLE, "no answer in time", "timeout"),
    "http": Trouble(http_there, _UNREACHABLE, "an HTTP server answers there, which is no Redis", "url"),
    "unknown authority": Trouble(
        tls(authority="wrong"), _REFUSED, "its certificate is not trusted: self-signed certificate", "ca_file"
    ),
    "another name": Trouble(
        tls(shown="localhost"), _REFUSED, "its certificate is not trusted: Hostname mismatch", "url"
    ),
    "plain text to TLS": Trouble(tls(scheme="redis"), _UNREACHABLE, "closed without an answer", "url"),
    "TLS to plain text": Trouble(
        at(_front("rediss"), SLOW_S), _UNREACHABLE, "no answer in time, or it speaks no TLS", "url"
    ),
    "client certificate": Trouble(
        tls(asks=True),
        _UNREACHABLE,
        "it may ask for a client certificate, and not have got one that it trusts",
        "tls-auth-clients",
    ),
    "client certificate, by an alert": Trouble(
        alerting, _REFUSED, "it asks for a client certificate, of which there is none", "tls-auth-clients"
    ),
    "wrong password": Trouble(user(password="not-the-word"), _REFUSED, "wrong user or password", "password"),  # noqa: S106
    "no password": Trouble(set_to("requirepass", "word", ""), _REFUSED, "it asks for a login", "password"),
    "command denied": Trouble(
        user("-hmget"), _REFUSED, "user kpi may not run the command hmget", _ACLS, who="values"
    ),
    "transactions denied": Trouble(
        user("-multi", "-evalsha"), _REFUSED, "may not run the command", _ACLS, who="values"
    ),
    "end of transactions denied": Trouble(
        user("-exec", "-evalsha"), _REFUSED, "may not run the command", _ACLS, who="values"
    ),
    "command of the script denied": Trouble(
        user("-publish"), _REFUSED, "user kpi may not run the command publish", _ACLS, who="writer"
    ),
    "keys denied": Trouble(
        user("resetkeys"), _REFUSED, "may not use the keys of this tenant", _ACLS, who="readers"
    ),
    "channel denied": Trouble(
        user("resetchannels"), _REFUSED, "may not use the channel of this tenant", _ACLS, who="writer"
    ),
    "no Sentinel": Trouble(
        at(_front("redis+sentinel", f"/{SERVICE}")), _UNREACHABLE, "is no Sentinel", "url"
    ),
    "no cluster": Trouble(at(_front("redis+cluster")), _UNREACHABLE, "is no Redis Cluster node", "url"),
    "nobody of several": Trouble(
        at("redis+cluster://127.0.0.1:1,127.0.0.1:2"),
        _UNREACHABLE,
        "no Redis Cluster node answers at 127.0.0.1:1, 127.0.0.1:2: nothing listens there",
        "url",
    ),
    "a Sentinel itself": Trouble(
        a_sentinel, _FAILED, "it does not know the command", "redis+sentinel://", who="readers"
    ),
    "loading": Trouble(loading, _UNREACHABLE, "it is still loading its data", "wait"),
    "no such database": Trouble(at(_front("redis", "/99")), _FAILED, "no database of that number", "url"),
    "too many clients": Trouble(
        crowded, _UNREACHABLE, "it has as many clients as it takes", "raise maxclients"
    ),
    "somebody else's key": Trouble(
        foreign_key, _FAILED, "holds something that this service does not write", "tenant", who="values"
    ),
    "orphaned replica": Trouble(
        orphan, _UNREACHABLE, "a replica that has lost its primary", "url", who="readers"
    ),
    "replica": Trouble(replica, _FAILED, "it is a replica, which takes no writes", "url", who="writer"),
    "cannot save": Trouble(
        unsaved, _FAILED, "it takes no writes while it cannot save", "its disk", who="writer"
    ),
    "no replicas": Trouble(
        set_to("min-replicas-to-write", 1, 0),
        _FAILED,
        "it takes no writes while replicas are away",
        "min-replicas-to-write",
        who="writer",
    ),
}
