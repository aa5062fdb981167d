"""What the source topics take and keep, asked before anything is sent.

Rules: what a topic would delete soon after it came is never sent, because "sent" would be a lie; what single
records make a broker refuse a batch is found before, so that it can be told by its line. Where the settings
cannot be read, that is said, and nothing is guessed.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import UnknownTopicOrPartitionError, for_code

from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.kafka_errors import answered
from streams.cli.terminal import say
from streams.core.decoding.timestamps import LAST_MS
from streams.core.definition.definition import DAY_MS, duration_text
from streams.engine.kafka.client import Client
from streams.ingest.sender import MAX_RECORD_BYTES
from streams.replay.lines import LineError
from streams.settings import Settings
from streams.simulate.records import SimRecord

_NO_LIMIT = 1 << 62
_ROOM_BYTES = 512
"""What a batch adds to its only record, at most."""
_SOON_MS = DAY_MS
"""A record that is to be deleted within a day is not kept either: nobody could recount it."""


class KeptTooShortError(Exception):
    """A topic would delete what is to be sent; the message says what to change."""


class TopicLimits(NamedTuple):
    """What a topic says of the records it takes."""

    topic: str
    retention_ms: int = _NO_LIMIT
    before_ms: int = _NO_LIMIT
    after_ms: int = _NO_LIMIT
    max_bytes: int = MAX_RECORD_BYTES
    arrival: bool = False
    """Records get the time of their arrival: their own decides nothing."""

    def check(self, record: SimRecord, now_ms: int) -> None:
        """Let a record pass, or not.

        Raises:
            LineError: the broker would not take this record.
            KeptTooShortError: it would not keep it.
        """
        size = len(record.value) + len(record.key or b"")
        if size > self.max_bytes:
            raise LineError(f"more than {self.max_bytes:,} bytes")
        if record.timestamp_ms > LAST_MS:
            raise LineError("its timestamp is after the year 9999: allowed are milliseconds")
        if self.arrival:
            return
        age_ms = now_ms - record.timestamp_ms
        if -age_ms > self.after_ms:
            most = duration_text(self.after_ms) if self.after_ms else "0"
            raise LineError(f"its timestamp is more than {most} ahead (message.timestamp.after.max.ms)")
        if age_ms > self.before_ms:
            raise KeptTooShortError(
                self._told("message.timestamp.before.max.ms", self.before_ms, "refuses", record)
            )
        if age_ms > self.retention_ms - min(_SOON_MS, self.retention_ms // 2):
            raise KeptTooShortError(self._told("retention.ms", self.retention_ms, "deletes", record))

    def _told(self, setting: str, ms: int, does: str, record: SimRecord) -> str:
        cure = "-1" if setting == "retention.ms" else str((1 << 63) - 1)
        dated = datetime.fromtimestamp(record.timestamp_ms / 1000, tz=UTC).date()
        return (
            f"is of {dated}, and topic {self.topic} {does} what is older than {duration_text(ms)} "
            f"({setting}={ms}): kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type topics "
            f"--entity-name {self.topic} --add-config {setting}={cure}, the same for every source topic, "
            "then send again"
        )


class Target(NamedTuple):
    """The cluster that is sent to, and what its topics take."""

    cluster: str
    limits: Mapping[str, TopicLimits]


def ask(settings: Settings, most: int = MAX_RECORD_BYTES, foreign: Sequence[str] = ()) -> Target:
    """What the source topics take and keep; what cannot be known is told on standard error.

    Args:
        settings: name the topics.
        most: bytes of a record that may be sent, whatever the topics take.
        foreign: further topics, of others: they may keep what they like.

    Raises:
        CliError: Kafka gives no answer, a topic is missing, or one cannot keep events.
    """
    client = Client(settings)
    cluster, resources = answered(
        client, _ask(client, [*settings.source_topics, *foreign]), "asking what topics keep"
    )
    missing = sorted(name for code, _, _, name, _ in resources if code == UnknownTopicOrPartitionError.errno)
    if missing:
        raise CliError(Exit.FAILED, f"missing topics: {', '.join(missing)}; kpi topics create makes them")
    return Target(
        cluster,
        {
            name: _limits(code, name, entries, most, ours=name in settings.source_topics)
            for code, _, _, name, entries in resources
        },
    )


async def _ask(client: Client, topics: Sequence[str]) -> tuple[str, list[Any]]:
    admin = client.admin()
    try:
        await admin.start()
        cluster = str((await admin.describe_cluster()).get("cluster_id"))
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in topics]
        answers = await admin.describe_configs(asked)
    finally:
        await admin.close()
    return cluster, [resource for answer in answers for resource in answer.resources]


def _limits(code: int, topic: str, entries: list[Any], most: int, *, ours: bool) -> TopicLimits:
    if code:
        why = for_code(code).__name__
        say(f"{topic}: how long it keeps records cannot be read ({why}): it may delete them", err=True)
        return TopicLimits(topic, max_bytes=most)
    config = {entry[0]: entry[1] for entry in entries}
    policies = {policy.strip() for policy in config.get("cleanup.policy", "delete").split(",")}
    if "compact" in policies and ours:
        raise CliError(
            Exit.FAILED,
            f"topic {topic} keeps only the newest event of each customer "
            f"(cleanup.policy={','.join(sorted(policies))}): set cleanup.policy=delete on every source topic",
        )
    if int(config.get("retention.bytes", -1)) >= 0:
        say(
            f"{topic}: deletes its oldest records beyond {int(config['retention.bytes']):,} bytes "
            "a partition (retention.bytes); -1 keeps them",
            err=True,
        )
    difference = config.get("message.timestamp.difference.max.ms")
    return TopicLimits(
        topic,
        _limit(config.get("retention.ms")) if "delete" in policies else _NO_LIMIT,
        _limit(config.get("message.timestamp.before.max.ms", difference)),
        _limit(config.get("message.timestamp.after.max.ms", difference)),
        min(most, int(config.get("max.message.bytes", most)) - _ROOM_BYTES),
        config.get("message.timestamp.type") == "LogAppendTime",
    )


def _limit(text: str | None) -> int:
    return _NO_LIMIT if text is None or int(text) < 0 else min(int(text), _NO_LIMIT)
