"""docs/faults.md names a test for every fault, and each of these tests exists."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/faults.md").read_text()
ROWS = [line.split(" | ") for line in PAGE.splitlines() if re.match(r"\| [A-F]\d", line)]


def _tests(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_fault_stands_once_in_order() -> None:
    """By letter and number."""
    numbers = [row[0].removeprefix("| ") for row in ROWS]
    assert len(numbers) > 30
    assert numbers == sorted(set(numbers), key=lambda number: (number[0], int(number[1:])))


def test_every_fault_is_held_by_tests_that_exist() -> None:
    """A row without a test, or with one that was renamed, is a promise that nobody keeps."""
    for row in ROWS:
        assert len(row) == 4, row[0]
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row[3])
        assert named, row[0]
        for path, name in named:
            assert name in _tests(path), f"{row[0]}: {path}::{name}"
