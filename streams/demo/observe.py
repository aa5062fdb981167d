"""What Redis and the workers hold, all at one and the same t.

Rules: a Redis reading is one transaction; readings of different t are never put together, they are taken
anew until they agree.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple, Self

import aiohttp
import msgspec
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis

from streams.redis_contract.connection import answered
from streams.redis_contract.layout import Keys, Place

_POLL_S = 0.1
_SNAPSHOT_T = b"crm_snapshot_timestamp_seconds"
_DIMENSIONS_T = b"crm_dimensions_timestamp_seconds"
_TIMEOUT = aiohttp.ClientTimeout(total=5)

Document = dict[str, Any]
Labels = tuple[tuple[str, str], ...]
_REDIS_S = 60.0
"""How long an answer of Redis is waited for: all hashes come in one, and this process may be busy."""

Series = tuple[str, Labels]
"""Sample name and sorted labels."""
Page = Mapping[Series, float]


class ObservationError(Exception):
    """What is waited for does not come; the message says what is there instead."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything published at one t; documents and pages by the name of who showed them."""

    t_ms: int
    dimensions_t_ms: int
    """Of the values by dimension: earlier by up to their interval."""
    documents: Mapping[str, Document]
    pages: Mapping[str, Page]
    hashes: Mapping[Place, Mapping[str, str]]


class Observer:
    """Reads Redis and the workers.

    Args:
        redis_url: of the published values.
        tenant: whose.
        workers: name -> HTTP address of each worker.
        check_alive: raises what ends all waiting when something has ended.
    """

    def __init__(
        self, redis_url: str, tenant: str, workers: Mapping[str, str], check_alive: Callable[[], None]
    ) -> None:
        # Any: redis-py's types cannot say that answers come decoded
        self._redis: Any = Redis.from_url(redis_url, decode_responses=True, socket_timeout=_REDIS_S)
        self._keys = Keys(tenant)
        self._workers = workers
        self._check_alive = check_alive

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._redis.aclose()

    async def received(self) -> int:
        """How many records the workers have received, by what Redis says; 0 while it says nothing."""
        count: int = (await self._document()).get("accounting", {}).get("received", 0)
        return count

    async def settled(self, sent: int, *, within: float) -> int:
        """Wait until every record sent is applied and none waits for its time; the t (ms) since when.

        Raises:
            ObservationError: it does not come to that.
        """
        deadline = time.monotonic() + within
        while not _is_settled(document := await self._document(), sent):
            self._check_alive()
            if time.monotonic() > deadline:
                raise ObservationError(
                    f"not everything was applied within {within:g} s: {_state(document, sent)}"
                )
            await asyncio.sleep(_POLL_S)
        t_ms: int = document["t"]
        return t_ms

    async def observe(self, since_ms: int, *, within: float) -> Observed:
        """Everything at the next t that all of them show, and values by dimension from after ``since_ms``.

        These have an earlier t of their own: one before everything was applied tells of less.

        Raises:
            ObservationError: they do not agree on one.
        """
        deadline = time.monotonic() + within
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            while time.monotonic() < deadline:
                self._check_alive()
                look = await self._look(session)
                if look.instants is not None and min(look.instants) > since_ms:
                    return self._read(look, look.instants)
                await asyncio.sleep(_POLL_S)
        raise ObservationError(f"Redis and the workers showed no common t within {within:g} s")

    async def _look(self, session: aiohttp.ClientSession) -> "_Look":
        """Fetch everything as fast as it goes."""
        urls = [f"{url}{path}" for path in ("/api/snapshot", "/metrics") for url in self._workers.values()]
        (stored, hashes), bodies = await asyncio.gather(
            self._stored(), asyncio.gather(*(_fetch(session, url) for url in urls))
        )
        documents = [stored, *bodies[: len(self._workers)]]
        return _Look(documents, bodies[len(self._workers) :], hashes)

    async def _stored(self) -> tuple[bytes, dict[str, Mapping[str, str]]]:
        """The snapshot and all hashes, as of one moment."""
        keys: list[str] = sorted(await answered(self._redis.smembers(self._keys.index)))
        while True:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.get(self._keys.snapshot).smembers(self._keys.index)
                for key in keys:
                    pipe.hgetall(key)
                stored, index, *hashes = await answered(pipe.execute())
            if set(index) == set(keys):
                return (stored or "{}").encode(), dict(zip(keys, hashes, strict=True))
            keys = sorted(index)  # written anew since they were asked for

    def _read(self, look: "_Look", instants: tuple[int, int]) -> Observed:
        names = ("redis", *self._workers)
        documents = {
            name: msgspec.json.decode(text) for name, text in zip(names, look.documents, strict=True)
        }
        pages = {
            name: parse_page(text.decode()) for name, text in zip(self._workers, look.pages, strict=True)
        }
        hashes = {place: fields for key, fields in look.hashes.items() if (place := self._keys.place(key))}
        return Observed(*instants, documents, pages, hashes)

    async def _document(self) -> Document:
        text = await answered(self._redis.get(self._keys.snapshot))
        return {} if text is None else msgspec.json.decode(text)


class _Head(msgspec.Struct):
    """What tells documents of one t."""

    t: int = -1
    dimensions_t: int = -1
    windows: dict[str, msgspec.Raw] = {}


class _Look(NamedTuple):
    """One look at everything, unread."""

    documents: list[bytes]
    pages: list[bytes]
    hashes: dict[str, Mapping[str, str]]

    @property
    def instants(self) -> tuple[int, int] | None:
        """The t and the dimensions' t that all of it has; None if it has several, or no values."""
        heads = [msgspec.json.decode(text, type=_Head) for text in self.documents]
        found = {(head.t, head.dimensions_t) for head in heads}
        found |= {(_instant(page, _SNAPSHOT_T), _instant(page, _DIMENSIONS_T)) for page in self.pages}
        return found.pop() if len(found) == 1 and all(head.windows for head in heads) else None


def _instant(page: bytes, name: bytes) -> int:
    """The value of a sample without labels, in ms; -1 if it is not there."""
    found = re.search(rb"^%b (\S+)$" % name, page, re.MULTILINE)
    return round(1000 * float(found[1])) if found else -1


async def _fetch(session: aiohttp.ClientSession, url: str) -> bytes:
    try:
        async with session.get(url) as answer:
            return await answer.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise ObservationError(f"{url} does not answer ({type(error).__name__})") from error


def parse_page(text: str) -> dict[Series, float]:
    """The samples of a metrics page in text form."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _is_settled(document: Document, sent: int) -> bool:
    accounting = document.get("accounting", {})
    partitions = document.get("partitions", {}).values()
    return (
        accounting.get("received") == sent
        and accounting.get("parked") == 0
        and all(part["state"] == "ok" and not part["lag"] for part in partitions)
    )


def _state(document: Document, sent: int) -> str:
    accounting = document.get("accounting", {})
    states = sorted({part["state"] for part in document.get("partitions", {}).values()})
    return (
        f"{accounting.get('received', 0):,} of {sent:,} records received, "
        f"{accounting.get('parked', 0)} parked, partitions {', '.join(states) or 'unknown'}"
    )
