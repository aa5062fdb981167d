"""What sweeps found goes out as records and comes back as it was, of the present owner only."""

from collections.abc import Mapping

import pytest

from streams.core.kpi.early_warning import AtRisk
from streams.core.kpi.swept import Swept
from streams.core.partition.sweep.steps import finish
from streams.core.totals import OVERALL
from streams.engine.exits import EngineError
from streams.engine.totals_topic.group_records import Pair
from streams.engine.totals_topic.sweep_records import AT_RISK_KEY, SweptLog, SweptWriter, is_swept

PRO = ("plan", "pro")
FREE = ("plan", "fr\0ee")
ANN, BOB = AtRisk(0.9, b"a" * 16), AtRisk(0.4, b"b" * 16)


def swept(t: int, shares: Mapping[tuple[str, str], bytes], *at_risk: AtRisk) -> Swept:
    """What a sweep found."""
    return Swept(t, dict(shares), at_risk)


def written(writer: SweptWriter, found: Swept | None, *erased: AtRisk) -> list[Pair]:
    """The records of a flush."""
    gone = {one.customer for one in erased}
    return finish(writer.changing(found, gone.intersection))


def staged(log: SweptLog, pairs: list[Pair]) -> SweptLog:
    """The log with these records."""
    for key, value in pairs:
        assert is_swept(key)
        log.stage(key, value)
    return log


def test_a_sweep_comes_back_as_it_was() -> None:
    """Groups with any text, and those at risk in their order."""
    found = swept(5, {OVERALL: b"x", PRO: b"y", FREE: b"z"}, ANN, BOB)
    assert staged(SweptLog(), written(SweptWriter(1), found)).settle(1, 5) == found


def test_before_the_first_sweep_nothing_is_told() -> None:
    """The header names no time."""
    assert SweptLog().settle(1, None) is None
    assert SweptWriter(1).t is None
    assert written(SweptWriter(1), None) == []


def test_what_an_earlier_owner_left_goes_with_the_first_sweep() -> None:
    """Groups that have no buyers, and whoever was at risk, even where nobody is any more."""
    writer = SweptWriter(2, [PRO, FREE, ("reason", "price")])
    first = dict(written(writer, swept(5, {PRO: b"y"})))
    assert [key for key, value in first.items() if value is None] == [b"s:plan\0fr\0ee"]
    log = staged(SweptLog(), written(SweptWriter(1), swept(4, {FREE: b"z"}, ANN)))
    assert staged(log, list(first.items())).settle(2, 5) == swept(5, {PRO: b"y"})
    assert ANN.customer not in (first[AT_RISK_KEY] or b"")
    assert written(writer, swept(9, {PRO: b"y"})) == []


def test_records_count_from_their_header_on() -> None:
    """A fetch may end inside a flush."""
    writer, log = SweptWriter(1), SweptLog()
    first = staged(log, written(writer, swept(5, {PRO: b"y"}))).settle(1, 5)
    staged(log, written(writer, swept(9, {PRO: b"z"})))
    assert first == swept(5, {PRO: b"y"})
    assert log.settle(1, 9) == swept(9, {PRO: b"z"})


def test_only_what_changed_is_written_and_what_is_gone_is_deleted() -> None:
    """One group changed, one gone, one the same; those at risk the same."""
    writer, log = SweptWriter(1), SweptLog()
    staged(log, written(writer, swept(5, {OVERALL: b"x", PRO: b"y", FREE: b"z"}, ANN)))
    second = swept(9, {OVERALL: b"x", PRO: b"changed"}, ANN)
    pairs = written(writer, second)
    assert len(pairs) == 2
    assert [value for _, value in pairs if value is None] == [None]
    assert staged(log, pairs).settle(1, 9) == second


def test_it_is_the_same_object_while_nothing_changes() -> None:
    """Publishers merge it once."""
    log = staged(SweptLog(), written(SweptWriter(1), swept(5, {PRO: b"y"}, ANN)))
    assert log.settle(1, 5) is log.settle(1, 5)


def test_who_is_erased_goes_at_once() -> None:
    """Without a new sweep; the shares stay the same object."""
    writer, log = SweptWriter(1), SweptLog()
    before = staged(log, written(writer, swept(5, {PRO: b"y"}, ANN, BOB))).settle(1, 5)
    pairs = written(writer, None, ANN)
    assert [key for key, _ in pairs] == [AT_RISK_KEY]
    after = staged(log, pairs).settle(1, 5)
    assert before is not None
    assert after == swept(5, {PRO: b"y"}, BOB)
    assert after.shares is before.shares


def test_who_is_erased_between_a_sweep_and_its_flush_is_not_written() -> None:
    """The sweep had found them."""
    pairs = written(SweptWriter(1), swept(5, {}, ANN, BOB), BOB)
    assert staged(SweptLog(), pairs).settle(1, 5) == swept(5, {}, ANN)


def test_what_an_earlier_owner_left_is_not_told() -> None:
    """Neither its groups nor whom it named."""
    log = staged(SweptLog(), written(SweptWriter(1), swept(5, {PRO: b"y"}, ANN)))
    assert log.settle(1, 5) is not None
    assert log.settle(2, None) is None
    staged(log, written(SweptWriter(2), swept(9, {FREE: b"z"})))
    assert log.settle(2, 9) == swept(9, {FREE: b"z"})


def test_records_of_another_version_are_refused() -> None:
    """Never guessed at."""
    log = SweptLog()
    log.stage(AT_RISK_KEY, b"\x01")
    with pytest.raises(EngineError, match="another version"):
        log.settle(1, 5)
