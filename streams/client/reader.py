"""KpiReader: KPIs for a service that is not asyncio.

Rules: one call is one answer of Redis, so all parts of a reading are of one snapshot; a call waits at most
the timeout for a connection and once more for the answer, and where Sentinels or a cluster must be asked for
the server, twice more for that. Readers are safe to share between threads.

Never caches: a value that was fresh a moment ago says nothing about now.
"""

import time
from collections.abc import Callable, Iterator
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
from streams.redis_contract.connection import BackOff, RedisAddress
from streams.redis_contract.layout import Keys, Place

T = TypeVar("T")


class KpiReader:
    """Reads what the service publishes in Redis.

    Args:
        url: ``redis://``, ``rediss://`` or ``unix://``; of Sentinels ``redis+sentinel://host,host/SERVICE``,
            of a cluster ``redis+cluster://host,host``, with ``rediss+`` over TLS.
        tenant: whose values.
        max_age: seconds after which a value is stale for this reader, by this machine's clock.
        username, password, ca_file: credentials and authority, where they shall not stand in the URL.
        cert_file, key_file: PEM files of the client certificate, for a server that asks for one.
        timeout: longest wait for a connection or an answer, in seconds.
        clock: the time in seconds since the epoch.

    Raises:
        ValueError: an address or a tenant that cannot be.
    """

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
        self._client = address.client(tenant)
        self._max_age_ms = round(max_age * 1000)
        self._clock = clock
        self._closed = False

    def get(
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
        values, complete = self._ask(question.execute)
        fields = dict(zip(names, values, strict=True))
        reading = read(
            kpi, place, fields, complete=complete != "0", now_ms=self._now_ms(), max_age_ms=self._max_age_ms
        )
        if reading.state is State.ABSENT:
            self._check_names(place, kpi)
        return reading

    def get_all(
        self, window: str = "24h", dimension: str | None = None, value: str | None = None
    ) -> dict[str, Reading]:
        """Read every KPI of one window (or ``now``) at one t; empty if nothing is published there.

        Raises:
            UnavailableError: Redis does not answer; DeniedError, one of them, if it refuses us.
            ValueError: only one of dimension and value is given.
            UnknownNameError: a ValueError too: a name that is most likely misspelt, with the nearest.
        """
        place = place_of(window, dimension, value)
        fields = self._ask(lambda: self._client.hgetall(self._keys.hash(place)))
        if not fields:
            self._check_names(place)
        return read_all(place, fields, now_ms=self._now_ms(), max_age_ms=self._max_age_ms)

    def at_risk(self, limit: int = 100) -> AtRisk | None:
        """Return the customers most at risk, at most ``limit``; None while nobody says who they are.

        Raises:
            UnavailableError: Redis does not answer; DeniedError, one of them, if it refuses us.
            ValueError: ``limit`` is below 1.
        """
        question = self._client.pipeline(transaction=True)
        question.hget(self._keys.version, "at_risk_t")
        question.zrevrange(self._keys.at_risk, 0, last_of(limit), withscores=True)
        t, members = self._ask(question.execute)
        return read_at_risk(t, members, now_ms=self._now_ms())

    def alarms(self) -> Alarms | None:
        """Return the streams of all alarms; None while nothing is known of any.

        Raises:
            UnavailableError: Redis does not answer; DeniedError, one of them, if it refuses us.
        """
        return read_alarms(self._ask(lambda: self._client.get(self._keys.alarms)))

    def snapshot(self) -> dict[str, Any] | None:
        """Return the whole document as it stands (its ``t`` is yours to judge), None if there is none.

        Raises:
            UnavailableError: Redis does not answer; DeniedError, one of them, if it refuses us.
        """
        text = self._ask(lambda: self._client.get(self._keys.snapshot))
        return None if text is None else msgspec.json.decode(text, type=dict[str, Any])

    def keys(self) -> list[Place]:
        """List the places that have values: windows, ``now``, and those of dimension values.

        Raises:
            UnavailableError: Redis does not answer; DeniedError, one of them, if it refuses us.
        """
        return sorted_places(self._keys, self._ask(lambda: self._client.smembers(self._keys.index)))

    def watch(self) -> Iterator[Change]:
        """Yield the snapshot that stands, then every newer one, until the reader is closed.

        Reconnects by itself, with growing waits.

        Raises:
            DeniedError: Redis refuses us, which no waiting cures.
        """
        news, back_off = News(), BackOff()
        while not self._closed:
            try:
                for change in self._changes(news):
                    back_off.reset()
                    yield change
            except (redis.RedisError, OSError) as error:
                failed = unavailable(self._explain(error))
                if isinstance(failed, DeniedError):
                    raise failed from error
                time.sleep(back_off.next_s())

    def _changes(self, news: News) -> Iterator[Change]:
        with self._client.pubsub(ignore_subscribe_messages=True) as channel:
            channel.subscribe(self._keys.changes)
            standing = news.from_standing(self._client.hmget(self._keys.version, list(STANDING_FIELDS)))
            if standing:
                yield standing
            heard_s = time.monotonic()
            while time.monotonic() - heard_s < SILENCE_S and not self._closed:
                message = channel.get_message(timeout=POLL_S)
                if message is None:
                    continue
                heard_s = time.monotonic()
                change = news.from_message(message["data"])
                if change:
                    yield change

    def close(self) -> None:
        """Close the connections and end watches; the reader is not to be used again."""
        self._closed = True
        self._client.connection_pool.disconnect(inuse_connections=False)  # a watch closes its own

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check_names(self, place: Place, kpi: str | None = None) -> None:
        """Raise if what is absent was never there: only an absent value pays for these questions."""
        published = sorted_places(self._keys, self._ask(lambda: self._client.smembers(self._keys.index)))
        check_window(place, published)
        if is_new(place, published):
            check_dimension(place.dimension, self._ask(lambda: self._client.get(self._keys.snapshot)))
        if kpi is None or not published:
            return
        places = others(place, published)
        question = self._client.pipeline(transaction=True)
        for one in places:
            question.hgetall(self._keys.hash(one))
        fields = self._ask(question.execute)
        check_kpi(kpi, place, dict(zip(places, fields, strict=True)))

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except (redis.RedisError, OSError) as error:
            raise unavailable(self._explain(error)) from error
