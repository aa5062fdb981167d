"""The folder list is the architecture: who may import whom, and that an import does nothing."""

import ast
import re
import subprocess
import sys
from collections import Counter
from itertools import takewhile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "streams"
FILES = sorted(PACKAGE.rglob("*.py"))


def within(of: str) -> list[Path]:
    """The files of a room."""
    return [path for path in FILES if PACKAGE / of in path.parents]


CORE = within("core")

DRAWN = ("core", "engine")
"""Rooms that have rooms, each with a picture in docs/architecture.md."""

LEVELS = (
    {"core", "hosts", "quoting", "log_limit", "log_lines", "embedded", "shipped"},
    {"build", "definitions", "settings", "explain", "mapping"},
    {
        "engine",
        "redis_contract",
        "rights",
        "simulate",
        "replay",
        "ingest",
        "deadletters",
        "foreign",
        "registry",
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
BY_NAME = {"shelf.py": {"zlib"}, "placement.py": {"zlib"}, "state.py": {"secrets"}}
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


def floors(of: str) -> list[set[str]]:
    """The rooms of a room as docs/architecture.md draws them, the lowest first."""
    drawn = (ROOT / "docs/architecture.md").read_text().partition(f"<!-- rooms of the {of} -->\n```\n")[2]
    lines = drawn.partition("```")[0].splitlines()
    return [set(re.split(r"  +", line.strip())) for line in reversed(lines)]


def inner_room(module: str) -> str:
    """The room within its room that a module, or a name in one, stands in."""
    outer, *parts = module.split(".")[1:]
    path = PACKAGE / outer
    folders = list(takewhile(lambda at: path.joinpath(*parts[:at]).is_dir(), range(1, len(parts) + 1)))
    return "/".join(parts[: folders[-1]]) if folders else parts[0]


@pytest.mark.parametrize("of", DRAWN)
def test_every_room_within_is_drawn(of: str) -> None:
    """And none that is not there."""
    files = [path for path in within(of) if path.name != "__init__.py"]
    assert {inner_room(module_of(path)) for path in files} == set().union(*floors(of))


@pytest.mark.parametrize("path", [path for of in DRAWN for path in within(of)], ids=module_of)
def test_arrows_within_a_room_go_down(path: Path) -> None:
    """A room imports from rooms on lower floors, never beside or above itself."""
    if path.name == "__init__.py":
        assert not imported(path)
        return
    of = room(module_of(path))
    floor_of = {name: number for number, names in enumerate(floors(of)) for name in names}
    mine = inner_room(module_of(path))
    for name in imported(path):
        if name.startswith(f"streams.{of}."):
            other = inner_room(name)
            assert other == mine or floor_of[other] < floor_of[mine], name


def test_the_page_names_files_that_are_there() -> None:
    """A path stands as from the root, the package, the core or the room that its sentence is about."""
    named = set(re.findall(r"`([\w/]+/[\w/]+\.(?:py|md|txt))`", (ROOT / "docs/architecture.md").read_text()))
    roots = (ROOT, PACKAGE, PACKAGE / "core")
    assert len(named) > 20
    assert not [name for name in named if not any((root / name).is_file() for root in roots)]


def class_names(path: Path) -> set[str]:
    """The classes that a file declares for others."""
    nodes = ast.parse(path.read_text()).body
    return {node.name for node in nodes if isinstance(node, ast.ClassDef) and not node.name.startswith("_")}


@pytest.mark.parametrize(
    "of", sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file())
)
def test_a_class_has_its_name_alone_within_a_room(of: str) -> None:
    """Whoever reads a name there knows which one is meant."""
    names = Counter(name for path in within(of) for name in class_names(path))
    assert [name for name, times in names.items() if times > 1] == []


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
        assert {name.split(".")[0] for name in names} <= CORE_MAY_IMPORT | {
            "csv",
            "difflib",
            "types",
            "zoneinfo",
        }, path


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


def loaded_by(module: str) -> set[str]:
    """Every module that is there once a process has imported one."""
    script = f"import sys, {module}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


PUBLISHING = sorted(module_of(path) for path in within("publish") if path.name != "__init__.py")


@pytest.mark.parametrize("module", PUBLISHING)
def test_publishing_needs_no_customers(module: str) -> None:
    """The half that adds and divides does not load the half that keeps partitions."""
    loaded = loaded_by(module)
    assert module in loaded
    half = ("streams.core.partition", "streams.core.counting", "streams.engine")
    assert not [name for name in loaded if name.startswith(half)]


@pytest.mark.parametrize("path", within("client"), ids=module_of)
def test_a_reader_knows_the_redis_contract_alone(path: Path) -> None:
    """Of the whole service."""
    rooms = {room(name) for name in imported(path) if name.startswith("streams.")}
    assert rooms <= {"client", "redis_contract"}


def test_reading_values_from_redis_needs_neither_kafka_nor_a_command_line() -> None:
    """The client imports Redis' library and msgspec, and nothing else that would have to be installed."""
    loaded = {name.partition(".")[0] for name in loaded_by("streams.client")}
    unwanted = {"aiohttp", "aiokafka", "click", "faust", "mode", "numpy", "prometheus_client", "rich"}
    assert {"redis", "msgspec"} <= loaded
    assert not unwanted & loaded
