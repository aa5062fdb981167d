"""Topics of a partition are kept abreast in record time."""

from hypothesis import given
from hypothesis import strategies as st

from streams.engine.ownership.align import FULL, Aligner
from tests.engine.records import record


def none(_topic: str) -> bool:
    """No topic is read to its end."""
    return False


def every(_topic: str) -> bool:
    """Every topic is read to its end."""
    return True


def test_a_topic_that_may_still_bring_older_records_is_waited_for() -> None:
    """Nothing is handed out before every topic has something, or is at its end."""
    aligner = Aligner(["a", "b"])
    aligner.add("a", [record(0, 10)])
    assert aligner.take(none) == []
    assert [topic for topic, _ in aligner.take(lambda topic: topic == "b")] == ["a"]


def test_only_the_prefix_up_to_the_smallest_batch_end_is_handed_out() -> None:
    """
    Topics in time:
    a  10 20 30 40 50
    b     20    |  (ends at 35): 50 must wait, and so must 40
    """  # noqa: D205, D212, D415 - a drawing
    aligner = Aligner(["a", "b"])
    aligner.add("a", [record(n, ms) for n, ms in enumerate((10, 20, 30, 40, 50))])
    aligner.add("b", [record(0, 20), record(1, 35)])
    taken = dict(aligner.take(none))
    assert [r.timestamp for r in taken["a"]] == [10, 20, 30]
    assert [r.timestamp for r in taken["b"]] == [20, 35]
    assert aligner.waiting("a") == 2
    first = aligner.first("a")
    assert first is not None
    assert first.offset == 3


def test_a_full_topic_asks_for_no_more() -> None:
    """What waits is bounded."""
    aligner = Aligner(["a"])
    aligner.add("a", [record(0, 1)] * FULL)
    assert aligner.full("a")
    aligner.take(every)
    assert not aligner.full("a")


batches = st.lists(
    st.tuples(st.sampled_from("abc"), st.lists(st.integers(0, 50), min_size=1, max_size=5)), max_size=25
)


@given(batches)
def test_nothing_is_lost_repeated_or_reordered_within_a_topic(incoming: list[tuple[str, list[int]]]) -> None:
    """Whatever comes, every topic's records come out once and in order."""
    aligner = Aligner(["a", "b", "c"])
    out: dict[str, list[int]] = {"a": [], "b": [], "c": []}
    sent = {"a": 0, "b": 0, "c": 0}
    for topic, timestamps in incoming:
        aligner.add(topic, [record(sent[topic] + n, ms) for n, ms in enumerate(timestamps)])
        sent[topic] += len(timestamps)
        for name, records in aligner.take(none):
            out[name] += [r.offset for r in records]
    for name, records in aligner.take(every):
        out[name] += [r.offset for r in records]
    assert out == {topic: list(range(count)) for topic, count in sent.items()}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 5)), min_size=1, max_size=30))
def test_topics_in_time_order_stay_abreast(steps: list[tuple[str, int]]) -> None:
    """Records in time order within topics are never handed out behind a later one of another topic's past."""
    aligner = Aligner(["a", "b"])
    clock = {"a": 0, "b": 0}
    newest = 0
    for topic, step in steps:
        clock[topic] += step
        aligner.add(topic, [record(0, clock[topic])])
        taken = [r.timestamp for _, records in aligner.take(none) for r in records]
        assert all(ms >= newest for ms in taken)
        newest = max([newest, *taken])
        assert newest <= min(clock.values())
