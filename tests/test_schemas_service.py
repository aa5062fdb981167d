"""What the service makes and writes is what the schemas say: topics, dead letters, snapshots, AsyncAPI."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import yaml

from deploy.asyncapi.page import PAGE, page
from streams.core.customer.identity import Identity
from streams.core.definition.definition import Definition
from streams.core.events import KINDS, Malformed
from streams.core.kpi.snapshot import Partitions, build, build_accounting_only
from streams.core.kpi.values.value import Condition
from streams.core.partition.state import PartitionState
from streams.engine.ownership.deadletter import letter
from streams.engine.topics.topics import table
from streams.settings import Settings
from tests.core.decode_strategies import Plain
from tests.schema_files import (
    ALL_TOPICS,
    FILES,
    KEY,
    SCHEMAS,
    SNAPSHOT,
    TIMESTAMP,
    WITH_SCHEMA,
    fits,
    source_examples,
    validator,
)

ASYNCAPI: dict[str, Any] = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text())


class Fetched(NamedTuple):
    """A Kafka record as the engine has it."""

    timestamp: int
    value: bytes
    offset: int = 7
    key: bytes | None = KEY
    headers: list[tuple[str, bytes | None]] = [("trace", b"1")]  # noqa: RUF012 - a tuple's default


def test_the_topics_are_those_the_service_makes() -> None:
    """Name, partitions, clean-up and retention are the defaults of the settings."""
    made = {spec.name: spec for spec in table(Settings())}
    assert made.keys() == {topic["name"] for topic in ALL_TOPICS.values()}
    for role, topic in ALL_TOPICS.items():
        spec = made[topic["name"]]
        assert getattr(Settings(), f"topic_{role}") == topic["name"]
        assert spec.partitions == topic["partitions"]
        assert spec.configs.get("cleanup.policy", "delete") == topic["cleanup_policy"]
        assert spec.configs.get("retention.ms") == (
            str(topic["retention_ms"]) if "retention_ms" in topic else None
        )


def test_the_asyncapi_document_tells_of_the_same_topics() -> None:
    """All that others read or write, with the same schemas and settings."""
    channels = ASYNCAPI["channels"]
    assert channels.keys() == WITH_SCHEMA.keys()
    for role, topic in WITH_SCHEMA.items():
        kafka = channels[role]["bindings"]["kafka"]
        message = ASYNCAPI["components"]["messages"][role]
        part = message["payload" if role in KINDS else "headers"]
        assert channels[role]["address"] == topic["name"]
        assert kafka["partitions"] == topic["partitions"]
        assert kafka["topicConfiguration"]["cleanup.policy"] == [topic["cleanup_policy"]]
        assert kafka["topicConfiguration"]["retention.ms"] == topic["retention_ms"]
        assert part["schema"] == {"$ref": topic["schema"]}
    actions = {
        op["channel"]["$ref"].rpartition("/")[2]: op["action"] for op in ASYNCAPI["operations"].values()
    }
    assert actions == {role: "receive" if role in KINDS else "send" for role in WITH_SCHEMA}


def test_the_asyncapi_document_is_made_of_the_topics() -> None:
    """`python -m deploy.asyncapi` writes it."""
    assert PAGE.read_text("utf-8") == page()


def test_every_reference_in_the_asyncapi_document_leads_somewhere() -> None:
    """To a part of it or to a file beside it."""
    for target in _references(ASYNCAPI):
        if target.startswith("#/"):
            place: Any = ASYNCAPI
            for name in target[2:].split("/"):
                place = place[name]
        else:
            assert (SCHEMAS / target) in FILES


def _references(node: object) -> Iterator[str]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict) and "$ref" in node:
        yield node["$ref"]
    for child in children:
        yield from _references(child)


def test_dead_letters_carry_the_headers_of_the_schema() -> None:
    """As the engine makes them, whether or not the record had a timestamp and fits."""
    for timestamp in (TIMESTAMP, -1):
        for value in (b"\xff", b"\xff" * 1_200_000):
            for malformed in (Malformed("invalid_utf8"), Malformed("bad_money", "amount")):
                record = Fetched(timestamp, value)
                headers = letter("crm.customer.purchase.v1", 3, record, malformed).headers
                told = {name: (content or b"").decode() for name, content in headers}
                assert fits("dead_letter", told)
                assert told.get("kpi-field", "") == malformed.field
                assert ("kpi-shortened" in told) == (len(value) > 1_000_000)


@pytest.mark.parametrize("condition", ["ok", "stale", "recovering"])
def test_the_snapshots_of_all_good_examples_fit_their_schema(condition: Condition) -> None:
    """With values, without them, and before there are any."""
    definition = Definition()
    state = PartitionState(definition, Identity(b"secret"))
    for n, example in enumerate(source_examples("ok/*")):
        kind, path = example.values
        value = path.read_bytes().replace(b'"e-1"', f'"e-{n}"'.encode())
        state.apply(kind, [Plain(KEY, value, TIMESTAMP)])
    state.apply("erase", [Plain(KEY, b"{", TIMESTAMP)])
    state.advance(TIMESTAMP)
    totals = state.totals()
    lag: Partitions = {"0": {"lag": None, "state": "ok"}, "1": {"lag": 7, "state": "recovering"}}
    snapshot = build(totals, definition, computed_at_ms=TIMESTAMP, partitions=lag, condition=condition)
    document = json.loads(snapshot.json())
    assert document["windows"].keys() == {"5m", "1h", "24h", "7d", "30d"}
    validator(SNAPSHOT).validate(document)
    first = build_accounting_only(
        totals.accounting, definition, t_ms=TIMESTAMP, computed_at_ms=TIMESTAMP, partitions=lag
    )
    validator(SNAPSHOT).validate(json.loads(first.json()))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "kpi-snapshot/2"),
        (("windows", "30d", "churn_ratio", "value"), 0),  # undefined is not zero
        (("windows", "30d", "churn_ratio", "low"), 0.1),
        (("windows", "30d", "churn_ratio", "status"), "fine"),
        (("windows", "30d", "new_customers", "value"), None),
        (("accounting", "ignored"), {"boring": 1}),
        (("dimensions",), {"e-mail": {}}),
        (("partitions",), {"all": {"lag": 0, "state": "ok"}}),
        (("surprise",), 1),
    ],
)
def test_a_wrong_snapshot_does_not_fit(path: tuple[str, ...], value: object) -> None:
    """The schema is no rubber stamp."""
    definition = Definition()
    totals = PartitionState(definition, Identity(b"secret")).totals()
    document: Any = build(totals, definition, computed_at_ms=TIMESTAMP, partitions={}).document()
    assert validator(SNAPSHOT).is_valid(document)
    place = document
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    assert not validator(SNAPSHOT).is_valid(document)
