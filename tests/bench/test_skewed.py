"""The skewed mix is what bench/README.md says of it."""

from collections import Counter
from functools import cache

import msgspec

from bench.skewed import SKEWED, skewed_mix
from streams.simulate import SimRecord

N = 100_000
END_MS = 1_776_211_200_000


@cache
def records() -> list[SimRecord]:
    """The tenth of a day, made once."""
    return list(skewed_mix(N, end_ms=END_MS))


def test_kinds_have_their_shares() -> None:
    """To the percent point."""
    kinds = Counter(record.topic.split(".")[2] for record in records())
    shares = {kind: round(n / N, 2) for kind, n in kinds.items()}
    assert shares == {"purchase": 0.70, "survey": 0.15, "signup": 0.10, "cancellation": 0.05}


def test_some_customers_have_one_event_and_some_hundreds() -> None:
    """The first one has the weight of thousands."""
    events = Counter(record.key for record in records())
    assert events.most_common(1)[0][0] == b"z000000"
    assert events[b"z000000"] > 500
    assert sum(n == 1 for n in events.values()) > 20_000
    assert len(events) < SKEWED.customers


def test_repeats_are_of_customers_with_few_events() -> None:
    """Byte for byte, at most some 2,000 events later."""
    first: dict[bytes, int] = {}
    repeats = 0
    for i, record in enumerate(records()):
        if record.value in first:
            repeats += 1
            assert i - first[record.value] < 4_000
        first.setdefault(record.value, i)
    assert 0.003 < repeats / N < 0.01


def test_the_same_arguments_give_the_same_bytes_in_order_of_time() -> None:
    """Dated up to the last instant, a day for a million."""
    assert list(skewed_mix(1_000, end_ms=END_MS)) == list(skewed_mix(1_000, end_ms=END_MS))
    times = [record.timestamp_ms for record in records()]
    assert times == sorted(times)
    assert times[-1] == END_MS
    assert 8_600_000 < times[-1] - times[0] < 8_640_000
    assert all("occurred_at" in msgspec.json.decode(record.value) for record in records()[:100])
