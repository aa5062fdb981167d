"""What ``kpi doctor`` says of settings, secret and definition."""

import json
from pathlib import Path

from streams.cli.exits import Exit
from streams.doctor.checks import CHECKS
from tests.cli.conftest import Kpi
from tests.doctor.conftest import SECRET, Doctor
from tests.support.eventually import eventually


def test_a_deployment_that_is_well_has_nothing_but_ok(
    kpi: Kpi, doctor: Doctor, healthy: dict[str, str]
) -> None:
    """Every check was made; a sentence each for people, how many at the end; and no worker was fenced."""
    before = _epochs(kpi, healthy)
    told = doctor(healthy)
    assert told.checks("ok") == set(CHECKS), told.ran.out
    ran = kpi("doctor", **healthy)
    assert (ran.code, ran.err) == (Exit.OK, "")
    assert ran.out.splitlines()[-1] == f"{len(told.found)} ok"
    assert SECRET not in ran.out
    assert _epochs(kpi, healthy) == before


def _epochs(kpi: Kpi, settings: dict[str, str]) -> list[int]:
    """Of each partition, how often it was taken over, once its owner has written again."""

    def fresh() -> list[int]:
        ran = kpi("status", "--json", **settings)
        return [part["epoch"] for part in json.loads(ran.out)["partitions"]] if ran.code == Exit.OK else []

    return eventually(fresh, within=20)


def test_what_this_machine_has_wrong_is_told_and_the_rest_looked_at(
    doctor: Doctor, healthy: dict[str, str], tmp_path: Path
) -> None:
    """A misspelt key, a secret that is too short, an unreadable definition: Kafka is asked all the same."""
    broken = tmp_path / "broken.toml"
    broken.write_text("windows = 7")
    told = doctor(
        {
            **healthy,
            "KPI_REDIS_URI": "redis://elsewhere",
            "KPI_SECRET": "short",
            "KPI_DEFINITION_FILE": str(broken),
        }
    )
    assert "KPI_REDIS_URI is no setting" in told.of("settings", "warn")
    assert "rename it to KPI_REDIS_URL" in told.of("settings", "warn")
    assert "KPI_SECRET" in told.of("secret", "fail")
    assert str(broken) in told.of("definition", "fail")
    assert told.checks("skipped") == {"state", "tenant", "redis rights"}
    assert {"kafka", "topics", "workers", "redis"} <= told.checks("ok")


def test_a_setting_that_cannot_be_read_leaves_nothing_to_look_at(
    doctor: Doctor, healthy: dict[str, str]
) -> None:
    """The key and what is allowed; all other checks are skipped and say why."""
    told = doctor({**healthy, "KPI_PARTITIONS": "many"})
    assert "KPI_PARTITIONS: 'many' is no whole number" in told.of("settings", "fail")
    assert told.checks("skipped") == set(CHECKS) - {"settings"}


def test_another_secret_definition_or_partitioner_is_told_with_the_exit_code_to_come(
    doctor: Doctor, healthy: dict[str, str], tmp_path: Path
) -> None:
    """What a worker would end with, before it is started."""
    other = tmp_path / "other.toml"
    other.write_text(Path(healthy["KPI_DEFINITION_FILE"]).read_text() + 'recognition = "cancelled_at"\n')
    for wrong, code, cure in (
        ({"KPI_SECRET": SECRET + "!"}, "32 SECRET_CHANGED", "restore the secret"),
        ({"KPI_DEFINITION_FILE": str(other)}, "31 DEFINITION_CHANGED", "restore the definition file"),
    ):
        told = doctor({**healthy, **wrong})
        assert f"a worker would end with exit code {code} -> {cure}" in told.of("state", "fail")
        assert told.checks("fail") == {"state"}
    told = doctor({**healthy, "KPI_PARTITIONER": "crc32"})
    assert "39 PARTITIONER_CHANGED" in told.of("state", "fail")
    assert "lie as murmur2 says" in told.of("partitioner", "fail")
    assert "set KPI_PARTITIONER=murmur2" in told.of("partitioner", "fail")
