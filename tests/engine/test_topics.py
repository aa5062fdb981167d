"""The table of topics and what is refused of those that exist."""

from dataclasses import replace

import pytest

from streams.engine.exits import EngineError, ExitCode
from streams.engine.kafka.client import Client
from streams.engine.kafka.metadata import Described
from streams.engine.topics.topics import check_counts, check_present, table
from streams.engine.topics.watch import TopicWatch
from streams.settings import read


def test_state_is_compacted_and_replicated_safely() -> None:
    """Changelog and totals: compacted, no unclean election, one replica may be away."""
    settings = read({"KPI_DEMO": "true", "KPI_PARTITIONS": "6"})
    specs = {spec.name: spec for spec in table(settings)}
    assert len(specs) == 9
    for name in (settings.topic_changelog, settings.topic_totals):
        assert specs[name].configs["cleanup.policy"] == "compact"
        assert specs[name].configs["min.insync.replicas"] == "2"
        assert specs[name].configs["unclean.leader.election.enable"] == "false"
    assert {spec.partitions for spec in specs.values()} == {6}
    dead = int(specs[settings.topic_dead_letter].configs["max.message.bytes"])
    assert dead == int(specs[settings.topic_signup].configs["max.message.bytes"]) + 65_536


def test_unequal_sources_are_named_with_their_counts() -> None:
    """A customer would live in two partitions."""
    with pytest.raises(EngineError, match="a has 2, b has 3") as raised:
        check_counts({"b": 3, "a": 2}, ["a", "b"], 2)
    assert raised.value.code is ExitCode.BAD_TOPICS


def test_another_count_than_the_setting_is_named() -> None:
    """Also of our own topics."""
    with pytest.raises(EngineError, match="KPI_PARTITIONS is 4, but changelog has 8"):
        check_counts({"a": 4, "changelog": 8}, ["a"], 4)
    check_counts({"a": 4, "changelog": 4}, ["a"], 4)


@pytest.mark.parametrize(
    ("counts", "expected", "cure"),
    [
        ({"a": 4, "b": 6, "own": 4}, 4, "kpi topics repartition --partitions 6"),
        ({"a": 6, "b": 6, "own": 4}, 4, "kpi topics repartition --partitions 6"),
        ({"a": 6, "b": 6, "own": 4}, 6, "kpi topics repartition --partitions 6"),
        ({"a": 6, "b": 6, "own": 6, "spare": 1}, 6, "kpi topics check --fix"),
        ({"a": 6, "b": 6, "own": 6, "spare": 1}, 4, "set KPI_PARTITIONS=6"),
        ({"a": 6, "b": 6}, 4, "set KPI_PARTITIONS=6"),
    ],
)
def test_counts_that_do_not_go_together_name_their_cure(
    counts: dict[str, int], expected: int, cure: str
) -> None:
    """By which of them differ: sources, all from the setting, the state, or what is written again anyway."""
    with pytest.raises(EngineError) as raised:
        check_counts(counts, ["a", "b"], expected, spare=["spare"])
    assert str(raised.value).endswith(cure)


def test_only_dead_letters_may_have_more_partitions() -> None:
    """They have no order by key, and nobody owns them; fewer would have no room for each owner."""
    settings = read({"KPI_DEMO": "true", "KPI_PARTITIONS": "4"})
    there = {spec.name: Described(spec.name, 0, "", spec.partitions, 1, led=True) for spec in table(settings)}
    dead = there[settings.topic_dead_letter]
    check_present(settings, {**there, dead.name: replace(dead, partitions=9)})
    with pytest.raises(EngineError, match=f"{dead.name} has 3"):
        check_present(settings, {**there, dead.name: replace(dead, partitions=3)})


def watch() -> TopicWatch:
    """Of a deployment with four partitions."""
    settings = read({"KPI_DEMO": "true", "KPI_PARTITIONS": "4"})
    return TopicWatch(settings, Client(settings))


def topic(name: str, error: int = 0, ident: str = "1", partitions: int = 4) -> Described:
    """A topic as a broker describes it."""
    return Described(name, error, ident, 0 if error else partitions, 1, led=True)


def test_a_topic_is_gone_when_two_looks_miss_it() -> None:
    """One broker that has not heard of a topic yet ends nobody; an id that is another one does, at once."""
    looks = watch()
    looks.compare([topic("a"), topic("b")])
    looks.compare([topic("a", error=3), topic("b", error=5)])
    looks.compare([topic("a"), topic("b")])
    looks.compare([topic("a", error=3), topic("b")])
    with pytest.raises(EngineError, match="a was deleted") as raised:
        looks.compare([topic("a", error=3), topic("b")])
    assert raised.value.code is ExitCode.OFFSETS_LOST
    with pytest.raises(EngineError, match="b was deleted and made anew"):
        looks.compare([topic("b", ident="2")])


def test_more_partitions_end_a_worker_and_ids_that_nobody_tells_do_not() -> None:
    """A broker without ids is watched by counts."""
    looks = watch()
    looks.compare([topic("a", ident="")])
    looks.compare([topic("a", ident="")])
    with pytest.raises(EngineError, match="a has 6") as raised:
        looks.compare([topic("a", ident="", partitions=6)])
    assert raised.value.code is ExitCode.BAD_TOPICS
