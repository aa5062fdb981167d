"""The wheel, installed without a checkout: the compiled core is the same source, and all files are there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from streams import shipped

ROOT = Path(__file__).resolve().parents[2]
DEMO = """
from streams.demo.observability import prometheus_config
print(prometheus_config(["127.0.0.1:1"], "127.0.0.1:2"))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip put the wheel, with the core compiled, but for what only makes it fast."""
    folder = tmp_path_factory.mktemp("installed") / "site"
    quick = {**os.environ, "OPTIMIZATION": "0"}
    subprocess.run([ROOT / "scripts/compile-core", folder], check=True, cwd=ROOT, env=quick)
    return folder


def ran(installed: Path, cwd: Path, *command: str | Path, given: bytes = b"") -> bytes:
    """What a command says that sees the installed package and no checkout."""
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(installed)},
        cwd=cwd,
        input=given,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.system("cc")
def test_the_compiled_core_agrees_with_the_recount(installed: Path, tmp_path: Path) -> None:
    """Drive the compiled package over histories."""
    assert b"runs agree" in ran(installed, tmp_path, sys.executable, "-P", ROOT / "tests/compiled/check.py")


@pytest.mark.system("cc", "promtool")
def test_the_wheel_needs_no_checkout(installed: Path, tmp_path: Path) -> None:
    """In an empty folder: version, recount, every file as in the repository, and the demo's Prometheus."""
    kpi = installed / "bin/kpi"
    assert re.fullmatch(rb"kpi, version [\d.]+\n", ran(installed, tmp_path, kpi, "--version"))
    events = ran(installed, tmp_path, kpi, "simulate", "--customers", "50", "--days", "5")
    assert b"churn_ratio" in ran(installed, tmp_path, kpi, "replay", "-", "--format", "text", given=events)
    ran(installed, tmp_path, kpi, "files", "here")
    there = [path for path in (tmp_path / "here").rglob("*") if path.is_file()]
    assert sorted(str(path.relative_to(tmp_path / "here")) for path in there) == shipped.names()
    for path in there:
        assert path.read_bytes() == (ROOT / path.relative_to(tmp_path / "here")).read_bytes(), path
    rules = sorted((tmp_path / "here/deploy/prometheus/rules").glob("*.yml"))
    ran(installed, tmp_path, "promtool", "check", "rules", *rules)
    config = ran(installed, tmp_path, sys.executable, "-Pc", DEMO)
    assert str(installed) in config.decode()
    (tmp_path / "demo.yml").write_bytes(config)
    told = ran(installed, tmp_path, "promtool", "check", "config", "demo.yml")
    assert f"{len(rules)} rule files found" in told.decode()
