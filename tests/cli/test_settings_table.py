"""Every setting with every kind of bad value: exit code 2 and one line that names its key, never a bug."""

import io
import os
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import pytest

from streams.cli.exits import Exit
from streams.settings import Settings
from tests.cli.conftest import Kpi

SECRET = "a long random text"  # noqa: S105 - of a test
COMMANDS: dict[str, tuple[str, ...]] = {
    "worker": ("worker",),
    "topics": ("topics", "list"),
    "status": ("status",),
    "dead-letters": ("dead-letters", "list"),
    "repartition": ("topics", "repartition", "--partitions", "2"),
    "get": ("get", "orders"),
    "replay": ("replay", "--from-kafka"),
}
SETTINGS = [item for item in fields(Settings) if item.name != "unknown"]


def key_of(item: Field[Any]) -> str:
    """As the environment has it."""
    return f"KPI_{item.name.upper()}"


def bad_values(item: Field[Any]) -> list[str]:  # noqa: PLR0911 - a table
    """Values that no setting of the type may have."""
    told = item.metadata
    odd = [os.fsdecode(b"caf\xe9")]
    if told.get("duration"):
        return [*odd, "", "3", "soon", "-1s", "1e3s", "0ms", "9" * 5_000 + "s", "9" * 30 + "d", "\u0661s"]
    if item.type is int:
        beyond = [str(told["low"] - 1), str(told["high"] + 1)]
        return [*odd, *beyond, "", "four", "1.5", "0x1", "-1", "\u0663", "9" * 5_000]
    if item.type is bool:
        return [*odd, "", "yes", "1"]
    if item.type == tuple[str, ...]:
        return [*odd, "", "kafka", ":9092", "kafka:0", "kafka:65536", "kafka:" + "9" * 5_000, ",", "a:1,b"]
    if told.get("secret"):
        return [*odd, *(["", "guessable"] if told["least"] > 1 else [])]
    if isinstance(item.default, str) and item.default and item.name != "redis_url":
        return [*odd, "", "  "]
    return odd


CASES = [
    pytest.param(key_of(item), value, id=f"{key_of(item)}={ascii(value)[:24]}")
    for item in SETTINGS
    for value in bad_values(item)
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("key", "value"), CASES)
def test_a_bad_value_names_its_key(kpi: Kpi, command: str, key: str, value: str) -> None:
    """Before anything is asked or started; a secret is never shown."""
    ran = kpi(*COMMANDS[command], **{"KPI_SECRET": SECRET, key: value})
    if command != "worker" and (key == "KPI_DEMO" or (key, value) == ("KPI_SECRET", "")):
        # they need no secret, and do not ask whether this is the demo; nothing is at the default address
        assert ran.code == (Exit.OK if command == "topics" else Exit.UNREACHABLE)
        return
    assert (ran.code, ran.err.count("\n")) == (Exit.USAGE, 1), ran.err[:300]
    assert key in ran.err
    assert ran.out == ""
    assert "guessable" not in ran.err


def _folder(path: Path) -> None:
    path.mkdir()


def _unreadable(path: Path) -> None:
    path.symlink_to("/proc/self/mem")  # opens, and cannot be read, not by root either


FILES: dict[str, Any] = {
    "missing": lambda _path: None,
    "folder": _folder,
    "not UTF-8": lambda path: path.write_bytes(b"\xff\xfe"),
    "too long": lambda path: path.write_bytes(b"s" * 70_000),
    "NUL": lambda path: path.write_bytes(b"a long random\0text"),
    "unreadable": _unreadable,
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("stands", FILES)
@pytest.mark.parametrize("item", [item for item in SETTINGS if item.metadata.get("secret")], ids=key_of)
def test_a_secrets_file_that_cannot_be_used_names_its_key(
    kpi: Kpi, tmp_path: Path, item: Field[Any], stands: str, command: str
) -> None:
    """With the reason, without what is in it."""
    file = tmp_path / "held"
    FILES[stands](file)
    given = {} if item.name == "secret" else {"KPI_SECRET": SECRET}
    ran = kpi(*COMMANDS[command], **given, **{f"{key_of(item)}_FILE": str(file)})
    assert (ran.code, ran.err.count("\n")) == (Exit.USAGE, 1), ran.err
    assert key_of(item) in ran.err


@pytest.mark.parametrize("key", ["KPI_KAFKA_CAFILE", "KPI_KAFKA_CERTFILE"])
@pytest.mark.parametrize("stands", ["missing", "folder", "not UTF-8"])
def test_a_certificate_that_cannot_be_used_names_its_key(
    kpi: Kpi, tmp_path: Path, key: str, stands: str
) -> None:
    """Found when Kafka would be asked."""
    file = tmp_path / "pem"
    FILES[stands](file)
    given = {key: str(file), "KPI_KAFKA_PROTOCOL": "SSL"}
    if key == "KPI_KAFKA_CERTFILE":
        given["KPI_KAFKA_KEYFILE"] = str(file)
    ran = kpi("topics", "check", KPI_BROKERS="127.0.0.1:1", **given)
    assert (ran.code, ran.err.count("\n")) == (Exit.USAGE, 1), ran.err
    assert key in ran.err


@pytest.mark.parametrize("command", [("definition", "check"), ("replay", "-"), ("worker",)], ids=" ".join)
@pytest.mark.parametrize("stands", ["missing", "folder", "not UTF-8"])
def test_a_definition_that_cannot_be_used_names_its_file(
    kpi: Kpi, tmp_path: Path, command: tuple[str, ...], stands: str
) -> None:
    """Whichever command reads it."""
    file = tmp_path / "definition.toml"
    FILES[stands](file)
    ran = kpi(*command, KPI_SECRET=SECRET, KPI_DEFINITION_FILE=str(file))
    assert (ran.code, ran.err.count("\n")) == (Exit.USAGE, 1), ran.err
    assert str(file) in ran.err


REDIS_URLS = [
    "http://h",
    "redis://h:port",
    "redis://h:99999",
    "redis://h/?foo=bar",
    "redis://h/?db=x",
    "redis://[::1",
    "nonsense",
    "redis://h/" + "9" * 5_000,
    "redis://h/abc",
]


@pytest.mark.parametrize("command", [("get", "orders"), ("explain", "orders"), ("worker",)], ids=" ".join)
@pytest.mark.parametrize("url", REDIS_URLS, ids=lambda url: url[:30])
def test_a_bad_redis_address_names_the_setting(kpi: Kpi, command: tuple[str, ...], url: str) -> None:
    """Nothing of it is shown but what is allowed: it may hold a password."""
    ran = kpi(*command, KPI_SECRET=SECRET, KPI_REDIS_URL=url)
    assert (ran.code, ran.err.count("\n")) == (Exit.USAGE, 1), ran.err[:300]
    assert "KPI_REDIS_URL" in ran.err


@pytest.mark.parametrize(
    ("given", "blamed"),
    [
        ({"KPI_TICK": "3s"}, "KPI_TICK"),
        ({"KPI_DIMENSION_INTERVAL": "1500ms"}, "KPI_DIMENSION_INTERVAL"),
        ({"KPI_SESSION_TIMEOUT": "1s"}, "KPI_SESSION_TIMEOUT"),
        ({"KPI_HEARTBEAT_INTERVAL": "9s"}, "KPI_HEARTBEAT_INTERVAL"),
        ({"KPI_REQUEST_TIMEOUT": "5s"}, "KPI_REQUEST_TIMEOUT"),
    ],
)
def test_of_two_that_do_not_go_together_the_one_that_was_set_is_named(
    kpi: Kpi, given: dict[str, str], blamed: str
) -> None:
    """A default is nobody's mistake."""
    ran = kpi("topics", "list", **given)
    assert (ran.code, ran.err.count("\n")) == (Exit.USAGE, 1)
    assert ran.err.startswith(f"kpi: {blamed}: ")


@pytest.mark.parametrize("command", [("topics", "list"), ("replay", "-"), ("hash", "c1")], ids=" ".join)
def test_a_misspelt_setting_is_told_once(
    kpi: Kpi, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """By every command that reads settings, with the name that was meant."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    ran = kpi(*command, KPI_SECRET=SECRET, KPI_BROKER="a:1")
    told = "KPI_BROKER is no setting of this service and is ignored; did you mean KPI_BROKERS?"
    assert (ran.code, ran.err.splitlines().count(told)) == (Exit.OK, 1), ran.err
