"""Who is answered over HTTP, and what an answer that no route made looks like.

Rules: a request names whom it asks (``Host``). Addresses, localhost and the names given are this service;
any other name is refused, because a page from elsewhere whose name was pointed at this machine (DNS
rebinding) could read the values through a visitor's browser. What is no request gets the status and its
usual words, never what the client sent. Every answer is hardened.

Never: looks a name up.
"""

import logging
from collections.abc import Collection
from http import HTTPStatus
from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware
from aiohttp.web_protocol import RequestHandler

from streams.log_limit import Limiter

HEADERS = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "Server": "kpi-streams",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)
_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""Content-Security-Policy of what brings none of its own: nothing may be loaded."""
_ANY = "*"
_REFUSED = (
    "This service is not known by the name that was asked for: use its address, or name it in KPI_HTTP_HOSTS."
)


def is_ours(asked: str, names: Collection[str]) -> bool:
    """Whether a ``Host`` header means this service.

    Args:
        asked: the header, with or without a port.
        names: further names, in lower case; ``*`` is any.
    """
    if _ANY in names:
        return True
    try:
        name = urlsplit(f"//{asked}").hostname or ""
    except ValueError:
        return False
    name = name.removesuffix(".")
    return name == "localhost" or name in names or _is_address(name)


def only_ours(names: Collection[str]) -> Middleware:
    """Refuses requests to other names with 421."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        asked = request.headers.get(hdrs.HOST)
        if asked is None or is_ours(asked, names):  # without the header: HTTP/1.0, which no browser speaks
            return await handler(request)
        return web.Response(status=HTTPStatus.MISDIRECTED_REQUEST, text=_REFUSED)

    return check


async def harden(_request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Add to an answer what each has."""
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers.update(HEADERS)


class Answering(RequestHandler):
    """aiohttp's protocol of a connection, with answers of ours to what is no request."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - holds what the client sent
    ) -> web.StreamResponse:
        """The status in words; a failure of ours is logged."""
        self.log_exception("answering a request failed", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun")
        known = HTTPStatus(status)
        response = web.Response(
            status=known,
            text=f"{known.value} {known.phrase}\n",
            headers={**HEADERS, "Content-Security-Policy": _POLICY},
        )
        response.force_close()
        return response


class _OursOnly(logging.Filter):
    """Leaves out what clients did wrong: aiohttp would log each with a traceback and what they sent."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the entry is of a failure of ours."""
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        return error is not None and not isinstance(error, HttpProcessingError | ConnectionError)


def requests_log() -> logging.Logger:
    """Where aiohttp tells of requests that failed: ours only, and not more than a few a minute."""
    logger = logging.getLogger("streams.publish.http.server.requests")
    if not logger.filters:
        logger.addFilter(_OursOnly())
        logger.addFilter(Limiter(lambda: None))
    return logger


def _is_address(name: str) -> bool:
    try:
        ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
