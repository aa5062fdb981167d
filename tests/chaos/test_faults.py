"""The short form of the chaos suite, at less load: after each fault, everything equals the recount."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.embedded import KafkaCluster
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.run import play

RATE = 1_000.0
"""Live records a second: a fault is the same at any, and the recount costs by their number."""
SHORT = [fault for fault in FAULTS if fault.short]


@pytest.fixture(scope="module")
def three_nodes() -> Iterator[KafkaCluster]:
    """A genuine cluster of three nodes."""
    with KafkaCluster(3) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def one_node() -> Iterator[KafkaCluster]:
    """A genuine Kafka that tests may kill."""
    with KafkaCluster() as cluster:
        yield cluster


@pytest.mark.kafka
@pytest.mark.parametrize("fault", SHORT, ids=lambda fault: fault.name)
def test_after_a_fault_under_load_everything_equals_the_recount(
    fault: Fault, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Totals, customers, accounting, snapshots, metrics and Redis; and fresh values came back."""
    kafka = request.getfixturevalue("one_node" if fault.nodes == 1 else "three_nodes")
    outcome = play(fault, kafka, tmp_path, seed=1, rate=RATE)
    assert outcome.mismatches == []
    assert outcome.compared > 1_000
    assert outcome.events > 10_000
