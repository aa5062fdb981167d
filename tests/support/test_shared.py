"""Side by side, all processes of a run have the same servers, and files stay together. A real pytest run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from tests.support.spread import begins, share_of

ROOT = Path(__file__).parents[2]

FILE = """
import os
import pytest

@pytest.mark.parametrize("number", [1, 2])
def test_it(valkey, number):
    with open("told", "a") as file:
        print(valkey.url, os.environ["PYTEST_XDIST_WORKER"], __name__, file=file)
"""


def test_two_processes_have_one_server_which_ends_with_the_run(tmp_path: Path) -> None:
    """And each file is one process's."""
    for name in ("one", "two"):
        (tmp_path / f"test_{name}.py").write_text(FILE)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    plugins = [word for name in ("shared", "spread") for word in ("-p", f"tests.support.{name}")]
    others = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, "-p", "no:cacheprovider", "-n", "2"],
        cwd=tmp_path,
        env=others | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    told = [line.split() for line in (tmp_path / "told").read_text().splitlines()]
    assert len(told) == 4
    (address,) = {address for address, _, _ in told}
    assert {process for _, process, _ in told} == {"gw0", "gw1"}
    assert len({(process, file) for _, process, file in told}) == 2
    with redis.Redis.from_url(address) as client, pytest.raises(redis.ConnectionError):
        client.ping()


def test_files_stay_together_but_laws_spread_and_the_longest_begin() -> None:
    """A law shares nothing with its neighbours."""
    assert share_of("tests/kafka/test_totals.py::test_a[x]") == "tests/kafka/test_totals.py"
    assert share_of("tests/laws/test_laws.py::test_a") == "tests/laws/test_laws.py::test_a"
    assert share_of("tests/security/test_denied.py::test_a") == share_of(
        "tests/security/test_rights.py::test_b"
    )
    turns = [begins(f"tests/{place}") for place in ("chaos/test_a.py", "kafka/test_a.py", "core/test_a.py")]
    assert turns == sorted(turns)
    assert len({*turns}) == 3
