"""The compiled core is the same source: it builds, and the acceptance law holds for it, too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.system("cc")
@pytest.mark.timeout(900)
def test_the_compiled_core_agrees_with_the_recount(tmp_path: Path) -> None:
    """Compile, then drive the compiled package over histories."""
    compiled = tmp_path / "compiled"
    subprocess.run([ROOT / "scripts/compile-core", compiled], check=True, cwd=ROOT)
    ran = subprocess.run(
        [sys.executable, "-P", ROOT / "tests/compiled/check.py"],
        env={**os.environ, "PYTHONPATH": str(compiled)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "runs agree" in ran.stdout
