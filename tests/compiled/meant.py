"""Which modules of the core are meant to be compiled, by the rule in pyproject.toml."""

import tomllib
from pathlib import Path

from pathspec import PathSpec

ROOT = Path(__file__).resolve().parents[2]
BUILD = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
HOOK = BUILD["targets"]["wheel"]["hooks"]["mypyc"]
INCLUDE: list[str] = HOOK["include"]
EXCLUDE: list[str] = HOOK["exclude"]


def matched(patterns: list[str]) -> set[str]:
    """The files of the package that patterns match, as hatch-mypyc reads them."""
    files = (path.relative_to(ROOT).as_posix() for path in (ROOT / "streams").rglob("*.py"))
    return set(PathSpec.from_lines("gitignore", patterns).match_files(files))


def compiled() -> set[str]:
    """The files that are meant to be compiled."""
    return matched(INCLUDE) - matched(EXCLUDE)
