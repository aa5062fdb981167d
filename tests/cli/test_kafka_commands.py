"""``kpi send``, ``kpi topics`` and ``kpi simulate --to-kafka`` on a genuine Kafka."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.cli.exits import Exit
from streams.cli.sent_state import SUFFIX
from streams.embedded import KafkaCluster
from streams.engine.kafka.client import Client
from streams.engine.topics.configs import read_own
from streams.settings import read
from streams.simulate import KINDS, Business, SimRecord, to_line, topic_of
from tests.cli.conftest import Kpi, Ran
from tests.support.eventually import eventually
from tests.support.topics import create_topics, unique_prefix

END_MS = 1_776_211_200_000
PARTITIONS = 3
OWN = ("changelog", "totals", "dead_letter")


@pytest.fixture
def settings(kafka: KafkaCluster) -> dict[str, str]:
    """Settings with topics of this test's own; no topic is made yet."""
    prefix = unique_prefix("cli")
    topics = {f"KPI_TOPIC_{name.upper()}": prefix + name for name in (*KINDS, *OWN)}
    basics = {
        "KPI_BROKERS": kafka.bootstrap,
        "KPI_PARTITIONS": str(PARTITIONS),
        "KPI_REPLICATION_FACTOR": "1",
    }
    return {**basics, **topics}


@pytest.fixture
def records() -> list[SimRecord]:
    """A small business."""
    return list(Business(1, 150, 10, END_MS).history())


class Found(NamedTuple):
    """A record of a topic."""

    partition: int
    key: bytes | None
    value: bytes | None
    timestamp: int


async def read_topic(bootstrap: str, topic: str) -> list[Found]:
    """Everything in a topic."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [TopicPartition(topic, p) for p in range(PARTITIONS)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        found: list[Found] = []
        while len(found) < sum(ends.values()):
            for place, batch in (await consumer.getmany(timeout_ms=1_000)).items():
                found += [Found(place.partition, r.key, r.value, r.timestamp) for r in batch]
        return found
    finally:
        await consumer.stop()


def all_values(settings: dict[str, str]) -> Counter[bytes]:
    """The values in all source topics."""
    found: Counter[bytes] = Counter()
    for kind in KINDS:
        topic = settings[f"KPI_TOPIC_{kind.upper()}"]
        found.update(
            record.value or b"" for record in asyncio.run(read_topic(settings["KPI_BROKERS"], topic))
        )
    return found


def test_topics_are_created_once_and_checked(kpi: Kpi, settings: dict[str, str]) -> None:
    """Missing ones are a failed check; created ones pass; a second creation makes none."""
    ran = kpi("topics", "check", **settings)
    assert ran.code == Exit.FAILED
    assert "missing topics: " in ran.err
    assert kpi("topics", "create", **settings).out.count("made ") == 9
    assert kpi("topics", "check", **settings).code == Exit.OK
    assert kpi("topics", "create", **settings).out.count("made ") == 0


def test_topics_with_other_partition_counts_are_named(kpi: Kpi, settings: dict[str, str]) -> None:
    """One line that says which has how many."""
    kpi("topics", "create", **settings)
    ran = kpi("topics", "check", **{**settings, "KPI_PARTITIONS": "5"})
    assert ran.code == Exit.FAILED
    assert f"{settings['KPI_TOPIC_SIGNUP']} has {PARTITIONS}" in ran.err


def test_more_replicas_than_brokers_name_the_setting_and_what_there_is(
    kpi: Kpi, settings: dict[str, str]
) -> None:
    """What a newcomer meets on one broker, with the default; nothing is made with fewer unasked."""
    del settings["KPI_REPLICATION_FACTOR"]
    ran = kpi("topics", "create", **settings)
    assert ran.code == Exit.FAILED
    assert "KPI_REPLICATION_FACTOR is 3, and the cluster has 1 broker;" in ran.err
    assert "set KPI_REPLICATION_FACTOR=1" in ran.err
    assert len(ran.err.splitlines()) == 1
    ran = kpi("topics", "create", **{**settings, "KPI_TOPIC_SIGNUP": "no topic's name"})
    assert (ran.code, 'takes no topic named "no topic\'s name"' in ran.err) == (Exit.FAILED, True), ran.err


def test_settings_of_topics_that_do_harm_are_told_and_set_right(kpi: Kpi, settings: dict[str, str]) -> None:
    """Each with its consequence; ``--fix`` sets them, keeps other settings, and makes what is missing."""
    compacted, changelog = settings["KPI_TOPIC_SURVEY"], settings["KPI_TOPIC_CHANGELOG"]
    broker, kept = settings["KPI_BROKERS"], {"segment.ms": "7200000"}
    bad = {"cleanup.policy": "compact", "message.timestamp.type": "LogAppendTime", **kept}
    for topic, config, count in (
        (compacted, bad, PARTITIONS),
        (settings["KPI_TOPIC_ERASE"], {"retention.ms": "60000"}, PARTITIONS),
        (changelog, {"cleanup.policy": "delete", "max.message.bytes": "9000000"}, PARTITIONS),
        (settings["KPI_TOPIC_TOTALS"], {"cleanup.policy": "compact", "max.message.bytes": "9000000"}, 1),
    ):
        asyncio.run(create_topics(broker, [topic], partitions=count, config=config))
    told = eventually(lambda: _told(kpi("topics", "check", **settings), "check --fix"), within=30)
    assert told is not None
    assert told.code == Exit.FAILED
    ran = kpi("topics", "check", "--fix", **settings)
    assert ran.code == Exit.OK, ran.err
    for done in (
        f"deleted {settings['KPI_TOPIC_TOTALS']}",
        f"made {settings['KPI_TOPIC_TOTALS']}",
        f"made {settings['KPI_TOPIC_SIGNUP']}",
        f"set cleanup.policy=delete of {compacted}",
        f"set message.timestamp.type=CreateTime of {compacted}",
        f"set cleanup.policy=compact of {changelog}",
        f"set retention.ms=-1 of {settings['KPI_TOPIC_ERASE']}",
    ):
        assert done in ran.out.splitlines()
    assert asyncio.run(own_configs(settings, compacted))["segment.ms"] == kept["segment.ms"]
    assert kpi("topics", "check", **settings).code == Exit.OK


def _told(ran: Ran, words: str) -> Ran | None:
    """What ran, if it said so: a broker hears of new topics a moment after they are made."""
    return ran if words in ran.err else None


async def own_configs(settings: dict[str, str], topic: str) -> dict[str, str]:
    """The settings that a topic has of its own."""
    admin = Client(read({**settings, "KPI_DEMO": "true"})).admin()
    await admin.start()
    try:
        return (await read_own(admin, [topic]))[topic]
    finally:
        await admin.close()


def test_send_brings_every_good_line_with_key_and_timestamp(
    kpi: Kpi, settings: dict[str, str], records: list[SimRecord], tmp_path: Path
) -> None:
    """Values byte for byte; malformed ones only with --no-validate."""
    kpi("topics", "create", **settings)
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(map(to_line, records)))
    ran = kpi("send", str(file), "--no-validate", **settings)
    assert (ran.code, ran.out) == (Exit.OK, ""), ran.err
    assert all_values(settings) == Counter(record.value for record in records)
    sent = asyncio.run(read_topic(settings["KPI_BROKERS"], settings["KPI_TOPIC_SURVEY"]))
    wanted = [r for r in records if r.topic == topic_of("survey")]
    assert {(r.key, r.value, r.timestamp) for r in sent} == {(r.key, r.value, r.timestamp_ms) for r in wanted}


def test_send_lists_rejected_lines_and_ends_with_4(
    kpi: Kpi, settings: dict[str, str], records: list[SimRecord], tmp_path: Path
) -> None:
    """Line numbers and reasons, nothing of the lines themselves; the good ones are sent."""
    kpi("topics", "create", **settings)
    good = [to_line(r) for r in records if r.topic == topic_of("signup")][:2]
    unknown = to_line(SimRecord("other.topic", b"c1", b"{}", END_MS))
    bad = to_line(SimRecord(topic_of("purchase"), b"c1", b'{"event_id":"private"}', END_MS))
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join([good[0], b"nonsense\n", unknown, b"\n", bad, good[1]]))
    ran = kpi("send", str(file), **settings)
    assert ran.code == Exit.BAD_DATA
    assert ran.err.splitlines() == [
        "line 2: not JSON",
        "line 3: a topic the service does not read",
        "line 5: malformed: missing_field: customer_id is missing; expected a text of 1 to 128 characters",
        "2 records sent, 3 lines rejected; kpi explain tells which of them count",
        f"kpi: 3 lines of {file} were not sent",
    ]


def test_send_goes_on_where_it_stopped(
    kpi: Kpi, settings: dict[str, str], records: list[SimRecord], tmp_path: Path
) -> None:
    """A second run sends what was appended; another file of the same name is sent from its beginning."""
    kpi("topics", "create", **settings)
    lines = [to_line(r) for r in records if r.topic == topic_of("signup")]
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(lines[:10]))
    assert "10 records sent" in kpi("send", str(file), **settings).err
    with file.open("ab") as end:
        end.writelines(lines[10:15])
    ran = kpi("send", str(file), **settings)
    assert "going on after line 10" in ran.err
    signups = asyncio.run(read_topic(settings["KPI_BROKERS"], settings["KPI_TOPIC_SIGNUP"]))
    assert len(signups) == 15
    file.write_bytes(b"".join(lines[20:23]))
    assert "going on" not in kpi("send", str(file), **settings).err
    assert file.with_name(file.name + SUFFIX).exists()


def test_send_gives_keyless_records_their_customers_key(
    kpi: Kpi, settings: dict[str, str], records: list[SimRecord], tmp_path: Path
) -> None:
    """Otherwise a customer would live in several partitions."""
    kpi("topics", "create", **settings)
    signup = next(r for r in records if r.topic == topic_of("signup"))
    file = tmp_path / "events.jsonl"
    file.write_bytes(to_line(signup._replace(key=None)))
    assert kpi("send", str(file), **settings).code == Exit.OK
    sent = asyncio.run(read_topic(settings["KPI_BROKERS"], settings["KPI_TOPIC_SIGNUP"]))
    assert [r.key for r in sent] == [signup.key]


def test_a_customers_records_are_in_one_partition_of_every_topic(kpi: Kpi, settings: dict[str, str]) -> None:
    """``kpi simulate --to-kafka`` sends the whole history, keyed like every Kafka client."""
    kpi("topics", "create", **settings)
    size = ("--customers", "80", "--days", "10", "--until", "2026-04-15T00:00:00Z")
    assert kpi("simulate", "--to-kafka", *size, **settings).code == Exit.OK
    homes: dict[bytes, set[int]] = {}
    count = 0
    for kind in KINDS:
        for record in asyncio.run(read_topic(settings["KPI_BROKERS"], settings[f"KPI_TOPIC_{kind.upper()}"])):
            homes.setdefault(record.key or b"", set()).add(record.partition)
            count += 1
    assert count == len(list(Business(1, 80, 10, END_MS).history()))
    assert {len(partitions) for partitions in homes.values()} == {1}
    assert len({p for partitions in homes.values() for p in partitions}) == PARTITIONS


@pytest.mark.parametrize("args", [("topics", "check"), ("topics", "create"), ("send", "FILE")])
def test_an_unreachable_kafka_is_one_line_and_exit_code_3(
    kpi: Kpi, args: tuple[str, ...], tmp_path: Path, records: list[SimRecord]
) -> None:
    """No traceback, no retries without end."""
    file = tmp_path / "events.jsonl"
    file.write_bytes(to_line(records[0]))
    ran = kpi(*(str(file) if arg == "FILE" else arg for arg in args), KPI_BROKERS="127.0.0.1:1")
    assert ran.code == Exit.UNREACHABLE
    assert ran.err == "kpi: Kafka at 127.0.0.1:1 refuses the connection: nothing listens there\n"


def test_send_brings_the_events_of_foreign_records(
    kpi: Kpi, settings: dict[str, str], tmp_path: Path
) -> None:
    """Keyed by customer, each once; a second run goes on, under another mapping it begins anew."""
    assert kpi("topics", "create", **settings).code == Exit.OK
    ready = Path(__file__).parents[2] / "schemas" / "mappings" / "billing-webhook"
    mapping, file = tmp_path / "mapping.toml", tmp_path / "hooks.jsonl"
    text = ready.with_suffix(".toml").read_text(encoding="utf-8")
    mapping.write_text(text)
    file.write_bytes(ready.with_suffix(".jsonl").read_bytes() + b'\n{"type":"invoice.paid"}\n')
    ran = kpi("send", "--mapping", str(mapping), str(file), **settings)
    assert ran.code == Exit.BAD_DATA
    assert "line 7: malformed: missing_field: customer_id, from data.object.customer is missing" in ran.err
    assert "4 records sent, 1 lines rejected, 1 lines ignored by the mapping" in ran.err
    found = asyncio.run(read_topic(settings["KPI_BROKERS"], settings["KPI_TOPIC_PURCHASE"]))
    assert sorted(one.key or b"" for one in found) == [b"cus_anna", b"cus_anna", b"cus_bela", b"cus_chie"]
    assert all(b'"source":"billing.webhooks"' in (one.value or b"") for one in found)
    with file.open("ab") as more:
        more.write(
            ready.with_suffix(".jsonl")
            .read_bytes()
            .splitlines(keepends=True)[1]
            .replace(b"evt_0002", b"evt_9")
        )
    assert (
        "1 records sent (4 were sent before)"
        in kpi("send", "--mapping", str(mapping), str(file), **settings).err
    )
    mapping.write_text(text.replace('version = "1"', 'version = "2"'))
    assert "5 records sent, " in kpi("send", "--mapping", str(mapping), str(file), **settings).err
    assert len(asyncio.run(read_topic(settings["KPI_BROKERS"], settings["KPI_TOPIC_PURCHASE"]))) == 10
