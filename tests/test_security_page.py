"""docs/security.md names settings, roles, exit codes and files that exist, and its examples can be used."""

import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli.commands.acls import command as acls
from streams.cli.exits import Exit
from streams.engine.exits import ExitCode
from streams.redis_contract.connection import RedisAddress
from streams.rights import ROLES
from streams.settings import Settings, read

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
CODES = {int(code) for code in (*Exit, *ExitCode)}


def test_every_setting_that_is_named_exists() -> None:
    """Those with _FILE are secrets, which alone may stand in files."""
    items = {f"KPI_{item.name.upper()}": item for item in fields(Settings) if item.name != "unknown"}
    secrets = {f"{name}_FILE" for name, item in items.items() if item.metadata.get("secret")}
    named = set(re.findall(r"\bKPI_[A-Z_]*[A-Z]\b", PAGE))
    assert len(named) > 20
    assert named <= items.keys() | secrets


def test_every_secret_is_named() -> None:
    """Whoever deploys has to find all of them."""
    secrets = [item.name.upper() for item in fields(Settings) if item.metadata.get("secret")]
    assert all(f"`KPI_{name}`" in PAGE for name in secrets)


@pytest.mark.parametrize("block", BLOCKS)
def test_every_block_of_settings_is_a_whole_environment(block: str) -> None:
    """A shell reads it, and the service takes it; files of certificates are opened only later."""
    environ = dict(word.split("=", 1) for line in block.splitlines() for word in shlex.split(line))
    settings = read({"KPI_SECRET": "0123456789abcdef", **environ})
    assert not settings.unknown
    RedisAddress(settings.redis_url)


def test_the_blocks_show_every_way_to_log_in() -> None:
    """Each protocol that encrypts, each mechanism, each kind of Redis."""
    text = "\n".join(BLOCKS)
    mechanisms = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
    assert all(f"KPI_KAFKA_MECHANISM={name}\n" in text for name in mechanisms)
    assert all(f"={scheme}://" in text for scheme in ("rediss", "rediss+sentinel", "rediss+cluster"))


def test_every_exit_code_that_is_named_exists() -> None:
    """And the text names some."""
    named = {int(code) for code in re.findall(r"exit code (\d+)", PAGE)}
    assert {2, 5, 32, 38} <= named <= CODES


def test_every_role_is_named_and_every_command_of_rights_runs() -> None:
    """``kpi acls`` as it stands on the page."""
    assert all(f"`{role}`" in PAGE for role in ROLES)
    commands = re.findall(r"^kpi acls (.+)$", PAGE, re.MULTILINE)
    assert commands
    for words in commands:
        ran = CliRunner().invoke(acls, shlex.split(words), catch_exceptions=False)
        assert ran.exit_code == 0, ran.output


def test_every_page_that_is_linked_exists() -> None:
    """Beside this one."""
    linked = re.findall(r"\]\(([\w./-]+)\)", PAGE)
    assert linked
    assert all((ROOT / "docs" / name).is_file() for name in linked)
