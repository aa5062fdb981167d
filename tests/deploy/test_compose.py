"""The compose file holds what its comments promise; Docker itself is not needed."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.embedded.java import kafka_version
from streams.settings import read

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EXACT_VERSION = re.compile(r"[a-z/-]+:v?\d+\.\d+\.\d+(-[a-z-]+)?")
SERVES_NOBODY = {"simulator"}

each_service = pytest.mark.parametrize("name", SERVICES)


@each_service
def test_images_are_pinned_by_exact_version(name: str) -> None:
    """No service moves to another version by itself; what we build ourselves is pinned in the Dockerfile."""
    assert EXACT_VERSION.fullmatch(SERVICES[name]["image"])


def test_the_dockerfile_pins_its_base_and_drops_root() -> None:
    """Every stage starts from one exact version, and the image does not run as root."""
    lines = (ROOT / "deploy/Dockerfile").read_text().splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert bases
    assert all(EXACT_VERSION.fullmatch(base) for base in bases)
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["10001:10001"]


def test_kafka_is_the_version_that_the_tests_use() -> None:
    """What is deployed is what was tested."""
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{kafka_version()}"


@each_service
def test_every_server_has_a_health_check(name: str) -> None:
    """A service that others wait for says when it serves."""
    check = SERVICES[name]["healthcheck"]
    if name in SERVES_NOBODY:
        assert check == {"disable": True}
    else:
        assert check["test"][0] == "CMD"


@each_service
def test_nobody_is_privileged_or_root(name: str) -> None:
    """No capabilities, no way to gain them, and a user of its own, set here or by our Dockerfile."""
    service = SERVICES[name]
    assert not service.get("privileged", False)
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "build" in service or service["user"].split(":")[0] not in {"root", "0"}


@each_service
def test_ports_are_published_on_this_machine_only(name: str) -> None:
    """Nothing is reachable from outside by default."""
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@each_service
def test_named_volumes_and_mounted_folders_exist(name: str) -> None:
    """A misspelt folder would be created empty and mounted in silence."""
    for volume in SERVICES[name].get("volumes", []):
        source = volume.split(":")[0]
        assert (ROOT / source).is_dir() if source.startswith("./") else source in COMPOSE["volumes"]


@pytest.mark.parametrize("name", [name for name, service in SERVICES.items() if "build" in service])
def test_settings_are_known_and_allowed(name: str) -> None:
    """Every KPI_ variable is a setting, with a value that it takes."""
    settings = read({**SERVICES[name]["environment"], "KPI_SECRET": "s" * 64})
    assert settings.unknown == ()
    assert settings.replication_factor == 1


def test_the_secret_is_never_in_the_file() -> None:
    """It comes from outside, and its absence is an error with a hint."""
    assert SERVICES["worker-1"]["environment"]["KPI_SECRET"].startswith("${KPI_SECRET:?")


def test_prometheus_scrapes_both_workers() -> None:
    """Targets are services of the compose file, on the port they serve."""
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    targets = [target for group in job["static_configs"] for target in group["targets"]]
    assert targets == ["worker-1:8700", "worker-2:8700"]
    assert {target.split(":")[0] for target in targets} <= SERVICES.keys()
