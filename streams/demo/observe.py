"""What Redis and the workers hold, all at one and the same t.

Rules: a Redis reading is one transaction; readings of different t are never put together, they are taken
anew until they agree.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis

from streams.publish.layout import Keys, Place

_POLL_S = 0.1
_TIMEOUT = aiohttp.ClientTimeout(total=5)

Document = dict[str, Any]
Labels = tuple[tuple[str, str], ...]
Series = tuple[str, Labels]
"""Sample name and sorted labels."""
Page = Mapping[Series, float]


class ObservationError(Exception):
    """What is waited for does not come; the message says what is there instead."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything published at one t; documents and pages by the name of who showed them."""

    t_ms: int
    documents: Mapping[str, Document]
    pages: Mapping[str, Page]
    hashes: Mapping[Place, Mapping[str, str]]


class Observer:
    """Reads Redis and the workers.

    Args:
        redis_url: of the published values.
        tenant: whose.
        workers: name -> HTTP address of each worker.
    """

    def __init__(self, redis_url: str, tenant: str, workers: Mapping[str, str]) -> None:
        # Any: redis-py's types cannot say that answers come decoded
        self._redis: Any = Redis.from_url(redis_url, decode_responses=True)
        self._keys = Keys(tenant)
        self._workers = workers

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def settled(self, sent: int, *, within: float) -> None:
        """Wait until every record sent is applied and none waits for its time.

        Raises:
            ObservationError: it does not come to that.
        """
        deadline = time.monotonic() + within
        while not _is_settled(document := await self._document(), sent):
            if time.monotonic() > deadline:
                raise ObservationError(
                    f"not everything was applied within {within:g} s: {_state(document, sent)}"
                )
            await asyncio.sleep(_POLL_S)

    async def observe(self, *, within: float) -> Observed:
        """Everything at the next t that all of them show; dimension values at that t too.

        Raises:
            ObservationError: they do not agree on one.
        """
        deadline = time.monotonic() + within
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            while time.monotonic() < deadline:
                observed = await self._look(session)
                if observed is not None:
                    return observed
                await asyncio.sleep(_POLL_S)
        raise ObservationError(f"Redis and the workers showed no common t within {within:g} s")

    async def _look(self, session: aiohttp.ClientSession) -> Observed | None:
        """One look at everything; None if it is not of one t, or if a value is withheld."""
        document, hashes = await self._redis_state()
        documents, pages = {"redis": document}, {}
        for name, url in self._workers.items():
            async with session.get(f"{url}/api/snapshot") as answer:
                documents[name] = await answer.json()
            async with session.get(f"{url}/metrics") as answer:
                pages[name] = parse_page(await answer.text())
        ts = {document.get("t") for document in documents.values()}
        ts |= {document.get("dimensions_t") for document in documents.values()}
        ts |= {round(1000 * page.get(("crm_snapshot_timestamp_seconds", ()), 0)) for page in pages.values()}
        if len(ts) > 1 or not all(document.get("windows") for document in documents.values()):
            return None
        return Observed(document["t"], documents, pages, hashes)

    async def _redis_state(self) -> tuple[Document, dict[Place, Mapping[str, str]]]:
        keys: Sequence[str] = sorted(await self._redis.smembers(self._keys.index))
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.get(self._keys.snapshot)
            for key in keys:
                pipe.hgetall(key)
            text, *found = await pipe.execute()
        places = {key: self._keys.place(key) for key in keys}
        hashes = {place: fields for key, fields in zip(keys, found, strict=True) if (place := places[key])}
        return ({} if text is None else msgspec.json.decode(text)), hashes

    async def _document(self) -> Document:
        text = await self._redis.get(self._keys.snapshot)
        return {} if text is None else msgspec.json.decode(text)


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
