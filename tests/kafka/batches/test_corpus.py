"""A live worker reads whatever a broker takes: every codec, odd keys, headers and timestamps.

Each batch stands among ordinary ones. Nothing may end the worker, and every
record is in one class; those that are malformed come to the dead-letter topic.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import msgspec

from streams.core.partition.placement import murmur2
from streams.embedded import KafkaCluster, ValkeyServer
from tests.kafka.batches.produce import produce
from tests.kafka.batches.wire import CODECS, LOG_APPEND_TIME, Rec, batch
from tests.kafka.harness import run
from tests.kafka.service import Service
from tests.support.eventually import eventually_async

NOW_MS = int(time.time() * 1000)
PARTITION = 1
_numbers = iter(range(1_000_000))


def purchase(
    ms: int = NOW_MS, at_ms: int = NOW_MS - 1_000, *, partition: int = PARTITION, **more: object
) -> Rec:
    """A well-formed purchase of a new customer who belongs into a partition of four."""
    number = next(number for number in _numbers if murmur2(b"c%d" % number) % 4 == partition)
    event = {"event_id": f"e{number}", "customer_id": f"c{number}", "occurred_at": at_ms, "amount": 1}
    value = msgspec.json.encode({**event, "currency": "USD"})
    return replace(Rec(f"c{number}".encode(), value, ms), **more)  # type: ignore[arg-type]


class Case(NamedTuple):
    """Batches, and how many of their records are counted and malformed."""

    batches: list[bytes]
    counted: int
    malformed: int = 0


def corpus() -> Iterator[tuple[str, Case]]:
    """Every case by its name."""
    for codec in CODECS:
        yield f"compressed with {codec}", Case([batch([purchase() for _ in range(50)], codec=codec)], 50)
        yield f"one record with {codec}", Case([batch([purchase()], codec=codec)], 1)
    odd_names = [(b"\xff\xfe", b"1"), (b"", None), ("ключ".encode(), b"\0"), (b"n", b"")]
    for codec in ("none", "gzip", "zstd"):
        yield (
            f"header names that are no UTF-8, {codec}",
            Case([batch([purchase(), purchase(headers=odd_names), purchase()], codec=codec)], 3),
        )
    yield "odd headers of a malformed record", Case([batch([Rec(b"k", b"no JSON", NOW_MS, odd_names)])], 0, 1)
    yield "a header of 2 MB", Case([batch([purchase(headers=[(b"h", b"x" * 2_000_000)])], codec="gzip")], 1)
    yield (
        "a malformed record with a header of 2 MB",
        Case([batch([Rec(b"k", b"x", NOW_MS, [(b"h", b"x" * 2_000_000)])], codec="gzip")], 0, 1),
    )
    yield "a key of 2 MB", Case([batch([Rec(b"k" * 2_000_000, b"x", NOW_MS)], codec="gzip")], 0, 1)
    yield "a value of 5 MB", Case([batch([Rec(b"k", b"x" * 5_000_000, NOW_MS)], codec="gzip")], 0, 1)
    many = [(b"h%d" % i, None) for i in range(50_000)]
    yield "50,000 headers", Case([batch([Rec(b"k", b"x", NOW_MS, many), purchase()], codec="gzip")], 1, 1)
    yield "no key, no value", Case([batch([Rec(None, None, NOW_MS)])], 0, 1)
    yield "an empty key", Case([batch([purchase(key=b"")])], 0, 1)
    yield "a key that is no UTF-8", Case([batch([purchase(key=b"\xff")])], 0, 1)
    yield "no timestamps", Case([batch([purchase(ms=-1), purchase(ms=-1)])], 2)
    yield "some timestamps", Case([batch([purchase(), purchase(ms=-1), purchase()])], 3)
    yield (
        "times that go back",
        Case([batch([purchase(), purchase(NOW_MS - 86_400_000, NOW_MS - 86_400_000)])], 2),
    )
    yield "a timestamp of 1970", Case([batch([purchase(ms=0, at_ms=NOW_MS - 86_400_000)])], 0, 1)
    yield "attributes say log append time", Case([batch([purchase()], attributes=LOG_APPEND_TIME)], 1)
    yield "unused attributes", Case([batch([purchase()], attributes=0x4000)], 1)


CORPUS = dict(corpus())
ORDINARY = 40


def test_a_live_worker_counts_whatever_a_broker_takes(
    kafka: KafkaCluster, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """All of the corpus at once; then the accounting is what was sent, and the worker never ended."""

    async def test(service: Service) -> None:
        await service.make_topics()
        topic = service.deployment.topic("purchase")
        worker = service.worker()
        counted = malformed = 0
        refused: dict[str, str] = {}
        for name, case in CORPUS.items():
            around = batch([purchase() for _ in range(ORDINARY)])
            said = await produce(kafka.bootstrap, topic, PARTITION, [*case.batches, around])
            refused |= dict.fromkeys([name], said[0]) if set(said) != {"taken"} else {}
            counted += ORDINARY + case.counted
            malformed += case.malformed
        assert refused == {}
        await worker.ready()

        async def applied() -> bool:
            assert worker.process.poll() is None, worker.told()
            document = msgspec.json.decode((await worker.get("/api/snapshot"))[1] or "{}")
            accounting = document.get("accounting", {})
            return accounting.get("received") == counted + malformed and (
                accounting["counted"],
                accounting["malformed_total"],
            ) == (counted, malformed)

        await eventually_async(applied, within=60)
        settings = service.deployment.settings
        assert len(await service.deployment.log(settings.topic_dead_letter, PARTITION)) == malformed
        assert await worker.stopped() == 0
        assert "Traceback" not in worker.told()

    with Service(kafka.bootstrap, valkey.url, tmp_path) as service:
        run(lambda: test(service))
