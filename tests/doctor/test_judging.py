"""What is concluded from what was seen, without a server: owners of partitions, and where keys lie."""

import pytest

from streams.core.partition.placement import Partitioner, key_hash
from streams.doctor.finding import Finding, Verdict, parted
from streams.doctor.partitioner import Seen, judged
from streams.doctor.partitions import owners_of
from streams.engine.topics.group import ConsumerGroup, Member

KEYS = [b"customer-%d" % number for number in range(400)]


def seen(of: Partitioner, partitions: int) -> Seen:
    """What a producer with that partitioner leaves behind."""
    found, where = Seen(), key_hash(of)
    for key in KEYS:
        found.add(key, where(key) % partitions, partitions)
    return found


@pytest.mark.parametrize("partitions", [2, 3, 4, 12])
@pytest.mark.parametrize("theirs", ["murmur2", "crc32", "fnv1a"])
@pytest.mark.parametrize("ours", ["murmur2", "crc32", "fnv1a"])
def test_another_partitioner_fails_and_is_named_however_many_partitions_there_are(
    partitions: int, theirs: Partitioner, ours: Partitioner
) -> None:
    """With two of them every second key lies right by luck, and it is a failure all the same."""
    (found,) = judged("a topic", seen(theirs, partitions), ours, partitions)
    assert found.verdict is (Verdict.OK if theirs == ours else Verdict.FAIL)
    assert (f"set KPI_PARTITIONER={theirs}" in found.cure) is (theirs != ours)


def test_one_partition_and_few_records_tell_little_and_say_so() -> None:
    """Any partitioner is right there; nothing is said of a topic without records."""
    (found,) = judged("a topic", seen("crc32", 1), "murmur2", 1)
    assert (found.verdict, "may be luck" in found.says) == (Verdict.OK, True)
    one = Seen()
    one.add(KEYS[0], key_hash("murmur2")(KEYS[0]) % 3, 3)
    (found,) = judged("a topic", one, "murmur2", 3)
    assert "the newest 1 record lies as murmur2 says, which may be luck" in found.says
    assert judged("a topic", Seen(), "murmur2", 3) == []


def test_a_partition_is_owned_by_who_has_it_in_every_source() -> None:
    """One of only some of the sources is counted by nobody; a member without partitions owns none."""
    members = (
        Member("a", "10.0.0.1", {"x": frozenset({0, 1}), "y": frozenset({0})}),
        Member("b", "10.0.0.2", {"x": frozenset({2}), "y": frozenset({2, 3})}),
        Member("c", "10.0.0.3", {}),
    )
    assert owners_of(ConsumerGroup("Stable", members, None), ["x", "y"]) == {0: "10.0.0.1", 2: "10.0.0.2"}


@pytest.mark.parametrize(
    ("line", "says", "cure"),
    [
        ("a differs; set b", "a differs!", "set b"),
        ("a is 1.5; wrong. Restore the topic, or b", "a is 1.5; wrong!", "Restore the topic, or b"),
        ("nothing listens there", "nothing listens there!", "start it"),
    ],
)
def test_a_line_is_parted_into_what_is_wrong_and_what_to_do(line: str, says: str, cure: str) -> None:
    """Where a line does not say what to do, the check does."""
    assert parted(line, "start it", more="!") == Finding(Verdict.FAIL, says, cure)
