"""``kpi doctor`` as a user with few rights: what is missing is named with the command that grants it."""

import asyncio
from pathlib import Path

import pytest

from streams.app import wall_clock
from streams.doctor.case import Case
from streams.doctor.checks import Report, examine
from streams.doctor.finding import Verdict
from streams.embedded import ValkeyServer
from streams.rights import kafka_rights
from tests.security.secured import SecuredKafka
from tests.security.test_rights import Restricted, grant
from tests.support.eventually import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.system("openssl")]


def examined(environ: dict[str, str]) -> list[Report]:
    """All findings."""
    reports: list[Report] = []
    asyncio.run(examine(Case(environ, wall_clock), reports.append))
    return reports


def rights_of(environ: dict[str, str]) -> list[tuple[Verdict, str]]:
    """Verdicts and cures of the check of rights; brokers hear of rights one after the other."""
    return [(report.verdict, report.cure) for report in examined(environ) if report.check == "rights"]


def test_missing_rights_are_named_with_the_line_that_grants_them(
    secured: SecuredKafka, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """Of topics, the group and transactional ids, each by what is missing; with all of them nothing fails."""
    made = Restricted(secured, valkey, tmp_path)
    made.allow_redis("worker")
    made.make_topics()
    settings = made.deployment.settings
    wanted = list(kafka_rights("worker", settings))
    less = {
        settings.topic_void: (),
        settings.topic_changelog: ("Read", "Describe", "DescribeConfigs"),
        settings.app_id: ("Describe",),
        f"{settings.app_id}-": (),
    }
    grant(secured, [right._replace(operations=less.get(right.name, right.operations)) for right in wanted])
    user = ["--add", "--allow-principal", "User:alice"]
    lines = [
        [*user, *_operations("Read", "Describe", "DescribeConfigs"), "--topic", settings.topic_void],
        [*user, *_operations("Write"), "--topic", settings.topic_changelog],
        [*user, *_operations("Read"), "--group", settings.app_id],
        [
            *user,
            *_operations("Write", "Describe"),
            "--transactional-id",
            f"{settings.app_id}-",
            "--resource-pattern-type",
            "prefixed",
        ],
    ]
    eventually(lambda: [cure.split()[3:] for _, cure in rights_of(made.environ)] == lines, within=20)
    grant(secured, wanted)
    eventually(lambda: rights_of(made.environ) == [(Verdict.OK, "")], within=20)
    made.allow_doctor()
    reports = examined(made.environ)
    assert [report for report in reports if report.verdict is Verdict.FAIL] == []
    assert {report.check for report in reports if report.verdict is Verdict.SKIPPED} == {
        "clock of workers",
        "partitioner",
    }


def test_a_transactional_id_that_may_be_seen_and_not_written_is_missed(
    secured: SecuredKafka, valkey: ValkeyServer, tmp_path: Path
) -> None:
    """Kafka tells it by refusing what would change nothing; Write alone is enough, as it implies Describe."""
    made = Restricted(secured, valkey, tmp_path)
    made.make_topics()
    settings = made.deployment.settings
    name = f"{settings.app_id}-"
    wanted = list(kafka_rights("worker", settings))
    grant(secured, [r._replace(operations=("Describe",)) if r.name == name else r for r in wanted])
    line = ["--add", "--allow-principal", "User:alice", *_operations("Write"), "--transactional-id", name]
    eventually(lambda: [cure.split()[3:-2] for _, cure in rights_of(made.environ)] == [line], within=20)
    grant(secured, [r._replace(operations=("Write",)) for r in wanted if r.name == name])
    eventually(lambda: rights_of(made.environ) == [(Verdict.OK, "")], within=20)


def _operations(*names: str) -> list[str]:
    return [word for name in names for word in ("--operation", name)]


def test_a_publisher_needs_less(secured: SecuredKafka, valkey: ValkeyServer, tmp_path: Path) -> None:
    """What is asked for is what the role of the process needs."""
    made = Restricted(secured, valkey, tmp_path)
    made.make_topics()
    made.allow("publisher")
    publisher = {**made.environ, "KPI_ROLE": "publisher"}
    eventually(lambda: rights_of(publisher) == [(Verdict.OK, "")], within=20)
    assert {verdict for verdict, _ in rights_of(made.environ)} == {Verdict.FAIL}
