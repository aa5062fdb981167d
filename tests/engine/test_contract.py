"""What we override or use of Faust's and aiokafka's insides is what the pinned versions have."""

import inspect
from collections.abc import Callable
from importlib.metadata import version

import aiokafka
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.consumer import fetcher
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.consumer.subscription_state import TopicPartitionState
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.memory_records import MemoryRecords
from faust.app.base import App, BootStrategy
from faust.tables.recovery import Recovery
from faust.transport import consumer as base
from faust.transport.drivers import aiokafka as driver

SIGNATURES: dict[Callable[..., object], list[str]] = {
    App._new_transport: ["self"],
    App.on_start: ["self"],
    App.on_stop: ["self"],
    driver.Consumer._new_consumer_thread: ["self"],
    driver.Consumer._to_message: ["self", "tp", "record"],
    base.ThreadDelegateConsumer._getmany: ["self", "active_partitions", "timeout"],
    base.Consumer.force_commit: ["self", "topics", "start_new_transaction"],
    base.Consumer.on_partitions_revoked: ["self", "revoked"],
    base.Consumer.on_partitions_assigned: ["self", "assigned", "generation_id"],
    base.Consumer.perform_seek: ["self"],
    base.ThreadDelegateConsumer.seek_wait: ["self", "partitions"],
    base.Consumer.stop_flow: ["self"],
    driver.AIOKafkaConsumerThread._create_worker_consumer: ["self", "transport"],
    driver.AIOKafkaConsumerThread._ensure_consumer: ["self"],
    driver.AIOKafkaConsumerThread.on_start: ["self"],
    driver.AIOKafkaConsumerThread.on_thread_stop: ["self"],
    fetcher.Fetcher.close: ["self"],
    GroupCoordinator.check_errors: ["self"],
    MemoryRecords.next_batch: ["self"],
    MemoryRecords.has_next: ["self"],
    MemoryRecords.size_in_bytes: ["self"],
    driver.AIOKafkaConsumerThread._fetch_records: [
        "self",
        "consumer",
        "active_partitions",
        "timeout",
        "max_records",
    ],
    fetcher.FetchResult.getall: ["self", "max_records"],
    fetcher.FetchResult.check_assignment: ["self", "tp"],
    fetcher.FetchResult.has_more: ["self"],
    fetcher.FetchResult._update_position: ["self"],
    fetcher.PartitionRecords._consume_aborted_up_to: ["self", "batch_offset"],
    fetcher.PartitionRecords._contains_abort_marker: ["self", "next_batch"],
    BatchBuilder.append: ["self", "timestamp", "key", "value", "headers"],
    aiokafka.AIOKafkaProducer.send_batch: ["self", "batch", "topic", "partition"],
    aiokafka.AIOKafkaProducer.create_batch: ["self"],
    AIOKafkaAdminClient.find_coordinator: ["self", "group_id", "coordinator_type"],
}


def test_versions_are_the_pinned_ones() -> None:
    """Another version may do other things under the same signatures: read what changed before moving on."""
    assert version("faust-streaming") == "0.15.3"
    assert version("aiokafka") == "0.14.0"


@pytest.mark.parametrize("function", SIGNATURES, ids=lambda function: function.__qualname__)
def test_signatures_are_as_expected(function: Callable[..., object]) -> None:
    """Each overridden or called internal takes what we give it."""
    assert list(inspect.signature(function).parameters) == SIGNATURES[function]


def test_attributes_set_from_outside_are_read_later() -> None:
    """The consumer is changed between construction and start; its start must still look there."""
    start = inspect.getsource(aiokafka.AIOKafkaConsumer.start)
    for name in ("_fetch_max_wait_ms", "_isolation_level", "_partition_assignment_strategy"):
        assert f"self.{name}" in start


def test_fetching_takes_the_replaced_result_class() -> None:
    """Results are made and recognised by the module's name, which ``install`` replaces."""
    made = inspect.getsource(fetcher.Fetcher._proc_fetch_request)
    assert "FetchResult(" in made
    assert "MemoryRecords(part_data[-1])" in made
    drained = inspect.getsource(fetcher.Fetcher.fetched_records)
    assert "type(res_or_error) is FetchResult" in drained
    assert "drained[tp] = records" in drained, "a Batch must come through as it is"


def test_positions_and_ends_are_where_we_look() -> None:
    """The ends of the logs come from the state of each partition."""
    source = inspect.getsource(TopicPartitionState.__init__)
    assert "self.highwater = None" in source
    assert "self.lso = None" in source
    for name in ("is_control_batch", "is_transactional", "producer_id", "base_offset", "next_offset"):
        assert hasattr(DefaultRecordBatch, name)


def test_resuming_waits_for_the_signal_and_seeks_by_itself() -> None:
    """Faust resumes only after its rebalance signal was answered; our recovery is awaited there."""
    source = inspect.getsource(Recovery._resume_streams)
    assert source.index("on_rebalance_complete.send()") < source.index("consumer.perform_seek()")
    assert source.index("consumer.perform_seek()") < source.index("consumer.resume_flow()")
    assert BootStrategy.enable_web is None
