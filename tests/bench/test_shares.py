"""What the shares are told apart by is there."""

import ast
from pathlib import Path

from bench.shares import BY_FUNCTION, BY_MODULE, GROUPS

CORE = Path(__file__).parents[2] / "streams" / "core"


def test_every_function_and_module_with_a_group_is_there() -> None:
    """A function that moved would silently be counted with its caller."""
    for module in BY_MODULE:
        assert (CORE / f"{module}.py").is_file(), module
    for module, function in BY_FUNCTION:
        tree = ast.parse((CORE / f"{module}.py").read_text())
        names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert function in names, (module, function)
    assert {*BY_MODULE.values(), *BY_FUNCTION.values()} == set(GROUPS)
