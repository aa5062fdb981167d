"""``kpi files``: what it writes is whole, what it finds it leaves alone."""

import re
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

from streams import shipped
from streams.cli.commands.files import PARTS
from streams.cli.exits import Exit
from tests.cli.conftest import Kpi

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
NAME = re.compile(r"(?<![\w/])(?:docs|deploy|schemas)/[\w./-]*\w")


@pytest.fixture
def written(kpi: Kpi, tmp_path: Path) -> Path:
    """A folder that was made for it."""
    folder = tmp_path / "new" / "folder"
    ran = kpi("files", str(folder))
    assert (ran.code, ran.err) == (Exit.OK, "")
    return folder


def test_every_document_is_shipped() -> None:
    """Nobody forgets a new one; each file belongs to one part, of which the command says what it is for."""
    names = shipped.names()
    for document in (ROOT / "docs").glob("*.md"):
        assert f"docs/{document.name}" in names
    for name in names:
        parts = [part for part in PARTS if name == part or (part.endswith("/") and name.startswith(part))]
        assert len(parts) == 1, name


def test_it_writes_the_repositorys_files_and_says_which(kpi: Kpi, tmp_path: Path) -> None:
    """A second time there is nothing to do."""
    ran = kpi("files", str(tmp_path))
    for name in shipped.names():
        assert (tmp_path / name).read_bytes() == (ROOT / name).read_bytes()
    assert all(re.search(rf"^{re.escape(part)} +[1-9]", ran.out, re.MULTILINE) for part in PARTS), ran.out
    assert ran.out.endswith(f"{tmp_path}: {len(shipped.names())} files written\n")
    assert kpi("files", str(tmp_path)).out.endswith(f"{tmp_path}: 0 files written\n")


def test_what_differs_stays_unless_it_is_forced(kpi: Kpi, written: Path) -> None:
    """It is named, the rest is written, and files of others are not touched."""
    mine, gone, other = (
        written / "deploy/alertmanager/alertmanager.yml",
        written / "docs/kpis.md",
        written / "a",
    )
    was = mine.read_bytes()
    mine.write_text("mine")
    other.write_text("other")
    gone.unlink()
    ran = kpi("files", str(written))
    assert ran.code == Exit.FAILED
    assert "differs, stays: deploy/alertmanager/alertmanager.yml\n" in ran.out
    assert ran.err == "kpi: 1 of the files differ from this version's and stay; --force overwrites them\n"
    assert (mine.read_text(), gone.is_file()) == ("mine", True)
    assert kpi("files", "--force", str(written)).code == Exit.OK
    assert (mine.read_bytes(), other.read_text()) == (was, "other")


@pytest.mark.parametrize("stands", ["file", "file in the way", "folder in the way"])
def test_where_it_cannot_write_it_says_so(kpi: Kpi, tmp_path: Path, stands: str) -> None:
    """One line that names the place."""
    place = {"file": ".", "file in the way": "docs", "folder in the way": "docs/kpis.md"}[stands]
    target = tmp_path / "target"
    if stands == "folder in the way":
        (target / place).mkdir(parents=True)
    else:
        (target / place).parent.mkdir(exist_ok=True, parents=True)
        (target / place).write_text("")
    ran = kpi("files", "--force", str(target))
    assert (ran.code, ran.err.count("\n")) == (Exit.USAGE, 1), ran.err
    assert str((target / place).resolve()) in ran.err


def test_links_and_names_of_files_resolve_within_the_folder(written: Path) -> None:
    """What is not there is neither linked from a document nor named in any file."""
    for file in written.rglob("*"):
        if file.suffix in {".md", ".yml", ".yaml", ".json"}:
            text = file.read_text()
            assert [name for name in NAME.findall(text) if not (written / name).exists()] == [], file
            links = [unquote(link) for link in LINK.findall(text) if "://" not in link]
            assert file.suffix != ".md" or all((file.parent / link).is_file() for link in links), links


def test_the_rules_name_a_runbook_that_is_there(written: Path) -> None:
    """As a path from the folder, with a heading of it."""
    headings = re.findall(r"^#+ (\w+)$", (written / "deploy/RUNBOOK.md").read_text(), re.MULTILINE)
    anchors = {f"deploy/RUNBOOK.md#{heading.lower()}" for heading in headings}
    for file in (written / "deploy/prometheus/rules").glob("*alerts.yml"):
        for group in yaml.safe_load(file.read_text())["groups"]:
            assert {rule["annotations"]["runbook"] for rule in group["rules"]} <= anchors


def test_the_compose_file_finds_there_what_it_mounts_and_builds(written: Path) -> None:
    """Without a checkout: the image's service is a package of this version."""
    compose = yaml.safe_load((written / "docker-compose.yml").read_text())
    mounts = [volume for service in compose["services"].values() for volume in service.get("volumes", ())]
    for source in (mount.split(":")[0] for mount in mounts):
        assert (written / source).is_dir() if source.startswith("./") else source in compose["volumes"]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    build = compose["x-worker"]["build"]
    dockerfile = (written / build["context"] / build["dockerfile"]).read_text()
    assert set(re.findall(r"kpi[_-]streams[=-]+([\d.]+\d)", dockerfile)) == {version}
    assert compose["x-worker"]["image"] == f"kpi-streams:{version}"
    assert (written / "requirements.lock").is_file()
