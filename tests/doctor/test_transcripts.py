"""docs/doctor.md shows what ``kpi doctor`` says of set-ups that are well and broken; here it says it again.

Ports, names, versions and hashes are those of the page. Where what is said has changed, the failure names a
file with the page as it should be.
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import pytest
import redis

from streams.embedded import ValkeyServer, free_port
from streams.redis_contract.layout import Keys
from streams.rights import redis_rights
from tests.cli.conftest import Kpi
from tests.doctor.conftest import PARTITIONS
from tests.doctor.support import send
from tests.support.redis_fleets import ask
from tests.support.topics import create_topics, unique_prefix

PAGE = Path(__file__).parents[2] / "docs/doctor.md"
_BLOCK = re.compile(r"^## (?P<title>.+?)\n(?P<prose>.*?)^```text\n.*?^```$", re.MULTILINE | re.DOTALL)
_HASHES = ("9f3b1c52d07e4a68", "71649f6ba49b4c55")
"""In the place of the first and the second that a transcript shows."""

Settings = dict[str, str]


class Stage:
    """What the set-ups share."""

    def __init__(self, healthy: Settings, bare: Settings, own: ValkeyServer, folder: Path) -> None:
        self.healthy, self.bare, self.own, self.folder = healthy, bare, own, folder

    def topic(self, name: str, **config: str) -> str:
        """A topic of its own."""
        topic = unique_prefix(name)
        config = {"retention.ms": "-1", **config}
        made = create_topics(self.healthy["KPI_BROKERS"], [topic], partitions=PARTITIONS, config=config)
        asyncio.run(made)
        return topic


def kafka_gone(_stage: Stage) -> Settings:
    """Nothing listens there."""
    return {"KPI_BROKERS": f"127.0.0.1:{free_port()}"}


def definition_changed(stage: Stage) -> Settings:
    """Another choice than the one that was counted under."""
    file = stage.folder / "definition.toml"
    file.write_text(Path(stage.healthy["KPI_DEFINITION_FILE"]).read_text() + 'recognition = "cancelled_at"\n')
    return {"KPI_DEFINITION_FILE": str(file)}


def producers_changed(stage: Stage) -> Settings:
    """Purchases of a producer that hashes keys as librdkafka does unless it is told otherwise."""
    topic = stage.topic("purchase")
    keys = [b"customer-%d" % number for number in range(60)]
    asyncio.run(send(stage.healthy["KPI_BROKERS"], topic, [(key, crc32(key) % PARTITIONS) for key in keys]))
    return {"KPI_TOPIC_PURCHASE": topic}


def foreign_topic_gone(stage: Stage) -> Settings:
    """A mapping of a topic that nobody has made."""
    file = stage.folder / "mapping.toml"
    file.write_text(
        'version = "1"\n[[source]]\ntopic = "shop.orders"\nformat = "json"\nkind = "erase"\n'
        'customer_id = "who"\nevent_id = "id"\noccurred_at = { path = "at", unit = "ms" }\n'
    )
    return {"KPI_MAPPING_FILE": str(file)}


def redis_of_others(stage: Stage) -> Settings:
    """A Redis that drops keys, in which another deployment writes the same tenant."""
    with redis.Redis.from_url(stage.own.url) as client:
        client.config_set("maxmemory", "100mb")
        client.config_set("maxmemory-policy", "allkeys-lru")
        client.hset(Keys(stage.healthy["KPI_APP_ID"]).version, "owner", "another on its totals of Kafka X")
    return {"KPI_REDIS_URL": stage.own.url}


def redis_user(stage: Stage) -> Settings:
    """A user with the rights of a worker but for two commands and the channel."""
    rules = [*redis_rights("worker", stage.healthy["KPI_APP_ID"]), *redis_rights("doctor", "")]
    lacking = ("-zadd", "-xadd", "resetchannels")
    ask(stage.own.url, "ACL", "SETUSER", "dashboards", "reset", "on", ">pw", *rules, *lacking)
    given = {"KPI_REDIS_USERNAME": "dashboards", "KPI_REDIS_PASSWORD": "pw"}
    return {"KPI_REDIS_URL": stage.own.url, **given}


SET_UPS: dict[str, Callable[[Stage], Settings]] = {
    "All is well": lambda _: {},
    "A misspelt setting, and a secret that is too short": lambda _: {
        "KPI_REDIS_URI": "redis://redis:6379",
        "KPI_SECRET": "short",
    },
    "Kafka is not there": kafka_gone,
    "Nobody has made the topics": lambda stage: (
        stage.bare | {"KPI_REDIS_URL": stage.healthy["KPI_REDIS_URL"]}
    ),
    "Another number of partitions": lambda _: {"KPI_PARTITIONS": "3"},
    "A source topic that keeps only the newest event of each customer": lambda stage: {
        "KPI_TOPIC_SURVEY": stage.topic("survey", **{"cleanup.policy": "compact"})
    },
    "Another secret": lambda stage: {"KPI_SECRET": stage.healthy["KPI_SECRET"] + "!"},
    "Another definition": definition_changed,
    "Producers with another partitioner": producers_changed,
    "A topic that `kpi ingest` waits for": foreign_topic_gone,
    "Redis is not there": lambda _: {"KPI_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"},
    "A Redis user who lacks rights": redis_user,
    "A Redis that drops keys, and belongs to somebody else": redis_of_others,
}


def normal(told: str, stage: Stage) -> str:
    """With the names and numbers of the page."""
    for name, of in ((stage.healthy["KPI_APP_ID"], "kpi"), (stage.bare["KPI_APP_ID"], "kpi")):
        told = told.replace(f"{name}.", "crm.").replace(name, of)
    told = told.replace(stage.healthy["KPI_BROKERS"], "kafka:9092")
    for pattern, shown in (
        (r"127\.0\.0\.1:\d+", "kafka:9092"),
        (r"\b(\w+)-[0-9a-f]{8}-", r"crm.\1"),
        (r"/\S*/(definition|mapping)\.toml", r"\1.toml"),
        (r"(cluster|Kafka) [\w-]{22}\b", r"\1 4L6g3nShT-eMCtK--X86sw"),
        (r"Valkey [\d.]+", "Valkey 9.1.2"),
    ):
        told = re.sub(pattern, shown, told)
    seen = dict.fromkeys(re.findall(r"\b[0-9a-f]{16}\b", told))
    for found, shown in zip(seen, _HASHES, strict=False):
        told = told.replace(found, shown)
    return told


@pytest.fixture
def stage(healthy: Settings, bare: Settings, tmp_path: Path) -> Iterator[Stage]:
    """The deployment that is well, one that nobody has made, and a Redis to spoil."""
    with ValkeyServer() as own:
        yield Stage(healthy, bare, own, tmp_path)


def test_the_page_shows_what_the_doctor_says(kpi: Kpi, stage: Stage) -> None:
    """Of a set-up that is well everything; of one that is broken all that is not ok."""
    told = {}
    for title, change in SET_UPS.items():
        ran = kpi("doctor", **{**stage.healthy, **change(stage)})
        words, out = "kpi doctor", ran.out.splitlines()
        if ran.code:
            words, out = "kpi doctor | grep -v ^ok", [line for line in out if not line.startswith("ok ")]
        told[title] = normal("\n".join([f"$ {words}", *out, *ran.err.splitlines()]), stage) + "\n"
    page = PAGE.read_text(encoding="utf-8")

    def renewed(block: re.Match[str]) -> str:
        return f"## {block['title']}\n{block['prose']}```text\n{told.get(block['title'], '')}```"

    should = stage.folder / PAGE.name
    should.write_text(_BLOCK.sub(renewed, page), encoding="utf-8")
    assert [block["title"] for block in _BLOCK.finditer(page)] == list(SET_UPS)
    assert page == should.read_text(encoding="utf-8"), f"cp {should} {PAGE}, and read what has changed"
