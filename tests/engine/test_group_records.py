"""Totals go out as records and come back as they were, whole flushes only, of the present owner only."""

from streams.core.partition.sweep.steps import finish
from streams.core.totals import OVERALL, Accounting, Totals
from streams.engine.kafka.timed import TimedRecord
from streams.engine.totals_topic.fingerprint import FINGERPRINT
from streams.engine.totals_topic.group_records import (
    HEADER_KEY,
    GroupWriter,
    Pair,
    TotalsHeader,
    encode_header,
    parse_key,
    totals_key,
)
from streams.engine.totals_topic.reader import PartitionLog, Told


def header(epoch: int, t: int, *, live: bool = True) -> Pair:
    """A header record."""
    body = TotalsHeader(
        epoch, t, live, t, t, "hash", 3, Accounting(9, {"purchase": 9}), {"purchase": 7}, layout=FINGERPRINT
    )
    return HEADER_KEY, encode_header(body)


def read(log: PartitionLog, pairs: list[Pair]) -> list[Told]:
    """What a log tells of these records."""
    told = [log.take(TimedRecord(0, 0, key, value, [])) for key, value in pairs]
    return [one for one in told if one is not None]


def totals(t: int, **groups: int) -> Totals:
    """Totals with one number a value of ``plan``, and 1 overall."""
    made = Totals(t)
    made.groups[OVERALL] = [1]
    for value, number in groups.items():
        made.groups["plan", value] = [number]
    return made


def written(writer: GroupWriter, made: Totals) -> list[Pair]:
    """All group records that changed."""
    by_value, whole = writer.changing(made, dimensions=True), writer.changing(made, dimensions=False)
    return [*finish(by_value), *finish(whole)]


def test_a_flush_comes_back_as_it_was() -> None:
    """Groups, accounting and newest event times."""
    writer = GroupWriter(1)
    (told,) = read(PartitionLog(2), [*written(writer, totals(5_000, pro=2)), header(1, 5_000)])
    assert told.partition == 2
    assert told.overall.groups == {OVERALL: [1]}
    assert told.overall.accounting.received == 9
    assert told.overall.newest == {"purchase": 7}
    assert told.dimensions is not None
    assert told.dimensions.groups == {("plan", "pro"): [2]}


def test_only_changed_groups_are_written_and_all_are_told() -> None:
    """A second flush with one changed value writes one record."""
    writer = GroupWriter(1)
    log = PartitionLog(0)
    read(log, [*written(writer, totals(5_000, pro=2, free=3)), header(1, 5_000)])
    second = written(writer, totals(10_000, pro=2, free=4))
    assert [key for key, _ in second] == [totals_key(("plan", "free"))]
    (told,) = read(log, [*second, header(1, 10_000)])
    assert told.dimensions is not None
    assert told.dimensions.groups == {("plan", "pro"): [2], ("plan", "free"): [4]}


def test_a_group_that_is_gone_is_deleted() -> None:
    """Within an owner's time by a deletion."""
    writer = GroupWriter(1)
    log = PartitionLog(0)
    read(log, [*written(writer, totals(5_000, pro=2)), header(1, 5_000)])
    (told,) = read(log, [*written(writer, totals(10_000)), header(1, 10_000)])
    assert told.dimensions is not None
    assert told.dimensions.groups == {}


def test_what_an_earlier_owner_left_is_deleted_once() -> None:
    """Of the groups that a new owner knows, those that nobody is in."""
    writer = GroupWriter(2, [("plan", "gone"), ("plan", "pro"), OVERALL])
    first = dict(written(writer, totals(5_000, pro=2)))
    assert {key for key, value in first.items() if value is None} == {totals_key(("plan", "gone"))}
    assert written(writer, totals(10_000, pro=2)) == []


def test_what_an_earlier_owner_left_is_not_told() -> None:
    """Groups of another epoch than the header's do not count."""
    log = PartitionLog(0)
    read(log, [*written(GroupWriter(1), totals(5_000, gone=2)), header(1, 5_000)])
    (told,) = read(log, [*written(GroupWriter(2), totals(10_000, pro=1)), header(2, 10_000)])
    assert told.dimensions is not None
    assert told.dimensions.groups == {("plan", "pro"): [1]}


def test_a_flush_counts_only_with_its_header() -> None:
    """A fetch that ends inside a flush changes nothing so far."""
    writer = GroupWriter(1)
    log = PartitionLog(0)
    read(log, [*written(writer, totals(5_000, pro=2)), header(1, 5_000)])
    assert read(log, written(writer, totals(10_000, pro=7))) == []
    (told,) = read(log, [header(1, 10_000)])
    assert told.dimensions is not None
    assert told.dimensions.groups["plan", "pro"] == [7]


def test_a_partition_that_is_not_live_tells_no_numbers() -> None:
    """Only its accounting speaks."""
    (told,) = read(PartitionLog(0), [*written(GroupWriter(1), totals(5_000)), header(1, 5_000, live=False)])
    assert told.overall.groups == {}
    assert told.overall.accounting.received == 9


def test_dimensions_stay_the_same_object_while_their_instant_stands() -> None:
    """The publisher breaks them down once an instant."""
    log = PartitionLog(0)
    writer = GroupWriter(1)
    (first,) = read(log, [*written(writer, totals(5_000, pro=2)), header(1, 5_000)])
    key, value = header(1, 5_000)
    (again,) = read(log, [(key, value)])
    assert again.dimensions is first.dimensions


def test_dimensions_made_again_for_an_instant_are_told_anew() -> None:
    """A clock that ran ahead stands, and events go on being counted as of its instant."""
    log = PartitionLog(0)
    writer = GroupWriter(1)
    read(log, [*written(writer, totals(5_000, pro=2)), header(1, 5_000)])
    (told,) = read(log, [*written(writer, totals(5_000, pro=3)), header(1, 5_000)])
    assert told.dimensions is not None
    assert told.dimensions.groups == {("plan", "pro"): [3]}


def test_group_keys_tell_any_text_apart() -> None:
    """Values may hold separators of their own."""
    for group in (("plan", "a\0b"), ("plan", ""), ("reason", "g:h"), OVERALL):
        assert parse_key(totals_key(group)) == group
