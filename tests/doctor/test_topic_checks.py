"""What ``kpi doctor`` says of topics and of what lies in them."""

import asyncio
from zlib import crc32

import msgspec

from streams.cli.exits import Exit
from streams.core.customer.identity import Identity
from streams.core.definition.definition import Definition
from streams.core.partition.placement import murmur2
from streams.engine.ownership.marker import MARKER_KEY, blank, encode
from streams.settings import read
from tests.cli.conftest import Kpi
from tests.doctor.conftest import PARTITIONS, Doctor
from tests.doctor.support import put, send
from tests.support.topics import create_topics, unique_prefix


def test_a_missing_topic_and_a_compacted_source_fail_with_their_cures(
    doctor: Doctor, healthy: dict[str, str]
) -> None:
    """What depends on a topic that is missing is skipped; settings of the others are judged."""
    told = doctor({**healthy, "KPI_TOPIC_SURVEY": unique_prefix("none")})
    assert told.of("topics", "fail").endswith("-> kpi topics create")
    assert told.checks("skipped") == {"state"}
    assert "topic settings" in told.checks("ok")
    compacted = unique_prefix("compacted")
    config = {"cleanup.policy": "compact"}
    asyncio.run(create_topics(healthy["KPI_BROKERS"], [compacted], partitions=PARTITIONS, config=config))
    told = doctor({**healthy, "KPI_TOPIC_SURVEY": compacted})
    assert "only the newest event of each customer" in told.of("topic settings", "fail")
    assert "set cleanup.policy=delete: kpi topics check --fix" in told.of("topic settings", "fail")
    told = doctor({**healthy, "KPI_PARTITIONS": "3"})
    assert "set KPI_PARTITIONS=2" in told.of("topics", "fail")


def test_producers_that_hash_keys_otherwise_are_found_by_where_their_records_lie(
    doctor: Doctor, healthy: dict[str, str]
) -> None:
    """Most: a failure that names their partitioner; some: a warning; records without a key: another one."""
    broker = healthy["KPI_BROKERS"]
    keys = [b"customer-%d" % number for number in range(60)]
    assert (
        15 < sum(murmur2(key) % PARTITIONS != crc32(key) % PARTITIONS for key in keys) < 45
    )  # half, by luck
    most, some, none, chance = (unique_prefix(name) for name in ("most", "some", "none", "chance"))
    asyncio.run(create_topics(broker, (most, some, none, chance), partitions=PARTITIONS))
    good = [(key, murmur2(key) % PARTITIONS) for key in keys]
    asyncio.run(send(broker, most, [(key, crc32(key) % PARTITIONS) for key in keys]))
    asyncio.run(send(broker, some, [*good, (keys[0], 1 - good[0][1])]))
    asyncio.run(send(broker, none, [*good, (None, 0), (None, 1)]))
    asyncio.run(send(broker, chance, [(key, 1 - right) for key, right in good]))
    names = {
        "KPI_TOPIC_PURCHASE": most,
        "KPI_TOPIC_SIGNUP": some,
        "KPI_TOPIC_VOID": none,
        "KPI_TOPIC_ERASE": chance,
    }
    told = doctor({**healthy, **names})
    failed = told.of("partitioner", "fail").splitlines()
    assert [line.partition(":")[0] for line in failed] == [most, chance]
    assert "60 lie as crc32 says" in failed[0]
    assert "set KPI_PARTITIONER=crc32" in failed[0]
    assert "no partitioner that is known explains it" in failed[1]
    warned = told.of("partitioner", "warn")
    assert f"{some}: 1 of the newest 61 keys lie elsewhere" in warned
    assert f"{none}: 2 of the newest 62 records have no key" in warned
    assert f"{none}: by key the newest 60 records lie as murmur2 says" in told.of("partitioner", "ok")


def test_without_a_worker_status_fails_and_the_doctor_warns(
    kpi: Kpi, doctor: Doctor, bare: dict[str, str]
) -> None:
    """Nothing is made by asking: before topics are there, and when nobody has counted anything yet."""
    ran = kpi("status", **bare)
    assert ran.code == Exit.FAILED
    assert (
        ran.err
        == "kpi: 0 workers; no worker is running: kpi worker starts one; 2 of 2 partitions: no totals yet\n"
    )
    told = doctor(bare)
    assert told.of("topics", "fail").count(bare["KPI_APP_ID"]) >= 9
    kpi("topics", "create", **bare)
    told = doctor(bare)
    assert told.checks("fail") == set()
    assert "nothing is counted" in told.of("workers", "warn")
    assert "nothing is counted yet" in told.of("state", "ok")
    assert told.of("redis", "skipped").startswith("no Redis is used")
    assert kpi("status", **bare).out.count("nobody") == PARTITIONS


def test_records_that_are_gone_before_they_were_counted_are_told_beforehand(
    kpi: Kpi, doctor: Doctor, bare: dict[str, str]
) -> None:
    """A marker whose next record is behind the end of its topic; one of which a person left something out."""
    kpi("topics", "create", **bare)
    settings = read(bare)
    fitting = blank(settings, Definition(), Identity(settings.secret_bytes).fingerprint)
    lost = msgspec.structs.replace(fitting, offsets={settings.topic_signup: 5})
    asyncio.run(put(bare, settings.topic_changelog, 0, MARKER_KEY, encode(lost)))
    told = doctor(bare)
    assert f"{settings.topic_signup} partition 0: the next record to count is at offset 5" in told.of(
        "state", "fail"
    )
    assert "the log ends at 0" in told.of("state", "fail")
    assert "exit code 34 OFFSETS_LOST" in told.of("state", "fail")
    left_out = msgspec.structs.replace(fitting, left_out={settings.topic_signup: 3})
    asyncio.run(put(bare, settings.topic_changelog, 0, MARKER_KEY, encode(left_out)))
    told = doctor(bare)
    assert "1 of 2 partitions (the others are new)" in told.of("state", "ok")
    assert "3 offsets of the sources were left out" in told.of("state", "warn")
