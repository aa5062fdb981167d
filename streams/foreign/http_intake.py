"""Records over HTTP: ``POST /events/TOPIC``, mapped as if they had come from that topic.

Rules: 202 says that Kafka has every event of the request; whatever else is answered, sending the request
again does no harm, because an event's id counts once. A request has one outcome: where one of its records
is malformed, none is written, and the answer names each with field, reason and what was expected. Who may
send has the token. Size, records, time and requests at once are bounded.

Never: puts anything that was sent into an answer, a log or a label.
"""

import asyncio
import hmac
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from http import HTTPStatus
from typing import Final

import aiokafka
import msgspec
from aiohttp import web
from aiokafka.errors import KafkaError

from streams.engine.kafka.client import Client
from streams.engine.ownership.transactions import Batches
from streams.foreign.converting import Converter
from streams.foreign.pending import Pending
from streams.foreign.stats import ForeignStats
from streams.mapping import Foreign, Ignored, Mapped, Refused
from streams.publish.http.server import json_answer
from streams.publish.prometheus.metrics import Sample

MAX_BYTES: Final = 1 << 20
MAX_RECORDS: Final = 1_000
MAX_REQUESTS: Final = 32
"""At once."""
_BODY_S: Final = 30.0
_WRITE_S: Final = 30.0
_MOST_TOLD: Final = 100
_LINES: Final = ("application/x-ndjson", "application/jsonl", "application/ndjson")
_BATCH: Final = "application/cloudevents-batch"
_STRUCTURED: Final = (("content-type", b"application/cloudevents+json"),)
_list: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode

Headers = tuple[tuple[str, bytes], ...]


class _RefusedRequest(Exception):  # noqa: N818 - an answer
    def __init__(self, status: HTTPStatus, body: dict[str, object]) -> None:
        super().__init__(status)
        self.status, self.body = status, body


class HttpIntake:
    """Takes records over HTTP and writes their events.

    Args:
        client: to reach Kafka with.
        converter: what a record becomes.
        topics: those that may be sent to.
        token: what a sender has to show.
        clock: the wall clock, ms.
        stats: where records are counted.
    """

    def __init__(  # noqa: PLR0917 - what it is made of
        self,
        client: Client,
        converter: Converter,
        topics: frozenset[str],
        token: str,
        clock: Callable[[], int],
        stats: ForeignStats,
    ) -> None:
        self._client, self._converter, self._topics = client, converter, topics
        self._token = token.encode()
        self._clock = clock
        self._stats = stats
        self._answers: Counter[int] = Counter()
        self._producer: aiokafka.AIOKafkaProducer | None = None
        self._under_way = 0

    # -- its life -------------------------------------------------------------------------------------

    @property
    def waiting_for(self) -> str | None:
        """Why nothing can be taken; None when it can."""
        return "waiting for Kafka" if self._producer is None else None

    async def start(self) -> None:
        """Connect to Kafka.

        Raises:
            KafkaError, OSError: it does not answer.
        """
        producer = self._client.plain_producer()
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer

    async def stop(self) -> None:
        """Give the connection back."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError, TimeoutError):
                await producer.stop()

    def route(self, application: web.Application) -> None:
        """Add its route."""
        application.router.add_post("/events/{topic}", self._post)

    def samples(self) -> Iterator[Sample]:
        """Requests by the status of their answer."""
        for status, count in sorted(self._answers.items()):
            yield Sample("kpi_streams_ingest_http_requests_total", count, {"status": str(status)})

    # -- requests -------------------------------------------------------------------------------------

    async def _post(self, request: web.Request) -> web.Response:
        try:
            status, body = HTTPStatus.ACCEPTED, await self._taken(request)
        except _RefusedRequest as refused:
            status, body = refused.status, refused.body
        self._answers[int(status)] += 1
        answer = json_answer(body, int(status))
        if status is HTTPStatus.UNAUTHORIZED:
            answer.headers["WWW-Authenticate"] = "Bearer"
        if status is HTTPStatus.SERVICE_UNAVAILABLE:
            answer.headers["Retry-After"] = "5"
        return answer

    async def _taken(self, request: web.Request) -> dict[str, object]:
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        same = hmac.compare_digest(shown.strip().encode(errors="replace"), self._token)
        if scheme.lower() != "bearer" or not same:
            raise _refused(
                HTTPStatus.UNAUTHORIZED, "Authorization: Bearer TOKEN, with the token of KPI_INGEST_TOKEN"
            )
        topic = request.match_info["topic"]
        if topic not in self._topics:
            raise _refused(HTTPStatus.NOT_FOUND, "a topic that KPI_INGEST_HTTP names")
        producer = self._producer
        if producer is None or self._under_way >= MAX_REQUESTS:
            raise _refused(HTTPStatus.SERVICE_UNAVAILABLE, "to be sent again later")
        self._under_way += 1
        try:
            pending = self._converted(topic, _records(request, await _body(request)))
            await _written(producer, pending)
        finally:
            self._under_way -= 1
        self._stats.committed(topic, pending)
        ignored = sum(count for (outcome, _), count in pending.outcomes.items() if outcome == "ignored")
        return {"records": pending.records, "events": pending.kinds().total(), "ignored": ignored}

    def _converted(self, topic: str, records: list[tuple[bytes, Headers]]) -> Pending:
        """All events of a request."""
        if len(records) > MAX_RECORDS:
            raise _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {MAX_RECORDS:,} records")
        pending, wrong = Pending(0), []
        now = self._clock()
        for number, (value, headers) in enumerate(records):
            outcome = self._converter.outcome(Foreign(topic, None, value, now, headers))
            pending.records += 1
            if isinstance(outcome, Mapped):
                pending.mapped += 1
                pending.left_out += outcome.left_out
                for event in outcome.events:
                    pending.add_event(self._converter.target(event), event)
            elif isinstance(outcome, Ignored):
                pending.outcomes["ignored", outcome.why] += 1
            else:
                wrong.append(_told(number, outcome))
        if wrong:
            body = {"error": "malformed", "malformed": len(wrong), "records": wrong[:_MOST_TOLD]}
            raise _RefusedRequest(HTTPStatus.UNPROCESSABLE_ENTITY, body)
        return pending


def _refused(status: HTTPStatus, expected: str) -> _RefusedRequest:
    return _RefusedRequest(status, {"error": status.phrase.lower(), "expected": expected})


def _told(number: int, refused: Refused) -> dict[str, object]:
    told: dict[str, object] = {"record": number, "reason": refused.reason, "expected": refused.expected}
    if refused.field:
        told["field"] = refused.field
    if refused.path:
        told["path"] = refused.path
    return told


async def _body(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(_BODY_S):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {MAX_BYTES:,} bytes") from None
    except TimeoutError:
        raise _refused(HTTPStatus.REQUEST_TIMEOUT, f"a body within {_BODY_S:.0f} s") from None


def _records(request: web.Request, body: bytes) -> list[tuple[bytes, Headers]]:
    """The records of a body, each with the headers that a record of Kafka would have."""
    kind = request.content_type
    if kind in _LINES:
        return [(line, ()) for line in body.splitlines() if line.strip()]
    if not body.lstrip().startswith(b"["):
        return [(body, _headers(request))]
    headers = _STRUCTURED if kind.startswith(_BATCH) else ()
    try:
        return [(bytes(one), headers) for one in _list(body)]
    except (msgspec.DecodeError, RecursionError):
        raise _refused(HTTPStatus.BAD_REQUEST, "one JSON object, an array of them, or one a line") from None


def _headers(request: web.Request) -> Headers:
    """Those that tell a CloudEvent."""
    found: list[tuple[str, bytes]] = [("content-type", request.content_type.encode())]
    for name, value in request.headers.items():
        if name.lower().startswith("ce-"):
            found.append((f"ce_{name[3:].lower()}", value.encode(errors="surrogateescape")))
    return tuple(found)


async def _written(producer: aiokafka.AIOKafkaProducer, pending: Pending) -> None:
    """Return when Kafka has all events."""
    try:
        async with asyncio.timeout(_WRITE_S):
            futures = []
            for (topic, partition), events in pending.events.items():
                batches = Batches(producer.create_batch)
                for event in events:
                    batches.add(event.key, event.value, event.timestamp_ms)
                futures += [
                    await producer.send_batch(one, topic, partition=partition) for one in batches.done
                ]
            await asyncio.gather(*futures)
    except (KafkaError, TimeoutError, OSError):
        raise _refused(
            HTTPStatus.SERVICE_UNAVAILABLE, "to be sent again later: Kafka does not take it"
        ) from None
