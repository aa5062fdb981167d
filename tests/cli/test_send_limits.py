"""``kpi send`` and topics that would not take or keep what is sent, and what it remembers."""

import asyncio
import json
import os
import threading
import time
from pathlib import Path

import pytest

from streams.cli.exits import Exit
from streams.cli.sent_state import SUFFIX
from streams.embedded import KafkaCluster
from streams.simulate import KINDS, SimRecord, to_line, topic_of
from tests.cli.conftest import Kpi
from tests.cli.test_kafka_commands import all_values
from tests.support.topics import create_topics, unique_prefix

DAY_MS = 86_400_000
HOUR_MS = 3_600_000

TOLD = "{} records sent, 0 lines rejected; kpi explain tells which of them count\n"


def signup(number: int, at_ms: int) -> SimRecord:
    """A signup, dated an hour before it came at the latest."""
    event = {
        "event_id": f"s{number}",
        "customer_id": f"c{number}",
        "occurred_at": min(at_ms, now_ms()) - HOUR_MS,
    }
    return SimRecord(topic_of("signup"), f"c{number}".encode(), json.dumps(event).encode(), at_ms)


def now_ms() -> int:
    """The wall clock."""
    return time.time_ns() // 1_000_000


def deployment(kafka: KafkaCluster) -> dict[str, str]:
    """Settings of a deployment of its own."""
    prefix = unique_prefix("limits")
    names = {f"KPI_TOPIC_{n.upper()}": prefix + n for n in (*KINDS, "changelog", "totals", "dead_letter")}
    return {"KPI_BROKERS": kafka.bootstrap, "KPI_PARTITIONS": "3", "KPI_REPLICATION_FACTOR": "1", **names}


async def make_sources(settings: dict[str, str], **configs: str) -> None:
    """The source topics with settings of their own (``_`` for ``.``)."""
    topics = [settings[f"KPI_TOPIC_{kind.upper()}"] for kind in KINDS]
    chosen = {name.replace("_", "."): text for name, text in configs.items()}
    await create_topics(settings["KPI_BROKERS"], topics, partitions=3, config=chosen)


@pytest.mark.parametrize(
    ("configs", "told"),
    [
        ({"retention_ms": str(7 * DAY_MS)}, "retention.ms=-1"),
        ({"message_timestamp_before_max_ms": str(DAY_MS)}, "message.timestamp.before.max.ms="),
        ({"cleanup_policy": "compact"}, "set cleanup.policy=delete"),
    ],
)
def test_what_a_topic_would_not_keep_is_not_sent(
    kafka: KafkaCluster, kpi: Kpi, tmp_path: Path, configs: dict[str, str], told: str
) -> None:
    """One line with the line's number where there is one, and the very setting to change."""
    settings = deployment(kafka)
    asyncio.run(make_sources(settings, **configs))
    file = tmp_path / "events.jsonl"
    file.write_bytes(to_line(signup(1, now_ms() - 30 * DAY_MS)))
    ran = kpi("send", str(file), **settings)
    assert (ran.code, told in ran.err.splitlines()[-1]) == (Exit.FAILED, True), ran.err
    assert not all_values(settings)


def test_topics_made_by_the_service_keep_history(kafka: KafkaCluster, kpi: Kpi, tmp_path: Path) -> None:
    """Ten years old, and taken; another deployment of the same cluster gets it, too, the first not again."""
    file = tmp_path / "events.jsonl"
    file.write_bytes(to_line(signup(1, now_ms() - 3_650 * DAY_MS)))
    for _ in range(2):
        settings = deployment(kafka)
        kpi("topics", "create", **settings)
        assert kpi("send", str(file), **settings).err == TOLD.format(1)
        assert all_values(settings).total() == 1
    again = kpi("send", str(file), **settings).err
    assert again.splitlines()[-1] == "0 records sent (1 were sent before), 0 lines rejected"
    assert all_values(settings).total() == 1


def test_records_the_broker_refuses_are_lines_and_the_rest_goes_on(
    kafka: KafkaCluster, kpi: Kpi, tmp_path: Path
) -> None:
    """Two hours ahead, too large, after the year 9999; without a timestamp it has the clock's."""
    settings = deployment(kafka)
    asyncio.run(make_sources(settings, retention_ms="-1", max_message_bytes="2000"))
    now = now_ms()
    large = signup(3, now)
    large = large._replace(value=large.value[:-1] + b',"plan":"' + b"x" * 3_000 + b'"}')
    early = signup(5, -1)._replace(
        value=json.dumps({"event_id": "e", "customer_id": "c5", "occurred_at": now + HOUR_MS}).encode()
    )
    records = [signup(1, now), signup(2, now + 2 * HOUR_MS), large, signup(4, 10**17), early, signup(6, now)]
    undated = to_line(signup(7, now)).replace(b'"timestamp":%d' % now, b'"timestamp":-1')
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(map(to_line, records)) + undated)
    ran = kpi("send", str(file), "--no-validate", **settings)
    assert ran.err.splitlines()[:3] == [
        "line 2: its timestamp is more than 1h ahead (message.timestamp.after.max.ms)",
        "line 3: more than 1,488 bytes",
        "line 4: its timestamp is after the year 9999: allowed are milliseconds",
    ]
    assert (ran.code, all_values(settings).total()) == (Exit.BAD_DATA, 4)
    file.with_name(file.name + SUFFIX).unlink()
    ran = kpi("send", str(file), **settings)
    assert "line 5: malformed: in_future" in ran.err


def test_the_deployments_own_definition_judges(kafka: KafkaCluster, kpi: Kpi, tmp_path: Path) -> None:
    """An event the default definition finds too early, and this one does not."""
    settings = deployment(kafka)
    kpi("topics", "create", **settings)
    definition = tmp_path / "definition.toml"
    definition.write_text('max_clock_skew = "1d"\n', encoding="utf-8")
    early = {"event_id": "s", "customer_id": "c", "occurred_at": now_ms() + HOUR_MS}
    file = tmp_path / "events.jsonl"
    file.write_bytes(to_line(SimRecord(topic_of("signup"), b"c", json.dumps(early).encode(), now_ms())))
    ran = kpi("send", str(file), KPI_DEFINITION_FILE=str(definition), **settings)
    assert (ran.code, ran.err) == (Exit.OK, TOLD.format(1))


def test_a_pipe_is_read_once_and_leaves_no_memory(kafka: KafkaCluster, kpi: Kpi, tmp_path: Path) -> None:
    """All of it is sent, and nothing is written beside it; replay reads one, too."""
    settings = deployment(kafka)
    kpi("topics", "create", **settings)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = b"\xef\xbb\xbf" + b"".join(to_line(signup(n, now_ms())) for n in range(500))
    for command in ("send", "replay"):
        writer = threading.Thread(target=pipe.write_bytes, args=(content,), daemon=True)
        writer.start()
        ran = kpi(command, str(pipe), **settings)
        writer.join(10)
        assert ran.code == Exit.OK, ran.err
        assert command == "replay" or ran.err == TOLD.format(500)
    assert json.loads(ran.out).popitem()[1]["accounting"]["received"] == 500
    assert all_values(settings).total() == 500
    assert list(tmp_path.iterdir()) == [pipe]
