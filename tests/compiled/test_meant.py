"""What is compiled is said by a rule, and no file is compiled that would then work otherwise."""

import ast

import pytest

from tests.compiled.meant import EXCLUDE, INCLUDE, ROOT, compiled, matched

STRUCTS = {"Struct", "msgspec.Struct"}
"""mypyc builds their subclasses without what the class line says: other bytes would be written."""


def structs(file: str) -> set[str]:
    """The classes of a file that are Structs, by themselves or by another one of the file."""
    found: set[str] = set()
    for node in ast.parse((ROOT / file).read_text()).body:
        if isinstance(node, ast.ClassDef) and {ast.unparse(base) for base in node.bases} & (STRUCTS | found):
            found.add(node.name)
    return found


@pytest.mark.parametrize("pattern", [*INCLUDE, *EXCLUDE])
def test_every_pattern_matches(pattern: str) -> None:
    """hatch-mypyc ignores one that matches nothing: of a file that was moved the opposite would be done."""
    assert matched([pattern]) & matched(INCLUDE)


def test_the_hot_rooms_are_compiled() -> None:
    """Whatever is new in them, too."""
    assert {file.split("/")[2] for file in compiled()} == {"counting", "customer", "decoding", "partition"}
    assert {"streams/core/customer/record.py", "streams/core/partition/intake.py"} <= compiled()


@pytest.mark.parametrize("file", sorted(matched(["streams/core/"])))
def test_no_struct_is_compiled(file: str) -> None:
    """Found in every file that has one, so that this cannot pass by finding none."""
    found, text = structs(file), (ROOT / file).read_text()
    assert bool(found) == ("Struct, " in text or "Struct)" in text)
    assert not found or file not in compiled()
