"""The page's files: all of them, typed, and the vendored library exactly as its authors published it."""

import hashlib
import re
from pathlib import Path

import pytest

from streams.core.definition.definition import Definition
from streams.publish.board import assets

STATIC = Path(assets.__file__).with_name("static")
UPLOT = {
    "vendor/uplot/uPlot.esm.js": "5dd9b3281aa64b461b42d9945f6adb2649d346502b12281a9ae0d46599a80eba",
    "vendor/uplot/uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    "vendor/uplot/LICENSE": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
}
OWN = [
    name for name in assets.load(Definition()) if not name.startswith("vendor/") and not name.endswith(".svg")
]


@pytest.mark.parametrize("name", UPLOT)
def test_the_vendored_library_is_unchanged(name: str) -> None:
    """Version 1.6.32 as on npm, with its licence."""
    assert hashlib.sha256(assets.load(Definition())[name].body).hexdigest() == UPLOT[name]


def test_every_file_that_is_referred_to_is_there() -> None:
    """In the markup, and by imports between modules."""
    loaded = assets.load(Definition())
    markup = loaded["index.html"].body.decode()
    named = set(re.findall(r'(?:href|src)="/board/([^"]+)"', markup))
    for name, asset in loaded.items():
        if name.startswith("js/"):
            imports = re.findall(r'from "(\.[^"]+)"', asset.body.decode())
            named |= {
                ((STATIC / name).parent / path).resolve().relative_to(STATIC).as_posix() for path in imports
            }
    assert len(named) > 20
    assert named <= set(loaded)
    unused = {name for name in loaded if name.endswith((".js", ".css"))} - named
    assert unused == set()


@pytest.mark.parametrize("name", OWN)
def test_no_file_names_another_host(name: str) -> None:
    """Nothing is loaded from elsewhere, nor linked to."""
    assert not re.search(
        r"(https?:)?//[a-z]", assets.load(Definition())[name].body.decode().replace("// ", "")
    )


def test_a_changed_file_is_another_build() -> None:
    """So that open pages notice."""
    loaded = assets.load(Definition())
    assert assets.build_of(loaded) == assets.build_of(assets.load(Definition()))
    changed = {**loaded, "index.html": assets.Asset(b"other", "text/html")}
    assert assets.build_of(changed) != assets.build_of(loaded)
