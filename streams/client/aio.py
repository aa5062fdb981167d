"""AsyncKpiReader: the asyncio twin of KpiReader, with the same answers and the same rules.

Rules: as in reader.py; everything but the waiting is shared (reading.py, changes.py). Belongs to the event
loop that first used it.

Never caches, never blocks the loop.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec
import redis

from streams.client.alarms import Alarms, read_alarms
from streams.client.at_risk import AtRisk, last_of, read_at_risk
from streams.client.changes import POLL_S, SILENCE_S, STANDING_FIELDS, Change, News
from streams.client.errors import DeniedError, unavailable
from streams.client.names import check_dimension, check_kpi, check_window, is_new, others
from streams.client.reading import Reading, State, fields_of, place_of, read, read_all, sorted_places
from streams.redis_contract.connection import BackOff, RedisAddress, answered
from streams.redis_contract.layout import Keys, Place

T = TypeVar("T")


class AsyncKpiReader:
    """Reads what the service publishes in Redis; arguments and errors as KpiReader's."""

    def __init__(
        self,
        url: str,
        tenant: str = "default",
        max_age: float = 10.0,
        *,
        username: str | None = None,
        password: str | None = None,
        ca_file: str | None = None,
        cert_file: str | None = None,
        key_file: str | None = None,
        timeout: float = 2.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        address = RedisAddress(url, username, password, ca_file, timeout, cert_file, key_file)
        self._explain = address.explain
        self._keys = Keys(tenant)
        self._client = address.async_client(tenant)
        self._max_age_ms = round(max_age * 1000)
        self._clock = clock
        self._closed = False

    async def get(
        self, kpi: str, window: str = "24h", dimension: str | None = None, value: str | None = None
    ) -> Reading:
        """Read one KPI, overall or of one value of a dimension; window ``now``: the standing numbers.

        Raises:
            UnavailableError: Redis does not answer; DeniedError, one of them, if it refuses us.
            ValueError: only one of dimension and value is given.
            UnknownNameError: a ValueError too: a name that is most likely misspelt, with the nearest.
        """
        place, names = place_of(window, dimension, value), fields_of(kpi)
        question = self._client.pipeline(transaction=True)
        question.hmget(self._keys.hash(place), list(names)).hget(self._keys.version, "complete")
        values, complete = await self._ask(question.execute())
        fields = dict(zip(names, values, strict=True))
        reading = read(
            kpi, place, fields, complete=complete != "0", now_ms=self._now_ms(), max_age_ms=self._max_age_ms
        )
        if reading.state is State.ABSENT:
            await self._check_names(place, kpi)
        return reading

    async def get_all(
        self, window: str = "24h", dimension: str | None = None, value: str | None = None
    ) -> dict[str, Reading]:
        """Read every KPI of one window (or ``now``) at one t; empty if nothing is published there.

        Raises:
            UnavailableError: Redis does not answer; DeniedError, one of them, if it refuses us.
            ValueError: only one of dimension and value is given.
            UnknownNameError: a ValueError too: a name that is most likely misspelt, with the nearest.
        """
        place = place_of(window, dimension, value)
        fields = await self._ask(self._client.hgetall(self._keys.hash(place)))
        if not fields:
            await self._check_names(place)
        return read_all(place, fields, now_ms=self._now_ms(), max_age_ms=self._max_age_ms)

    async def at_risk(self, limit: int = 100) -> AtRisk | None:
        """Return the customers most at risk, at most ``limit``; None while nobody says who they are.

        Raises:
            UnavailableError: Redis does not answer; DeniedError, one of them, if it refuses us.
            ValueError: ``limit`` is below 1.
        """
        question = self._client.pipeline(transaction=True)
        question.hget(self._keys.version, "at_risk_t")
        question.zrevrange(self._keys.at_risk, 0, last_of(limit), withscores=True)
        t, members = await self._ask(question.execute())
        return read_at_risk(t, members, now_ms=self._now_ms())

    async def alarms(self) -> Alarms | None:
        """Return the streams of all alarms; None while nothing is known of any.

        Raises:
            UnavailableError: Redis does not answer; DeniedError, one of them, if it refuses us.
        """
        return read_alarms(await self._ask(self._client.get(self._keys.alarms)))

    async def snapshot(self) -> dict[str, Any] | None:
        """Return the whole document as it stands (its ``t`` is yours to judge), None if there is none.

        Raises:
            UnavailableError: Redis does not answer; DeniedError, one of them, if it refuses us.
        """
        text = await self._ask(self._client.get(self._keys.snapshot))
        return None if text is None else msgspec.json.decode(text, type=dict[str, Any])

    async def keys(self) -> list[Place]:
        """List the places that have values: windows, ``now``, and those of dimension values.

        Raises:
            UnavailableError: Redis does not answer; DeniedError, one of them, if it refuses us.
        """
        return sorted_places(self._keys, await self._ask(self._client.smembers(self._keys.index)))

    async def watch(self) -> AsyncIterator[Change]:
        """Yield the snapshot that stands, then every newer one, until the reader is closed.

        Reconnects by itself, with growing waits.

        Raises:
            DeniedError: Redis refuses us, which no waiting cures.
        """
        news, back_off = News(), BackOff()
        while not self._closed:
            try:
                async for change in self._changes(news):
                    back_off.reset()
                    yield change
            except (redis.RedisError, OSError) as error:
                failed = unavailable(self._explain(error))
                if isinstance(failed, DeniedError):
                    raise failed from error
                await asyncio.sleep(back_off.next_s())

    async def _changes(self, news: News) -> AsyncIterator[Change]:
        async with self._client.pubsub(ignore_subscribe_messages=True) as channel:
            await answered(channel.subscribe(self._keys.changes))
            question = self._client.hmget(self._keys.version, list(STANDING_FIELDS))
            standing = news.from_standing(await answered(question))
            if standing:
                yield standing
            heard_s = time.monotonic()
            while time.monotonic() - heard_s < SILENCE_S and not self._closed:
                message = await answered(channel.get_message(timeout=POLL_S))
                if message is None:
                    continue
                heard_s = time.monotonic()
                change = news.from_message(message["data"])
                if change:
                    yield change

    async def close(self) -> None:
        """Close the connections and end watches; the reader is not to be used again."""
        self._closed = True
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _check_names(self, place: Place, kpi: str | None = None) -> None:
        """Raise if what is absent was never there: only an absent value pays for these questions."""
        published = sorted_places(self._keys, await self._ask(self._client.smembers(self._keys.index)))
        check_window(place, published)
        if is_new(place, published):
            check_dimension(place.dimension, await self._ask(self._client.get(self._keys.snapshot)))
        if kpi is None or not published:
            return
        places = others(place, published)
        question = self._client.pipeline(transaction=True)
        for one in places:
            question.hgetall(self._keys.hash(one))
        fields = await self._ask(question.execute())
        check_kpi(kpi, place, dict(zip(places, fields, strict=True)))

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    async def _ask(self, answer: Awaitable[T]) -> T:
        try:
            return await answered(answer)
        except (redis.RedisError, OSError) as error:
            raise unavailable(self._explain(error)) from error
