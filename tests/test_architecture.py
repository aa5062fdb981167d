"""The folder list is the architecture: who may import whom, and that an import does nothing."""

import ast
import re
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "streams"
FILES = sorted(PACKAGE.rglob("*.py"))
CORE = [path for path in FILES if PACKAGE / "core" in path.parents]

LEVELS = (
    {"core", "log_lines", "embedded", "shipped"},
    {"build", "definitions", "settings", "explain", "mapping", "opening"},
    {
        "engine",
        "redis_contract",
        "rights",
        "simulate",
        "replay",
        "sending",
        "deadletters",
        "publish",
        "client",
    },
    {"service"},
    {"app", "doctor"},
    {"cli", "demo"},
)
"""Rooms of the package, the lowest first: a file imports from its own level and from lower ones."""

CORE_MAY_IMPORT = {
    *(
        "array",
        "bisect",
        "collections",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "fractions",
        "functools",
    ),
    *(
        "hashlib",
        "heapq",
        "itertools",
        "json",
        "math",
        "operator",
        "re",
        "struct",
        "sys",
        "tomllib",
        "typing",
        "unicodedata",
    ),
    "msgspec",
}
"""The core's imports from outside: nothing that reads a clock, draws, logs, waits or talks to anyone."""
BY_NAME = {"placement.py": {"zlib"}, "state.py": {"secrets"}}
"""The one exception: the keys of anonymous persons are random unless the caller gives the entropy."""

EFFECT = "streams.app"
"""The composition root: the one module whose import does something."""

WATCHED = """
import os, sys, threading, socket, signal
def audit(event, args):
    wrote = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
    if wrote or event.startswith(("socket.connect", "socket.bind", "subprocess.", "os.mkdir", "os.remove")):
        raise SystemExit(f"{event} {args[:1]}")
sys.dont_write_bytecode = True
import importlib, logging
own = [name for name in sys.argv[1:] if name.startswith("streams")]
for name in sys.argv[1:]:
    if name not in own:
        importlib.import_module(name)
before = (set(os.environ.items()), threading.active_count(), [signal.getsignal(s) for s in (2, 15)])
handlers = list(logging.root.handlers)
sys.addaudithook(audit)
for name in own:
    importlib.import_module(name)
    after = (set(os.environ.items()), threading.active_count(), [signal.getsignal(s) for s in (2, 15)])
    if after != before or logging.root.handlers != handlers:
        raise SystemExit(f"{name} changed the process")
"""


def imported(path: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def outside(path: Path) -> set[str]:
    """The modules of other packages that a file imports when it is imported."""
    nodes = [
        node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    names = {n.name for node in nodes if isinstance(node, ast.Import) for n in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name for name in names if not name.startswith("streams")}


def room(module: str) -> str:
    """The folder, or file, of the package that a module stands in; "" for the package itself."""
    return module.split(".")[1] if "." in module else ""


def module_of(path: Path) -> str:
    """The name under which a file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def level(of: str) -> int:
    """The level of a room."""
    return next(i for i, rooms in enumerate(LEVELS) if of in rooms)


def test_every_room_has_a_level() -> None:
    """A new folder finds its place before anything imports it."""
    assert {room(module_of(path)) for path in FILES} - {""} == set().union(*LEVELS)


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_file_imports_only_downwards(path: Path) -> None:
    """Or beside itself."""
    mine = room(module_of(path))
    for name in imported(path):
        if mine and name.startswith("streams.") and room(name) != "__version__":
            assert level(room(name)) <= level(mine), name


def floors() -> list[set[str]]:
    """The rooms of the core as docs/architecture.md draws them, the lowest first."""
    drawn = (ROOT / "docs/architecture.md").read_text().partition("<!-- rooms of the core -->\n```\n")[2]
    lines = drawn.partition("```")[0].splitlines()
    return [set(re.split(r"  +", line.strip())) for line in reversed(lines)]


def core_room(module: str) -> str:
    """The room of the core that a module, or a name in one, stands in."""
    path = PACKAGE / "core"
    parts = module.split(".")[2:]
    folders = list(takewhile(lambda at: path.joinpath(*parts[:at]).is_dir(), range(1, len(parts) + 1)))
    return "/".join(parts[: folders[-1]]) if folders else parts[0]


def test_every_room_of_the_core_is_drawn() -> None:
    """And none that is not there."""
    there = {core_room(module_of(path)) for path in CORE if path.name != "__init__.py"}
    assert there == set().union(*floors())


@pytest.mark.parametrize("path", CORE, ids=module_of)
def test_arrows_in_the_core_go_down(path: Path) -> None:
    """A room imports from rooms on lower floors, never beside or above itself."""
    if path.name == "__init__.py":
        assert not imported(path)
        return
    floor_of = {name: number for number, names in enumerate(floors()) for name in names}
    mine = core_room(module_of(path))
    for name in imported(path):
        if name.startswith("streams.core."):
            other = core_room(name)
            assert other == mine or floor_of[other] < floor_of[mine], name


def test_rooms_of_one_level_do_not_import_each_other_in_a_circle() -> None:
    """What stands beside each other has an order too."""
    rooms = {room(module_of(path)) for path in FILES}
    needs: dict[str, set[str]] = {name: set() for name in rooms}
    for path in FILES:
        names = {room(name) for name in imported(path) if name.startswith("streams.")}
        needs[room(module_of(path))] |= (names & rooms) - {room(module_of(path))}
    while free := {name for name, used in needs.items() if not used}:
        needs = {name: used - free for name, used in needs.items() if name not in free}
    assert needs == {}


@pytest.mark.parametrize("path", CORE, ids=module_of)
def test_the_core_imports_nothing_that_acts(path: Path) -> None:
    """The standard library's pure part, msgspec and itself."""
    names = {name for name in imported(path) if not name.startswith("streams.core.")}
    assert {name.split(".")[0] for name in names} <= CORE_MAY_IMPORT | BY_NAME.get(path.name, set())


def test_mappings_are_pure() -> None:
    """As the core; a time zone's rules are data of the standard library."""
    for path in (PACKAGE / "mapping").glob("*.py"):
        names = {
            name for name in imported(path) if not name.startswith(("streams.core.", "streams.mapping."))
        }
        assert {name.split(".")[0] for name in names} <= CORE_MAY_IMPORT | {"csv", "difflib", "zoneinfo"}, (
            path
        )


def test_importing_changes_nothing_outside() -> None:
    """No file, connection, process, thread, handler or setting; what others' packages do is theirs.

    The composition root is left out: its import has an effect, and is the only one.
    """
    names = {name for name in map(module_of, FILES) if name != EFFECT and "__main__" not in name}
    names |= {n for path in FILES for n in outside(path)}
    ran = subprocess.run(
        [sys.executable, "-c", WATCHED, *sorted(names)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == ""


def test_reading_values_from_redis_needs_neither_kafka_nor_a_command_line() -> None:
    """The client imports Redis' library and msgspec, and nothing else that would have to be installed."""
    script = "import sys, streams.client; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    unwanted = {"aiohttp", "aiokafka", "click", "faust", "mode", "numpy", "prometheus_client", "rich"}
    assert {"redis", "msgspec"} <= set(ran.stdout.split())
    assert not unwanted & set(ran.stdout.split())
