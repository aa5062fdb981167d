"""A snapshot from a worker's HTTP port, or one line that says why there is none.

Rules: every wait is bounded, and so is what is read. Certificates are checked, by the system's authorities or
those of SSL_CERT_FILE.

Never: sends credentials, or repeats an address that may hold some.
"""

import http.client
import socket
import ssl
import urllib.error
import urllib.request
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.hosts import is_host

_TIMEOUT_S = 10.0
_MOST_BYTES = 256 << 20
_STATUS: Final = {
    401: (Exit.DENIED, "it asks for a login: name the worker itself, not the proxy in front of it"),
    403: (Exit.DENIED, "it forbids us to read: name the worker itself, not the proxy in front of it"),
    404: (Exit.UNREACHABLE, "it has no /api/snapshot: it is no worker of this service"),
    421: (Exit.DENIED, "it is not known by that name: use its address, or name it in KPI_HTTP_HOSTS"),
    503: (Exit.FAILED, "it has no snapshot yet: kpi status says why"),
}
_PORT: Final = "check the port, and https:// or http://"
_REASONS: Final[tuple[tuple[type[BaseException], Exit, str], ...]] = (
    (ssl.SSLError, Exit.DENIED, f"no TLS connection: {_PORT}"),
    (socket.gaierror, Exit.UNREACHABLE, "the name cannot be resolved"),
    (ConnectionRefusedError, Exit.UNREACHABLE, "nothing listens there"),
    (TimeoutError, Exit.UNREACHABLE, f"no answer within {_TIMEOUT_S:g} s"),
    (ConnectionError, Exit.UNREACHABLE, f"the connection is closed without an answer: {_PORT}"),
    (http.client.HTTPException, Exit.UNREACHABLE, f"what answers there speaks no HTTP: {_PORT}"),
)


def snapshot_over_http(address: str) -> dict[str, Any]:
    """The document that a worker serves.

    Args:
        address: of its HTTP port, like http://127.0.0.1:8700.

    Raises:
        CliError: the address cannot be, nobody answers there, or with something else.
    """
    try:
        parts = urlsplit(address)
        known = parts.scheme in {"http", "https"} and is_host(parts.hostname or "") and parts.port != 0
        known = known and not parts.query and not parts.fragment
    except ValueError:  # its message repeats what may be a password
        known = False
    if not known:
        raise CliError(Exit.USAGE, "--http: an address is like http://127.0.0.1:8700")
    if parts.username is not None:
        raise CliError(Exit.USAGE, "--http: user and password cannot stand in the address")
    try:
        with urllib.request.urlopen(f"{address.rstrip('/')}/api/snapshot", timeout=_TIMEOUT_S) as answer:  # noqa: S310 - checked above
            body = answer.read(_MOST_BYTES)
    except (OSError, http.client.HTTPException) as error:
        code, says = _why(error)
        raise CliError(code, f"--http {address}: {says}") from error
    try:
        found = msgspec.json.decode(body, type=dict[str, Any])
    except ValueError as error:
        raise CliError(Exit.UNREACHABLE, f"--http {address}: what answers is no snapshot") from error
    return found


def _why(error: Exception) -> tuple[Exit, str]:
    if isinstance(error, urllib.error.HTTPError):
        return _STATUS.get(error.code, (Exit.FAILED, f"it answers with status {error.code}"))
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        why = reason.verify_message.rstrip(".")
        return Exit.DENIED, f"its certificate is not trusted ({why}): SSL_CERT_FILE names its authority"
    for kind, code, says in _REASONS:
        if isinstance(reason, kind):
            return code, says
    return Exit.UNREACHABLE, getattr(reason, "strerror", None) or type(reason).__name__
