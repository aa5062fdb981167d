"""The benchmark's mix has the shares it promises."""

from collections import Counter

import msgspec

from streams.core.decoding.decoder import Decoder
from streams.core.definition.definition import MINUTE_MS, Definition
from streams.core.events import KINDS, Malformed
from streams.simulate import bench_mix, topic_of

N = 50_000
KIND_OF = {topic_of(kind): kind for kind in KINDS}


def test_the_mix_has_its_shares() -> None:
    """Eighty per cent purchases, ten surveys, ten signups and cancellations, one late, one repeated."""
    records = list(bench_mix(N))
    kinds = Counter(KIND_OF[r.topic] for r in records)
    decoder = Decoder(Definition())
    found = [decoder.one(KIND_OF[r.topic], r.key, r.value, r.timestamp_ms) for r in records]
    late = sum(
        r.timestamp_ms - e.at_ms > MINUTE_MS
        for r, e in zip(records, found, strict=True)
        if not isinstance(e, Malformed)
    )
    assert len(records) == N
    assert not any(isinstance(event, Malformed) for event in found)
    assert abs(kinds["purchase"] / N - 0.8) < 0.01
    assert abs(kinds["survey"] / N - 0.1) < 0.01
    assert abs((kinds["signup"] + kinds["cancellation"]) / N - 0.1) < 0.01
    assert abs(late / N - 0.01) < 0.003
    assert abs((N - len({r.value for r in records})) / N - 0.01) < 0.003


def test_the_purchases_only_variety_is_in_order_and_clean() -> None:
    """Every record a purchase, dated as it arrives, none twice."""
    records = list(bench_mix(2_000, purchases_only=True))
    assert {KIND_OF[r.topic] for r in records} == {"purchase"}
    assert len({r.value for r in records}) == len(records)
    decoder = Decoder(Definition())
    for record in records:
        event = decoder.one("purchase", record.key, record.value, record.timestamp_ms)
        assert not isinstance(event, Malformed)
        assert event.at_ms == record.timestamp_ms


def test_the_mix_is_the_same_every_time() -> None:
    """The seed decides."""
    assert list(bench_mix(1_000, seed=5)) == list(bench_mix(1_000, seed=5))
    assert msgspec.json.encode(list(bench_mix(1_000, seed=5))) != msgspec.json.encode(
        list(bench_mix(1_000, seed=6))
    )
