"""The lock is what the project asks for: complete, hashed, and bound to no address."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def entries() -> dict[str, str]:
    """Return the text of each pinned package by its name."""
    found = re.findall(r"^([a-z0-9-]+)==(.*(?:\n    .*)*)", LOCK, re.MULTILINE)
    return dict(found)


def test_every_package_is_pinned_with_hashes() -> None:
    """Nothing is installed that was not seen when the lock was written."""
    assert entries()
    assert all("--hash=sha256:" in text for text in entries().values())


def test_every_dependency_is_in_the_lock() -> None:
    """A dependency added to pyproject.toml needs `make lock`."""
    wanted = [
        *PROJECT["build-system"]["requires"],
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["demo"],
        *PROJECT["dependency-groups"]["dev"],
    ]
    names = {re.split(r"[^\w-]", text)[0].lower() for text in wanted}
    assert names <= entries().keys()


def test_the_lock_names_no_address() -> None:
    """It works with any index, and tells nothing of the machine it was written on."""
    assert not re.search(r"https?:|file:|--(extra-)?index-url|--find-links", LOCK)
    assert not re.search(r"(?:^|\s)/\w", LOCK)
