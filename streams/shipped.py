"""The files that go with the service: rules, dashboards, schemas, documents; of the wheel or of the checkout.

Rules: a file has one source, the repository, and the name that it has there. pyproject.toml names what goes
into the wheel (force-include); whoever runs from a checkout reads the same files where they are.

Never: a second copy in the repository, or a file that only one of both has.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path

_PACKED = Path(__file__).with_name("_shipped")
_CHECKOUT = Path(__file__).parents[1]


def folder() -> Path:
    """Where the files are, under their names of the repository."""
    return _PACKED if _PACKED.is_dir() else _CHECKOUT


def names() -> list[str]:
    """Every file's name of the repository, like ``deploy/RUNBOOK.md``, in order.

    Raises:
        OSError: there is neither.
    """
    return sorted(_under(_PACKED) if _PACKED.is_dir() else _listed())


def _listed() -> Iterator[str]:
    told = tomllib.loads((_CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    for source in told["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]:
        path = _CHECKOUT / source
        yield from (f"{source}/{name}" for name in _under(path)) if path.is_dir() else (source,)


def _under(path: Path) -> Iterator[str]:
    return (file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
