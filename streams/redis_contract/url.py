"""The addresses of Redis: one server, a service that Sentinels watch, or a Redis Cluster.

Rules: ``redis://``, ``rediss://`` and ``unix://`` are redis-py's own. ``redis+sentinel://host,host/SERVICE/db``
names the Sentinels, ``redis+cluster://host,host`` some nodes of the cluster; with ``rediss+`` everything is
TLS, the Sentinels too. What is refused is told in one line that names what is allowed.

Never: repeats a part of the address in a message that a password could have slipped into.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from streams.hosts import is_host

Host = tuple[str, int]

Kind = Literal["server", "sentinel", "cluster"]

SCHEMES: dict[str, Kind] = {
    "redis": "server",
    "rediss": "server",
    "unix": "server",
    "redis+sentinel": "sentinel",
    "rediss+sentinel": "sentinel",
    "redis+cluster": "cluster",
    "rediss+cluster": "cluster",
}
TLS_SCHEMES = tuple(scheme for scheme in SCHEMES if scheme.startswith("rediss"))

_ONE_OF = ", ".join(f"{scheme}://" for scheme in SCHEMES)
_PORTS: dict[Kind, int] = {"server": 6_379, "sentinel": 26_379, "cluster": 6_379}
_SHAPES: dict[Kind, str] = {
    "server": "redis://HOST:6379/0",
    "sentinel": "redis+sentinel://HOST:26379,HOST:26379/SERVICE/0",
    "cluster": "redis+cluster://HOST:6379,HOST:6379",
}
_PARAMETERS = ("db",)
"""What may stand after ``?`` for one server; others would change waits or the check of certificates."""
_SERVICE = re.compile(r"[A-Za-z0-9._-]+")
"""The names that Sentinel takes."""
_DATABASE = re.compile(r"(?:/[0-9]{0,9})?")
"""A path that is no number redis-py would read as database 0."""
_HOST = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class RedisUrl:
    """What an address says."""

    kind: Kind
    tls: bool
    hosts: tuple[Host, ...] = ()
    """Sentinels, or nodes of the cluster; not told for one server, whose address redis-py reads itself."""
    service: str = ""
    """What the Sentinels call the primary and its replicas."""
    db: int = 0
    """The number of the database."""
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


def read_url(url: str) -> RedisUrl:
    """Read an address.

    Raises:
        ValueError: it cannot be one of Redis; the message says what is allowed.
    """
    scheme = url.partition("://")[0]
    kind = SCHEMES.get(scheme)
    if kind is None:
        raise ValueError(f"the scheme of the Redis URL must be one of {_ONE_OF}")
    parts = _parts(kind, url)
    _check_parameters(kind, parts)
    tls = scheme in TLS_SCHEMES
    user, _, hosts = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    who = RedisUrl(kind, tls, username=unquote(name) or None, password=unquote(password) or None)
    if kind == "server":
        if parts.scheme != "unix" and parts.hostname and not is_host(parts.hostname):
            raise ValueError(f"the host in the Redis URL cannot be: it must be {_SHAPES[kind]}")
        if parts.scheme != "unix" and not _DATABASE.fullmatch(parts.path):
            raise ValueError("what follows the host in the Redis URL is the number of a database, like /0")
        return replace(who, db=_database(parts))
    service, db = _path(kind, parts.path)
    return replace(who, hosts=tuple(_host(each, kind) for each in hosts.split(",")), service=service, db=db)


def _parts(kind: Kind, url: str) -> SplitResult:
    """The parts of a URL in which user and password are where they belong."""
    try:
        parts = urlsplit(url)
        astray = (parts.query, parts.fragment, "" if parts.scheme == "unix" else parts.path)
        if not any("@" in part for part in astray) and (kind != "server" or parts.port != 0):
            return parts
    except ValueError:  # its message repeats what may be a password
        pass
    raise ValueError(
        "the parts of the Redis URL cannot be told apart: write it like redis://USER:PASSWORD@HOST:6379/0; "
        "in USER and PASSWORD /, ?, #, @, [ and : are written as %2F, %3F, %23, %40, %5B and %3A"
    )


def _check_parameters(kind: Kind, parts: SplitResult) -> None:
    known = _PARAMETERS if kind == "server" else ()
    strange = parse_qs(parts.query, keep_blank_values=True).keys() - set(known)
    if strange:
        allowed = f"allowed is {', '.join(known)}" if known else f"none is allowed in {_SHAPES[kind]}"
        raise ValueError(f"parameter {min(strange)} in the Redis URL is not known; {allowed}")


def _database(parts: SplitResult) -> int:
    """As redis-py reads it for one server; what is no number it refuses itself."""
    path = "" if parts.scheme == "unix" else parts.path.strip("/")
    (text,) = parse_qs(parts.query).get("db", [path])[:1]
    return int(text) if text.isascii() and text.isdecimal() else 0


def _path(kind: Kind, path: str) -> tuple[str, int]:
    words = path.strip("/").split("/") if path.strip("/") else []
    service = words.pop(0) if kind == "sentinel" and words else ""
    db = words.pop(0) if words else "0"
    if kind == "sentinel" and not _SERVICE.fullmatch(service):
        raise ValueError(f"the Redis URL must name the service that the Sentinels watch: {_SHAPES[kind]}")
    if words or not (db.isascii() and db.isdecimal()):
        raise ValueError(f"what follows the hosts in the Redis URL cannot be: it must be {_SHAPES[kind]}")
    if kind == "cluster" and int(db):
        raise ValueError("a Redis Cluster has only database 0: leave the number out")
    return service, int(db)


def _host(text: str, kind: Kind) -> Host:
    match = _HOST.fullmatch(text)
    port = int((match and match["port"]) or _PORTS[kind])
    if match is None or not is_host(match["v6"] or match["name"]) or not 0 < port < 65_536:  # noqa: PLR2004 - the ports there are
        raise ValueError(f"a host in the Redis URL cannot be: it must be {_SHAPES[kind]}")
    return match["v6"] or match["name"], port
