"""The order in which what Kafka holds is replayed: a function of the log alone."""

from aiokafka import TopicPartition

from streams.core.events import Kind
from streams.source_log import Log, Logged, in_order

TOPICS: dict[str, Kind] = {"buys": "purchase", "joins": "signup"}


def logged(*times: int) -> list[Logged]:
    """Records with these timestamps, numbered."""
    return [Logged(None, str(i).encode(), ms) for i, ms in enumerate(times)]


def order(log: Log) -> list[tuple[str, bytes | None]]:
    """Kinds and values in the order of the replay."""
    return [(kind, record.value) for kind, record in in_order(log, TOPICS)]


def test_records_go_by_time_then_kind_then_partition() -> None:
    """At one instant signups come first; whatever order the partitions were read in."""
    log = {
        TopicPartition("buys", 0): logged(1, 5),
        TopicPartition("joins", 1): logged(5),
        TopicPartition("joins", 0): logged(5, 7),
    }
    expected = [("purchase", b"0"), ("signup", b"0"), ("signup", b"0"), ("purchase", b"1"), ("signup", b"1")]
    assert order(log) == expected
    assert order(dict(reversed(log.items()))) == expected


def test_a_record_that_goes_back_in_time_stays_behind_what_was_before_it() -> None:
    """The order within a partition is that of arrival, and others wait for it."""
    log = {TopicPartition("buys", 0): logged(9, 1), TopicPartition("joins", 0): logged(5)}
    assert order(log) == [("signup", b"0"), ("purchase", b"0"), ("purchase", b"1")]
