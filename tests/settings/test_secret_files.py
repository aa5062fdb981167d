"""Secrets from files: as orchestrators mount them, and every way in which such a file can be wrong."""

import os
from pathlib import Path

import pytest

from streams.settings import SettingsError, read

SECRET = "a long random text"  # noqa: S105 - keys nothing


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_is_read_from_a_file(tmp_path: Path, end: str) -> None:
    """Without the line break that an editor leaves, and with every other character."""
    file = tmp_path / "secret"
    file.write_bytes(f" {SECRET} {end}".encode())
    assert read({"KPI_SECRET_FILE": str(file)}).secret == f" {SECRET} "


@pytest.mark.parametrize("name", ["SECRET", "KAFKA_PASSWORD", "REDIS_PASSWORD", "REDIS_URL"])
def test_every_secret_may_come_from_a_file(tmp_path: Path, name: str) -> None:
    """The same key with _FILE."""
    file = tmp_path / "secret"
    file.write_text(SECRET)
    settings = read({"KPI_DEMO": "true", f"KPI_{name}_FILE": str(file)})
    assert getattr(settings, name.lower()) == SECRET
    assert settings.unknown == ()


def test_what_is_no_secret_has_no_file() -> None:
    """Such a key means nothing and is warned of."""
    assert read({"KPI_DEMO": "true", "KPI_APP_ID_FILE": "x"}).unknown == ("KPI_APP_ID_FILE",)


@pytest.mark.parametrize(
    ("content", "allowed"),
    [
        (b"\xff\xfe secret", "UTF-8"),
        (b"s" * 70_000, "is longer; it must be the name of a file of at most 65536 bytes"),
        (b"", "KPI_SECRET_FILE: empty; it must be a long random text of at least 16 characters"),
        (
            b"guessable\n",
            "KPI_SECRET_FILE: too short; it must be a long random text of at least 16 characters",
        ),
        (b"with a \0 in the middle", "NUL"),
        (None, "No such file"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None, allowed: str) -> None:
    """In one line, without what is in it."""
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError) as raised:
        read({"KPI_SECRET_FILE": str(file)})
    message = str(raised.value)
    assert allowed in message
    assert "\n" not in message
    assert message.startswith("KPI_SECRET")
    assert "guessable" not in message


def test_a_folder_or_a_missing_right_is_named(tmp_path: Path) -> None:
    """The operating system's reason stands in the line."""
    with pytest.raises(SettingsError, match="Is a directory"):
        read({"KPI_SECRET_FILE": str(tmp_path)})
    with pytest.raises(SettingsError, match="null byte"):
        read({"KPI_SECRET_FILE": "a\0b"})


def test_a_secret_is_given_once(tmp_path: Path) -> None:
    """Of two it could not be told which is meant."""
    with pytest.raises(SettingsError, match="not both"):
        read({"KPI_SECRET": SECRET, "KPI_SECRET_FILE": str(tmp_path)})


def test_bytes_that_are_no_utf8_are_refused() -> None:
    """As the environment may hold them."""
    odd = os.fsdecode(b"caf\xe9")
    with pytest.raises(SettingsError, match="UTF-8"):
        read({"KPI_DEMO": "true", "KPI_APP_ID": odd})
    with pytest.raises(SettingsError, match=r"KPI_SECRET: it is no UTF-8 text; "):
        read({"KPI_SECRET": odd})
