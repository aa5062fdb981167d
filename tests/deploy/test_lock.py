"""The lock is what the project asks for: complete on each of its Pythons, hashed, bound to no address."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires
from itertools import chain
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PYTHONS = [
    line.rpartition(" ")[2]
    for line in PROJECT["project"]["classifiers"]
    if re.search(r":: Python :: \d+\.\d+$", line)
]


def entries() -> list[tuple[str, str]]:
    """Return name and text of each pinned package; a name comes twice where Pythons need two versions."""
    return re.findall(r"^([a-z0-9-]+)==(.*(?:\n    .*)*)", LOCK, re.MULTILINE)


def wanted() -> list[Requirement]:
    """Return what pyproject.toml asks for by itself."""
    texts = [
        *PROJECT["build-system"]["requires"],
        *PROJECT["project"]["dependencies"],
        *chain(*PROJECT["project"]["optional-dependencies"].values()),
        *PROJECT["dependency-groups"]["dev"],
    ]
    found = [Requirement(text) for text in texts]
    return [one for one in found if one.name != PROJECT["project"]["name"]]


def pinned(python: str) -> dict[str, str]:
    """Return the version of each package that the lock brings to a Linux machine with this Python."""
    versions = {}
    for name, text in entries():
        version, _, marker = text.split("\\\n")[0].partition(";")
        if not marker.strip() or Marker(marker.strip()).evaluate(environment(python)):
            versions[name] = version.strip()
    return versions


def environment(python: str, extra: str = "") -> dict[str, str]:
    """Return what markers are evaluated against."""
    return {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "extra": extra,
    }


def needed(python: str) -> Iterator[tuple[str, Requirement]]:
    """Everything that is needed, by whom: requirements of requirements, with their extras, told once each."""
    waiting = [("pyproject.toml", requirement) for requirement in wanted()]
    seen: set[tuple[str, str]] = set()
    while waiting:
        asker, requirement = waiting.pop()
        yield asker, requirement
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            try:
                texts = requires(name) or []
            except PackageNotFoundError:  # for another Python than this one
                continue
            found = [Requirement(text) for text in texts]
            waiting += [
                (name, one)
                for one in found
                if one.marker is None or one.marker.evaluate(environment(python, extra))
            ]


def test_every_package_is_pinned_with_hashes() -> None:
    """Nothing is installed that was not seen when the lock was written."""
    assert entries()
    assert all("--hash=sha256:" in text for _, text in entries())


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_is_complete(python: str) -> None:
    """What any package asks for, extras too, is pinned at a version that satisfies it."""
    versions = pinned(python)
    missing = [
        f"{asker} needs {requirement}, the lock has {versions.get(canonicalize_name(requirement.name))}"
        for asker, requirement in needed(python)
        if not requirement.specifier.contains(versions.get(canonicalize_name(requirement.name), "-"), True)
    ]
    assert not missing


def test_the_supported_pythons_are_named() -> None:
    """The lock is held to the Pythons that the project says it runs on, and to the one at hand."""
    assert PYTHONS[0] == PROJECT["project"]["requires-python"].removeprefix(">=")
    assert "{}.{}".format(*sys.version_info) in PYTHONS


def test_what_is_installed_goes_together() -> None:
    """Nothing was resolved at installation, so pip is asked afterwards whether anything is missing."""
    checked = subprocess.run(
        [sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("file", ["scripts/venv", "deploy/Dockerfile"])
def test_the_lock_is_installed_without_resolving(file: str) -> None:
    """An extra that is asked for (`coverage[toml]`) must not send pip to the newest version of that day."""
    calls = [line for line in (ROOT / file).read_text().splitlines() if "--require-hashes" in line]
    assert calls
    assert all("--no-deps" in line for line in calls)


def test_the_lock_names_no_address() -> None:
    """It works with any index, and tells nothing of the machine it was written on."""
    assert not re.search(r"https?:|file:|--(extra-)?index-url|--find-links", LOCK)
    assert not re.search(r"(?:^|\s)/\w", LOCK)
