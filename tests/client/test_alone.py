"""A service that only reads installs the wheel by itself: a handful of packages, typed, and it works."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from streams.core.definition.definition import Definition
from streams.embedded import ValkeyServer
from streams.publish.redis.sink import RedisSink
from streams.redis_contract.connection import RedisAddress
from tests.publish import world
from tests.publish.sinks import WITHIN_S, running
from tests.publish.world import T0
from tests.support.eventually import eventually_async

ROOT = Path(__file__).resolve().parents[2]
SERVICE = Path(__file__).with_name("alone.py")
SNAPSHOT = world.snapshot(Definition(window_names=("1h", "24h")))


def bare_environ() -> dict[str, str]:
    """The environment without what tells Python of other packages."""
    return {key: text for key, text in os.environ.items() if not key.startswith("PYTHON")}


def ran(*command: str | Path, cwd: Path) -> str:
    """What a command says that sees no checkout."""
    done = subprocess.run(command, cwd=cwd, env=bare_environ(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new virtual environment with the wheel, and what it asks for in the versions of the lock."""
    folder = tmp_path_factory.mktemp("alone")
    pinned = re.findall(r"^[a-z0-9-]+==[^\\\n]+", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    (folder / "versions.txt").write_text("\n".join(pinned))
    ran(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "dist", cwd=ROOT)
    ran(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    pip = (sys.executable, "-m", "pip", "--python", folder / "venv/bin/python")
    (wheel,) = (folder / "dist").glob("*.whl")
    ran(*pip, "install", "--quiet", "--constraint", folder / "versions.txt", wheel, cwd=folder)
    return folder


def write(url: str, tenant: str) -> None:
    """Write the snapshot as a publisher does."""

    async def scene() -> None:
        sink = RedisSink(RedisAddress(url), tenant)
        async with running(sink):
            sink.publish(SNAPSHOT)

            async def written() -> bool:
                return sink.writes > 0

            await eventually_async(written, within=WITHIN_S)

    asyncio.run(scene())


def test_the_reader_brings_a_handful_of_packages(alone: Path) -> None:
    """No Faust, no Kafka client, no numpy, no web server."""
    pip = (sys.executable, "-m", "pip", "--python", alone / "venv/bin/python")
    there = {one["name"] for one in json.loads(ran(*pip, "list", "--format", "json", cwd=alone))}
    assert there - {"async-timeout"} == {"kpi-streams", "msgspec", "redis"}


def test_both_readers_read_what_is_published(alone: Path, valkey: ValkeyServer) -> None:
    """All values of a genuine snapshot, and the news of it."""
    tenant = f"alone-{uuid4().hex}"
    write(valkey.url, tenant)
    a_second_later = str(T0 / 1000 + 1)
    said = ran(alone / "venv/bin/python", SERVICE, valkey.url, tenant, a_second_later, cwd=alone)
    read, awaited = json.loads(said)
    assert read == awaited
    assert read["t"] == T0
    published = SNAPSHOT.windows["24h"]
    assert read["churn_ratio"] == read["all"]["churn_ratio"]
    assert read["all"].keys() == published.keys()
    fresh = {name: value for name, (state, value) in read["all"].items() if state == "FRESH"}
    assert fresh == {name: one.value for name, one in published.items() if one.status == "ok"}
    assert len(fresh) > len(published) / 2


def test_a_type_checker_knows_the_reader(alone: Path) -> None:
    """Strictly; what is wrong is found, or else an unused ignore is."""
    mypy = (sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={alone}/cache")
    python = f"--python-executable={alone}/venv/bin/python"
    assert "Success" in ran(*mypy, python, SERVICE, cwd=alone)


@pytest.mark.parametrize("words", [["worker"], ["--help"], []])
def test_whoever_wants_the_service_is_told_what_to_install(alone: Path, words: list[str]) -> None:
    """In one line, whatever the command."""
    done = subprocess.run(
        [alone / "venv/bin/kpi", *words],
        cwd=alone,
        env=bare_environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        "kpi: click is not installed, only what reads values: pip install 'kpi-streams[service]'\n"
    )
