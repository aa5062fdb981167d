"""The compose file holds what its comments promise; Docker itself is not needed."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from streams.cli.main import cli
from streams.embedded.java import kafka_version
from streams.settings import read

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EXACT_VERSION = re.compile(r"[a-z/-]+:v?\d+\.\d+\.\d+(-[a-z-]+)?")
SERVES_NOBODY = {"simulator"}

SCHEMA = ROOT / "tests/deploy/compose_spec/compose-spec.json"
"""Of the Compose Specification (Apache-2.0, see the files beside it), as compose-go 2.6.0 has it."""

each_service = pytest.mark.parametrize("name", SERVICES)


def test_the_file_follows_the_compose_specification() -> None:
    """Every key is known, and every value of a form that it takes."""
    schema = json.loads(SCHEMA.read_text())
    assert [error.message for error in Draft7Validator(schema).iter_errors(COMPOSE)] == []


def test_nothing_is_missing() -> None:
    """What the first comment promises."""
    kafka_and_workers = {"kafka", "valkey", "worker-1", "worker-2", "simulator"}
    assert SERVICES.keys() == kafka_and_workers | {"prometheus", "alertmanager", "grafana"}


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
def test_file_systems_are_read_only(name: str) -> None:
    """What is written goes into volumes, which stay, or into memory, which does not."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert all(mount.endswith(":ro") for mount in service.get("volumes", []) if mount.startswith("./"))


@each_service
def test_who_is_waited_for_says_when_it_serves(name: str) -> None:
    """A dependency on health needs a check of it."""
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert how == {"condition": "service_healthy"}
        assert "test" in SERVICES[other]["healthcheck"]


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


@pytest.mark.parametrize("name", [name for name, service in SERVICES.items() if "build" in service])
def test_commands_are_those_of_the_command_line(name: str) -> None:
    """`kpi`, the image's entry point, takes them; without one it starts a worker."""
    dockerfile = (ROOT / "deploy/Dockerfile").read_text()
    assert 'ENTRYPOINT ["kpi"]' in dockerfile
    (default,) = re.findall(r"^CMD (.+)$", dockerfile, re.MULTILINE)
    subcommand, *arguments = SERVICES[name].get("command", json.loads(default))
    command = cli.get_command(cli.make_context("kpi", ["--help"], resilient_parsing=True), subcommand)
    assert command is not None
    command.make_context(subcommand, list(arguments))


def test_the_servers_read_what_is_mounted() -> None:
    """The files that their options name are in the folders mounted there."""
    for name in ("prometheus", "alertmanager"):
        mounts = dict(reversed(volume.split(":")[:2]) for volume in SERVICES[name]["volumes"])
        options = dict(option.split("=", 1) for option in SERVICES[name]["command"])
        file = Path(options["--config.file"])
        assert (ROOT / mounts[str(file.parent)] / file.name).is_file()
        (storage,) = (value for option, value in options.items() if option.endswith(".path"))
        assert mounts[storage] in COMPOSE["volumes"]


def test_the_secret_is_never_in_the_file() -> None:
    """It comes from outside, and its absence is an error with a hint."""
    assert SERVICES["worker-1"]["environment"]["KPI_SECRET"].startswith("${KPI_SECRET:?")


def test_prometheus_scrapes_both_workers() -> None:
    """Targets are services of the compose file, on the port they serve."""
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    targets = [target for group in job["static_configs"] for target in group["targets"]]
    assert targets == ["worker-1:8700", "worker-2:8700"]
    named = SERVICES["worker-1"]["environment"]["KPI_HTTP_HOSTS"].split(",")
    assert {target.split(":")[0] for target in targets} <= set(named)
    (alertmanager,) = config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    assert {target.split(":")[0] for target in (*targets, alertmanager)} <= SERVICES.keys()


def test_nobody_can_log_in_to_grafana() -> None:
    """There is no user with a well-known password; whoever reaches it can look."""
    environment = SERVICES["grafana"]["environment"]
    assert environment["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert environment["GF_AUTH_DISABLE_LOGIN_FORM"] == "true"
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
