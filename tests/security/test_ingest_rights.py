"""``kpi ingest`` runs with exactly what ``kpi acls ingest`` prints."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streams.rights import kafka_rights
from tests.foreign.corpus import MAPPING, TOPICS, records, send
from tests.foreign.harness import Ingest, summed
from tests.kafka.harness import run
from tests.security.secured import SecuredKafka
from tests.security.test_rights import as_user, grant

pytestmark = [pytest.mark.kafka, pytest.mark.system("openssl")]


def test_the_least_rights_are_enough(secured: SecuredKafka, tmp_path: Path) -> None:
    """Topics by name and by a name with a star; events, dead letters, offsets."""
    stage = Ingest(secured.cluster.bootstrap, tmp_path, MAPPING, TOPICS)
    names = [f"{stage.name}shop.*", f"{stage.name}app.events", f"{stage.name}db.public.lines"]
    grant(secured, list(kafka_rights("ingest", stage.deployment.settings, names)))

    async def test() -> None:
        await stage.make_topics()
        async with stage.producer() as producer:
            await send(producer, stage.name, records(300, seed=1))
        process = stage.start(**as_user(secured))
        await stage.check()
        assert summed([await process.page()], "kpi_streams_ingest_records_total").total() == 300
        assert await process.stopped() == 0
        assert "denie" not in process.told()

    try:
        run(test)
    finally:
        stage.end()


def printed(role: str = "ingest", **environ: str) -> "subprocess.CompletedProcess[str]":
    """What ``kpi acls`` prints of a role."""
    command = [sys.executable, "-m", "streams.cli.main", "acls", role, "--user", "mapper"]
    kept = {key: text for key, text in os.environ.items() if not key.startswith("KPI_")}
    return subprocess.run(command, env=kept | environ, capture_output=True, text=True, check=False)


def test_the_topics_of_the_mapping_are_printed(tmp_path: Path) -> None:
    """Each once, by its beginning where it has a star; without a mapping nothing can be said."""
    file = tmp_path / "m.toml"
    file.write_text(MAPPING.replace("{name}", ""))
    ran = printed(KPI_MAPPING_FILE=str(file), KPI_REDIS_URL="")
    assert ran.returncode == 0, ran.stderr
    assert (
        "--operation Read --operation Describe --topic shop. --resource-pattern-type prefixed\n" in ran.stdout
    )
    assert "--operation Read --operation Describe --topic app.events\n" in ran.stdout
    assert "--group kpi-streams-ingest\n" in ran.stdout
    assert "--transactional-id kpi-streams-ingest- --resource-pattern-type prefixed\n" in ran.stdout
    ran = printed()
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert "KPI_MAPPING_FILE" in ran.stderr


def test_who_sends_letters_again_may_write_where_they_came_from(tmp_path: Path) -> None:
    """As far as there is a mapping: without one nobody reads foreign topics."""
    file = tmp_path / "m.toml"
    file.write_text(MAPPING.replace("{name}", ""))
    write = "--operation Write --operation Describe --operation DescribeConfigs --topic "
    told = printed("steward", KPI_MAPPING_FILE=str(file), KPI_REDIS_URL="").stdout
    assert f"{write}shop. --resource-pattern-type prefixed\n" in told
    assert f"{write}app.events\n" in told
    assert "shop." not in printed("steward", KPI_REDIS_URL="").stdout
