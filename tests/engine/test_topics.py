"""The table of topics and what is refused of those that exist."""

import pytest

from streams.engine.exits import EngineError, ExitCode
from streams.engine.topics import check_counts, table
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
