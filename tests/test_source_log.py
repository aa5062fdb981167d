"""The order in which what Kafka holds is replayed: a function of the log alone."""

from aiokafka import TopicPartition

from streams.core.events import Kind
from streams.replay.kafka_log import Log, Logged, in_order
from streams.replay.recount import read_lines

TOPICS: dict[str, Kind] = {"buys": "purchase", "joins": "signup"}


def logged(*times: int) -> list[Logged]:
    """Records with these timestamps, numbered."""
    return [Logged(None, str(i).encode(), ms, 0, i) for i, ms in enumerate(times)]


def order(log: Log) -> list[tuple[str, bytes | None]]:
    """Kinds and values in the order of the replay."""
    return [(kind, record.value) for kind, record in in_order(log, TOPICS, 1_000)]


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


def test_what_has_no_timestamp_arrived_by_the_wall_clock() -> None:
    """-1 stands for none: judged by the clock, in Kafka and in a file, and so too early here."""
    early = b'{"event_id":"e","customer_id":"c","occurred_at":3600001}'
    log: Log = {TopicPartition("joins", 0): [Logged(b"c", early, -1, 0, 0)]}
    ((_, record),) = in_order(log, TOPICS, 1_000)
    line = b'{"topic":"joins","key":"c","timestamp":-1,"value":%b}' % early
    ((_, read),) = read_lines([line], TOPICS, wall_ms=1_000)
    assert (record.timestamp, read.timestamp) == (1_000, 1_000)
