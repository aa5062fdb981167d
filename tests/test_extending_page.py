"""What docs/extending.md shows is what the tests run, and the files it names are there."""

import re
from pathlib import Path
from textwrap import dedent

from tests.core.test_catalogue import DECLARED

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/extending.md").read_text()
SINK = (ROOT / "tests/publish/file_sink.py").read_text()
WORKED = {
    "streams/publish/file/__init__.py",
}
"""What an extension makes."""


def shown(beginning: str) -> list[str]:
    """The lines of the block of code that begins so."""
    blocks = (dedent(block).strip() for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
    (found,) = (block for block in blocks if block.startswith(beginning))
    return found.splitlines()


def test_the_kpi_is_the_one_that_is_declared_in_the_test() -> None:
    """Line by line."""
    declared = re.findall(r"^ADDED = (Kpi\(.*?^\))$", DECLARED, re.DOTALL | re.MULTILINE)
    assert "\n".join(shown("Kpi(")) == declared[0]


def test_the_sink_is_the_one_that_is_held_to_the_contract() -> None:
    """Its docstrings and the part that writes are left out."""
    lines = [line for line in shown("class FileSink") if line]
    assert len(lines) > 10
    assert [line for line in lines if line not in SINK] == []


def test_the_files_that_it_names_are_there() -> None:
    """But those that an extension makes."""
    named = set(re.findall(r"`((?:streams|tests|docs|schemas)/[\w/.]*)`", PAGE))
    assert len(named) > 20
    assert {name for name in named if not (ROOT / name).exists()} == WORKED
