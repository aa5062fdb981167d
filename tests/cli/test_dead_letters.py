"""``kpi dead-letters`` on a genuine Kafka: what it shows, writes, and deletes, whatever lies in the topic."""

import asyncio
import io
import sys
from collections import Counter
from pathlib import Path

import confluent_kafka
import msgspec
import pytest

from streams.cli.exits import Exit
from streams.core.customer.identity import Identity
from streams.core.events import Malformed
from streams.deadletters import deleting
from streams.deadletters.deleting import DeletingError, Part, delete
from streams.deadletters.letter import COPY_OF, REPLAY_OF
from streams.deadletters.reading import LetterLog, opened
from streams.deadletters.wanted import Wanted
from streams.embedded import KafkaCluster
from streams.engine.exits import EngineError
from streams.engine.kafka.client import Client
from streams.engine.topics.configs import change
from streams.replay.lines import parse_line
from tests.cli.conftest import Kpi
from tests.cli.dead_letter_topic import NOW, SECRET, Topic

LARGE = b'{"customer_id":"big","x":"' + b"x" * 900_000 + b'"}'
CUSTOMER = "c-7"


@pytest.fixture
def topic(kafka: KafkaCluster, kpi: Kpi) -> Topic:
    """A deployment with topics of its own."""
    return Topic(kafka, kpi)


@pytest.fixture
def mixed(topic: Topic) -> Topic:
    """Everything that may lie there: letters of ours, and what others wrote."""
    named = msgspec.json.encode({"customer_id": CUSTOMER, "event_id": "e"})
    topic.put(
        topic.dead(CUSTOMER.encode(), b"private\x1b[31m\nrow", why=Malformed("not_json")),
        topic.dead(None, named, "survey", Malformed("missing_key")),
        topic.dead(b"\xff\xfe", b"{}", "signup", Malformed("missing_field", "event_id")),
        topic.dead(b"big", LARGE, "signup", Malformed("wrong_type", "plan")),
        topic.dead(b"none", None, why=Malformed("empty_value")),
        topic.dead(b"c-70", b'{"note":"ask c-7"', why=Malformed("not_json")),
        topic.dead(b"cut", b"x" * 3_000_000),
        topic.dead(b"back", b"x", headers=[(REPLAY_OF, b"t/0/1"), ("kpi-reason", b"theirs"), ("n", None)]),
    )
    topic.put_raw(b"someone", b"else's", [])
    topic.put_raw(None, None, [("kpi-topic", b"lacks the rest"), ("odd", None)])
    topic.put(topic.dead(b"other", b"x"), partition=1)
    return topic


def test_a_list_says_where_and_why_and_nothing_that_a_record_holds(mixed: Topic) -> None:
    """A line each, the keyed hash of the key, and how many by kind and reason; filters hold together."""
    out, err = mixed("list")
    assert len(out.splitlines()) == 11
    hashed = Identity(SECRET.encode()).customer(CUSTOMER).hex()
    assert f"purchase 1:0 not_json  {hashed}" in out
    assert "signup 1:0 missing_field  event_id\n" in out
    assert "not_json  (not whole: value)" in out
    assert "not_json  (came back)" in out
    for private in ("private", "c-7", "someone", "else's", "theirs", "\x1b"):
        assert private not in out + err
    summary = {what: count for count, what in (line.split(maxsplit=1) for line in err.splitlines())}
    assert summary == {
        "purchase not_json": "5",
        "foreign": "2",
        "in all": "11",
        **dict.fromkeys(
            (
                "survey missing_key",
                "signup missing_field",
                "signup wrong_type",
                "purchase empty_value",
            ),
            "1",
        ),
    }
    assert len(mixed.listed("--limit", "2")) == 2
    assert mixed("list", "--limit", "0") == ("", err)
    assert [row["offset"] for row in mixed.listed("--key", CUSTOMER)] == [0, 1]
    assert [row["reason"] for row in mixed.listed("--kind", "signup")] == ["missing_field", "wrong_type"]
    assert [row["field"] for row in mixed.listed("--kind", "signup", "--reason", "wrong_type")] == ["plan"]
    assert len(mixed.listed("--since", "1h")) == 11
    assert mixed.listed("--until", "1h") == []
    assert len(mixed.listed("--until", "2100-01-01T00:00:00Z", "--at", "1:0", "--at", "0:4")) == 2
    (first,) = mixed.listed("--at", "0:7")
    assert (first["returned"], first["reason"], first["source_timestamp"]) == (True, "not_json", NOW)
    mixed.environ.pop("KPI_SECRET")
    assert hashed not in mixed("list")[0]


def test_one_letter_is_shown_whole_and_harmless(mixed: Topic) -> None:
    """Whatever a terminal would obey is escaped."""
    out, _ = mixed("show", "0:0")
    assert "key        c-7\n" in out
    assert "value      private\\u001b[31m\\nrow\n" in out
    assert "expected   one JSON object" in out
    out, _ = mixed("show", "0:9")
    assert "header     odd: (none)\nkey        (none)\nvalue      (none)\n" in out
    assert "key        \\xff\\xfe\n" in mixed("show", "0:2")[0]
    assert "no letter at 0:11" in mixed("show", "0:11", code=Exit.FAILED)[1]
    assert "no letter at 7:0" in mixed("show", "7:0", code=Exit.FAILED)[1]
    mixed("show", "0", code=Exit.USAGE)


def test_an_export_holds_every_whole_record_and_counts_the_others(mixed: Topic, tmp_path: Path) -> None:
    """Byte for byte, also keys that are no text and records without a value."""
    file = tmp_path / "dead.jsonl.gz"
    _, err = mixed("export", str(file), code=Exit.BAD_DATA)
    assert "8 records written" in err
    assert "2  written by somebody else: without our headers" in err
    assert "1  not whole: it was too large for a dead letter" in err
    out, _ = mixed("export", "-", code=Exit.BAD_DATA)
    lines = [parse_line(line.encode()) for line in out.splitlines()]
    assert {line.timestamp_ms for line in lines} == {NOW}
    assert {(line.key, line.value) for line in lines} >= {
        (b"\xff\xfe", b"{}"),
        (b"none", None),
        (b"big", LARGE),
        (b"back", b"x"),
        (CUSTOMER.encode(), b"private\x1b[31m\nrow"),
    }
    assert "all 8 records are malformed" in mixed.kpi("replay", str(file), **mixed.environ).err
    assert mixed("export", "-", "--kind", "signup", "--limit", "1")[0].count("\n") == 1


def test_deleting_by_customer_leaves_every_other_letter_exactly_once(
    mixed: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the key and those whose value names the customer go; the rest is as it was."""
    before = mixed.there()
    out, err = mixed("delete", "--key", CUSTOMER, "--dry-run")
    assert out == "2 letters would be deleted; 0 that stay are written once more\n"
    assert "1 more hold the id somewhere, and may be somebody else's: 0:5;" in err
    assert mixed.there() == before
    assert mixed("delete", code=Exit.USAGE)[1].startswith("kpi: say which letters")
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    mixed("delete", "--key", CUSTOMER, code=Exit.INTERRUPTED)
    assert mixed.there() == before
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    mixed("delete", "--key", CUSTOMER)
    gone = before - mixed.there()
    assert {key for key, _, _ in gone} == {CUSTOMER.encode(), None}
    assert (gone.total(), mixed.there() - before) == (2, Counter())
    assert mixed.listed("--key", CUSTOMER) == []
    out, _ = mixed("delete", "--key", "other", "--yes")
    assert out == "1 letters deleted; 0 that stay are written once more\n"
    left = mixed.there()
    out, _ = mixed("delete", "--key", "back", "--yes")
    assert out == "1 letters deleted; 5 that stay are written once more\n"
    assert (left - mixed.there()).total() == 1
    assert mixed.there() - left == Counter()
    back = mixed("delete", "--reason", "wrong_type", "--limit", "1", "--yes")[0]
    assert back.startswith("1 letters deleted; ")
    mixed("delete", "--all", "--yes")
    assert mixed.there() == Counter()
    assert mixed("delete", "--all", "--yes")[0].startswith("0 letters deleted")


def test_nothing_is_sent_again_that_its_topic_would_not_keep_or_take(topic: Topic) -> None:
    """The one is for a person to change, the other is told of the letter."""
    event = {"event_id": "e", "customer_id": "c", "occurred_at": NOW - 1, "amount": 1, "currency": "USD"}
    source, settings = topic.source("purchase"), topic.settings
    refused = topic.dead(b"c", msgspec.json.encode(event), why=Malformed("foreign_partition", "customer_id"))
    topic.put(refused)

    async def limit(**configs: str) -> None:
        admin = Client(settings).admin()
        await admin.start()
        await change(admin, source, {name.replace("_", "."): value for name, value in configs.items()})
        await admin.close()

    asyncio.run(limit(retention_ms=str(7 * 86_400_000)))
    _, err = topic("replay", code=Exit.FAILED)
    assert f"topic {source} deletes what is older than 7d" in err
    asyncio.run(limit(retention_ms="-1", max_message_bytes="650"))
    _, err = topic("replay", code=Exit.BAD_DATA)
    assert "0:0 is not sent: more than 138 bytes with its headers\n" in err
    asyncio.run(limit(retention_ms="-1"))
    out, _ = topic("replay")
    assert out.split() == ["1", "sent:", "purchase", "1", "sent", "in", "all"]


@pytest.mark.parametrize("guarantee", ["exactly_once", "at_least_once"])
def test_a_deletion_that_breaks_off_loses_nothing_and_doubles_nothing(
    topic: Topic, monkeypatch: pytest.MonkeyPatch, guarantee: str
) -> None:
    """After the copies, before the old records go: everything counts once, and the next run ends it."""
    topic.environ["KPI_PROCESSING_GUARANTEE"] = guarantee
    topic.put(*(topic.dead(b"k%d" % i, b"x" * i) for i in range(20)), partition=1)
    before, settings = topic.there(), topic.settings
    wanted = Wanted(settings.source_topics, customer="k12")

    async def broken_off() -> None:
        client = Client(settings)
        async with opened(client, settings.topic_dead_letter) as log:
            await delete(client, log, wanted)

    async def dies(*_: object) -> None:
        raise InterruptedError

    for customer in ("k12", "k5"):
        wanted = Wanted(settings.source_topics, customer=customer)
        with monkeypatch.context() as patch:
            patch.setattr(deleting, "_cut", dies)
            with pytest.raises(InterruptedError):
                asyncio.run(broken_off())
        assert topic.there() == before
        assert len(topic.listed()) == 20
    with monkeypatch.context() as patch:
        patch.setattr(deleting, "_unchanged", dies)
        with pytest.raises(InterruptedError):
            asyncio.run(broken_off())
    assert topic.there() == before
    if guarantee == "exactly_once":
        topic.leave_open(b"killed")
        assert "1 records in or behind open transactions are not among these" in topic("list")[1]
    topic("delete", "--key", "k12", "--yes")
    left = topic.there()
    assert (before - left, left - before) == (Counter({(b"k12", 6, 12): 1}), Counter())
    topic("delete", "--key", "k5", "--yes")
    assert {key for key, _, _ in left - topic.there()} == {b"k5"}


def test_of_two_deletions_at_once_one_ends_the_other(topic: Topic, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second begins while the first copies; what the first was to delete stays, nothing is doubled."""
    topic.put(*(topic.dead(b"k%d" % i, b"x") for i in range(5)))
    before, settings = topic.there(), topic.settings
    unchanged = deleting._unchanged

    async def run(customer: str) -> None:
        client = Client(settings)
        async with opened(client, settings.topic_dead_letter) as log:
            await delete(client, log, Wanted(settings.source_topics, customer=customer))

    async def meanwhile(log: LetterLog, number: int, part: Part) -> None:
        monkeypatch.setattr(deleting, "_unchanged", unchanged)
        await run("k2")
        with pytest.raises(DeletingError, match="letters went meanwhile"):
            await unchanged(log, number, part)

    monkeypatch.setattr(deleting, "_unchanged", meanwhile)
    with pytest.raises(DeletingError, match="another run has begun"):
        asyncio.run(run("k4"))
    assert {key for key, _, _ in before - topic.there()} == {b"k2"}
    assert topic.there() - before == Counter()


def test_a_letter_that_cannot_be_written_once_more_is_kept(topic: Topic) -> None:
    """Of another program, as large as the topic takes: nothing goes, and a line says what to change."""
    topic.put_raw(b"k", b"x" * 1_114_040, [])
    topic.put(topic.dead(b"c", b"x"))
    before = topic.there()
    _, err = topic("delete", "--key", "c", "--yes", code=Exit.FAILED)
    assert "too large to be written once more: give the topic 1,024 bytes more" in err
    assert topic.there() == before


def test_what_nobody_can_judge_yet_is_no_success(topic: Topic, monkeypatch: pytest.MonkeyPatch) -> None:
    """A letter in an open transaction may be the customer's; one read while it goes is told, too."""
    monkeypatch.setattr(deleting, "_SETTLED_S", 0)
    settings = topic.settings
    topic.put(topic.dead(b"c", b"x"), topic.dead(b"d", b"x"))
    name = settings.topic_dead_letter
    producer = confluent_kafka.Producer(
        {"bootstrap.servers": settings.brokers[0], "transactional.id": name, "log_level": 0}
    )
    producer.init_transactions()
    producer.begin_transaction()
    producer.produce(name, b"x", b"c", 0)
    producer.flush()
    _, err = topic("delete", "--key", "c", "--yes", code=Exit.FAILED)
    assert "1 records in or behind open transactions cannot be read: run this again" in err
    producer.commit_transaction()

    async def read_what_goes() -> None:
        async with opened(Client(settings), name) as log:
            before = await log.extents()
            async with opened(Client(settings), name) as other:
                await delete(Client(settings), other, Wanted(settings.source_topics, customer="c"))
            assert [one for extent in before async for one in log.all_of(extent)] == []

    with pytest.raises(EngineError, match="letters were deleted while they were read"):
        asyncio.run(read_what_goes())
    assert {key for key, _, _ in topic.there()} == {b"d"}


def test_a_mark_of_a_copy_that_others_write_hides_nothing(topic: Topic) -> None:
    """Nor one of a topic that this one was mirrored from: there is no letter that it could stand for."""
    marks = (b"0" * 32 + b"/0", b"/0", b"0", b"x", None)
    for mark in marks:
        topic.put_raw(b"a", b"1", [(COPY_OF, mark)])
    assert topic.there() == Counter({(b"a", 1, 1): len(marks)})
