"""Examples: the same in every run unless a seed is named; with one, those of the seed. Real pytest runs."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

FILE = """
from hypothesis import given, settings, strategies as st
from tests.support.chance import FIRST, examples

@settings(max_examples=examples(30))
@given(st.integers(0, 10**9))
def test_law(number):
    with open("drawn", "a") as file:
        print(FIRST, number, file=file)
"""


def drawn(folder: Path, **environ: str) -> list[str]:
    """What a law draws in a run of its own."""
    (folder / "test_it.py").write_text(FILE)
    (folder / "pytest.ini").write_text("[pytest]\n")
    others = {key: value for key, value in os.environ.items() if key not in {"LAWS_SEED", "LAWS_EXAMPLES"}}
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.support.chance", "-p", "no:cacheprovider"],
        cwd=folder,
        env=others | {"PYTHONPATH": str(ROOT)} | environ,
        capture_output=True,
        check=True,
    )
    lines = (folder / "drawn").read_text().splitlines()
    (folder / "drawn").unlink()
    return lines


def test_a_seed_says_what_is_drawn_and_without_one_it_is_always_the_same(tmp_path: Path) -> None:
    """Fresh seeds reach what no run had before, and a failure can be drawn again."""
    usual, again = drawn(tmp_path), drawn(tmp_path)
    assert usual == again
    seven = drawn(tmp_path, LAWS_SEED="7", LAWS_EXAMPLES="50")
    assert seven == drawn(tmp_path, LAWS_SEED="7", LAWS_EXAMPLES="50")
    assert len(seven) > len(usual) >= 30
    assert {line.split()[0] for line in seven} == {"7"}
    assert {line.split()[0] for line in usual} == {"0"}
    eight = drawn(tmp_path, LAWS_SEED="8")
    for one, other in ((usual, seven), (seven, eight)):
        assert len({line.split()[1] for line in one} & {line.split()[1] for line in other}) < 20
