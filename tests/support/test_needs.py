"""Skips by name, and skips as failures where CI=true: real pytest runs on small files."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OUTCOMES = re.compile(r"(\d+) (passed|failed|skipped|xfailed|error)")

FILE = """
import pytest

@pytest.mark.kafka
def test_kafka() -> None: ...

@pytest.mark.system("no-such-program")
def test_system() -> None: ...

def test_by_hand() -> None:
    pytest.skip("not today")

@pytest.mark.xfail(strict=True)
def test_expected_failure() -> None:
    assert False

def test_plain() -> None: ...
"""


def run(folder: Path, text: str, **environment: str) -> tuple[dict[str, int], str]:
    """Run pytest with our plugin on a file with this text, on a machine without any program."""
    (folder / "test_it.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  kafka\n  system\n")
    no_programs = {"PATH": str(folder), "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.support.needs", "-rsf", "-p", "no:cacheprovider"],
        cwd=folder,
        env={key: value for key, value in os.environ.items() if key != "CI"} | no_programs | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    closing = told.stdout.splitlines()[-1]
    return {outcome: int(count) for count, outcome in OUTCOMES.findall(closing)}, told.stdout


def test_missing_needs_are_skipped_by_name(tmp_path: Path) -> None:
    """The summary names what is missing."""
    counts, output = run(tmp_path, FILE)
    assert counts == {"passed": 1, "skipped": 3, "xfailed": 1}
    assert "a genuine Kafka needs Java 17 or newer" in output
    assert "the program no-such-program is not installed" in output


def test_with_ci_a_skip_is_a_failure(tmp_path: Path) -> None:
    """Every kind of skip fails; an expected failure stays one."""
    counts, output = run(tmp_path, FILE, CI="true")
    assert counts == {"passed": 1, "failed": 1, "error": 2, "xfailed": 1}  # an error: failed before its body
    assert "not today (with CI=true a skip is a failure)" in output


@pytest.mark.parametrize(("ci", "outcome"), [("false", "skipped"), ("true", "error")])
def test_a_skipped_module_counts_too(tmp_path: Path, ci: str, outcome: str) -> None:
    """A whole file that is skipped at import cannot hide."""
    text = "import pytest\npytest.skip('no such thing', allow_module_level=True)\n"
    counts, _ = run(tmp_path, text, CI=ci)
    assert counts == {outcome: 1}
