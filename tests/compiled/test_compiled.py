"""The wheel, installed without a checkout: the compiled core is the same source, and all files are there."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from streams import shipped
from streams.embedded import KafkaCluster, ValkeyServer, free_port
from streams.simulate import KINDS
from tests.support.eventually import eventually, patient
from tests.support.topics import unique_prefix

ROOT = Path(__file__).resolve().parents[2]
DEMO = """
from streams.demo.observability import prometheus_config
print(prometheus_config(["127.0.0.1:1"], "127.0.0.1:2"))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip put the wheel, with the core compiled, but for what only makes it fast."""
    folder = tmp_path_factory.mktemp("installed") / "site"
    quick = {**os.environ, "OPTIMIZATION": "1"}
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


@pytest.mark.system("cc")
def test_a_deployment_runs_from_the_wheel(
    installed: Path,
    tmp_path: Path,
    kafka: KafkaCluster,
    valkey: ValkeyServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In an empty folder, without the demo: topics are made, events sent, counted, and read from Redis."""
    name = unique_prefix("wheel")
    (tmp_path / "definition.toml").write_text(f'tenant = "{name}"\n')
    for key, text in {
        "BROKERS": kafka.bootstrap,
        "APP_ID": name,
        "PARTITIONS": "1",
        "REPLICATION_FACTOR": "1",
        "REDIS_URL": valkey.url,
        "HTTP_PORT": str(free_port()),
        "SECRET": "what keys the digests of this test",
        "DEFINITION_FILE": "definition.toml",
        **{f"TOPIC_{kind.upper()}": name + kind for kind in (*KINDS, "changelog", "totals", "dead_letter")},
    }.items():
        monkeypatch.setenv(f"KPI_{key}", text)
    kpi, now_ms = str(installed / "bin/kpi"), time.time_ns() // 1_000_000
    event = {"occurred_at": now_ms - 1_000, "amount": 1, "currency": "USD"}
    lines = [
        {"topic": "crm.customer.purchase.v1", "value": {"event_id": f"e{i}", "customer_id": f"c{i}", **event}}
        for i in range(3)
    ]
    ran(installed, tmp_path, kpi, "topics", "create")
    environ = {**os.environ, "PYTHONPATH": str(installed)}
    with (tmp_path / "log").open("wb") as log:
        worker = subprocess.Popen([kpi, "worker"], env=environ, cwd=tmp_path, stdout=log, stderr=log)
        try:
            sent = b"\n".join(map(msgspec.json.encode, lines)) + b"\n"
            ran(installed, tmp_path, kpi, "send", "-", given=sent)

            def shown() -> bool:
                assert worker.poll() is None, (tmp_path / "log").read_text()
                asked = (kpi, "get", "orders", "--tenant", name)
                got = subprocess.run(asked, env=environ, cwd=tmp_path, capture_output=True, check=False)
                return got.stdout.startswith(b"orders 3 ")

            eventually(shown, within=60)
            worker.terminate()
            assert worker.wait(patient(30)) == 0, (tmp_path / "log").read_text()
        finally:
            worker.kill()
    said = (tmp_path / "log").read_text()
    assert "compiled" in said
    assert "Traceback" not in said


def bare_environ() -> dict[str, str]:
    """The environment without a package that the tests themselves may run beside, optimised as little."""
    kept = {key: text for key, text in os.environ.items() if key != "PYTHONPATH"}
    return {**kept, "OPTIMIZATION": "1"}


def on_core(**environ: str) -> tuple[str, str]:
    """Which file a module of the core comes from under ``scripts/on-compiled-core``, and what that says."""
    code = "from streams.core.partition import intake; print(intake.__file__)"
    done = subprocess.run(
        [ROOT / "scripts/on-compiled-core", sys.executable, "-c", code],
        env={**bare_environ(), **environ},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip(), done.stderr


@pytest.mark.system("cc")
@pytest.mark.usefixtures("installed")
def test_what_was_compiled_once_is_taken_again() -> None:
    """Only the rest of the package is packed anew."""
    kept = sorted((ROOT / ".cache/core").iterdir())
    made = [folder.stat().st_ino for folder in kept]
    module, said = on_core()
    assert (Path(module).suffix, said.splitlines()[-1]) == (".so", "core: compiled")
    assert sorted((ROOT / ".cache/core").iterdir()) == kept
    assert [folder.stat().st_ino for folder in kept] == made


@pytest.mark.system("cc")
@pytest.mark.usefixtures("installed")
def test_a_command_that_runs_keeps_its_package_while_others_begin() -> None:
    """Until it ends: then the next one removes it."""
    code = "import streams; print(streams.__file__, flush=True); input(); import streams.core.partition.state"
    running = subprocess.Popen(
        [ROOT / "scripts/on-compiled-core", sys.executable, "-c", code],
        env=bare_environ(),
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert running.stdout is not None
    package = Path(running.stdout.readline().strip())
    other, _ = on_core()
    assert not Path(other).is_relative_to(package.parent)
    running.communicate("\n")
    assert running.returncode == 0
    on_core()
    assert not package.exists()


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({"CORE": "interpreted"}, "as CORE says"),
        ({"CC": "/no/compiler"}, "there is no C compiler"),
        ({"CC": "true", "OPTIMIZATION": "1"}, "it could not be compiled"),
    ],
)
def test_without_a_compiler_commands_run_on_the_sources(environ: dict[str, str], why: str) -> None:
    """And say so in one line."""
    module, said = on_core(**environ)
    assert module == str(ROOT / "streams/core/partition/intake.py")
    assert why in said.splitlines()[-1]
