"""What settings of existing topics do: each fault is found, says its consequence, and names its cure."""

import pytest

from streams.engine.kafka.metadata import Described
from streams.engine.topics.configs import Fault, faults_of
from streams.engine.topics.topics import table
from streams.settings import read

SETTINGS = read({"KPI_DEMO": "true"})
SPECS = {spec.name: spec for spec in table(SETTINGS)}
SIGNUP, CHANGELOG, DEAD = SETTINGS.topic_signup, SETTINGS.topic_changelog, SETTINGS.topic_dead_letter
SOUND = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "message.timestamp.type": "CreateTime",
    "max.message.bytes": "1048588",
    "min.insync.replicas": "2",
    "unclean.leader.election.enable": "false",
}


def judged(topic: str, *, replicas: int = 3, found: dict[str, str] | None = None) -> list[Fault]:
    """The faults of a topic that is sound but for these settings."""
    spec = SPECS[topic]
    configs = SOUND | dict(spec.configs) | (found or {})
    described = Described(topic, 0, "1" * 32, spec.partitions, replicas, led=True)
    return faults_of(SETTINGS, spec, configs, described)


@pytest.mark.parametrize(
    ("topic", "key", "value", "words", "cure"),
    [
        (SIGNUP, "cleanup.policy", "compact", "only the newest event of each customer", "delete"),
        (SIGNUP, "cleanup.policy", "compact,delete", "only the newest event of each customer", "delete"),
        (SIGNUP, "retention.ms", "3600000", "deleted after 1h, whether they were counted", None),
        (SIGNUP, "retention.ms", "0", "deleted after", None),
        (SIGNUP, "retention.bytes", "1073741824", "a burst of events deletes older ones", "-1"),
        (SIGNUP, "message.timestamp.type", "LogAppendTime", "dated in the future", "CreateTime"),
        (SIGNUP, "max.message.bytes", "1000", "batches of events are refused", "1048588"),
        (SIGNUP, "min.insync.replicas", "4", "nothing can be written", "2"),
        (SIGNUP, "unclean.leader.election.enable", "true", "may drop records", "false"),
        (CHANGELOG, "cleanup.policy", "delete", "customers are lost", "compact"),
        (CHANGELOG, "cleanup.policy", "compact,delete", "customers are lost", "compact"),
        (SETTINGS.topic_totals, "cleanup.policy", "delete", "values are lost", "compact"),
        (CHANGELOG, "max.message.bytes", "1048588", "a flush with a great record fails", "8454144"),
        (DEAD, "cleanup.policy", "compact", "a record without a key is refused", "delete"),
        (DEAD, "retention.ms", "-1", "raw personal data is kept for ever", "2592000000"),
        (DEAD, "retention.ms", "2592000001", "KPI_DEAD_LETTER_RETENTION is 30d", "2592000000"),
        (DEAD, "max.message.bytes", "1048588", "a great malformed record is refused", "1114124"),
    ],
)
def test_a_setting_that_does_harm_says_what_and_the_cure(
    topic: str, key: str, value: str, words: str, cure: str | None
) -> None:
    """One fault for it; a sound topic beside it has none."""
    (fault,) = (fault for fault in judged(topic, found={key: value}) if not fault.note)
    assert (fault.topic, fault.key, fault.value) == (topic, key, value)
    assert words in str(fault)
    assert fault.cure == (SPECS[topic].configs["retention.ms"] if cure is None else cure)
    assert [fault for name in SPECS for fault in judged(name) if not fault.note] == []


def test_what_may_be_wanted_is_a_note() -> None:
    """A limited retention of a week or more, greater records, fewer replicas than the setting says."""
    notes = [
        *judged(SIGNUP, found={"retention.ms": str(30 * 24 * 3_600_000)}),
        *judged(SIGNUP, found={"max.message.bytes": "5000000", "retention.ms": "-1"}),
        *judged(SIGNUP, found={"retention.ms": "-1"}, replicas=2),
        *judged(DEAD, found={"retention.ms": "3600000"}),
        *judged(DEAD, found={"segment.ms": "604800000"}),
    ]
    assert [(note.key, note.note) for note in notes] == [
        ("retention.ms", True),
        ("max.message.bytes", True),
        ("replicas", True),
        ("retention.ms", True),
        ("segment.ms", True),
    ]
    assert (notes[3].cure, notes[4].cure) == ("", "86400000")
    assert "they go after 1h, KPI_DEAD_LETTER_RETENTION is 30d" in str(notes[3])
    assert "deleted after 30d: counted anew, the older ones are missing" in str(notes[0])
