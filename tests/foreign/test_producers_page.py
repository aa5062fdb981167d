"""The producers of docs/own-events.md, executed: the page's first mapping makes a purchase of each order."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.embedded import KafkaCluster
from streams.embedded.java import JavaTools, fetch_jars
from tests.foreign.harness import Ingest
from tests.kafka.harness import run
from tests.mapping.test_page import EXAMPLES, PAGE
from tests.support.eventually import patient

KAFKAJS = "kafkajs@2.2.4"
_TEXT = PAGE.read_text(encoding="utf-8")
_BLOCKS = dict(re.findall(r"^```(python|java|js)\n(.*?)^```", _TEXT, re.MULTILINE | re.DOTALL))


def python(folder: Path) -> list[str]:
    """How the block of that language is run; so for the others."""
    return [sys.executable, "-W", "ignore", str(folder / "orders.python")]


def java(folder: Path) -> list[str]:
    """With the jars that the broker of the tests has."""
    tools = JavaTools.find()
    assert tools.java is not None
    source = (folder / "orders.java").rename(folder / "Orders.java")
    return [tools.java, "-cp", f"{fetch_jars(tools.maven)}/*", str(source)]


def js(folder: Path) -> list[str]:
    """With its client, which npm fetches once for all runs."""
    home = Path.home() / ".cache" / "kpi-streams-tests" / KAFKAJS
    if not (home / "node_modules").is_dir():
        home.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(home), KAFKAJS]
        fetched = subprocess.run(command, capture_output=True, check=False, timeout=patient(120))
        if fetched.returncode:
            pytest.skip(f"npm cannot fetch {KAFKAJS}")
    source = (folder / "orders.js").rename(folder / "orders.cjs")
    return ["/usr/bin/env", f"NODE_PATH={home / 'node_modules'}", "node", str(source)]


@pytest.mark.parametrize(
    ("language", "number", "command"),
    [
        ("python", b"17", python),
        pytest.param("java", b"18", java, marks=pytest.mark.system("javac")),
        pytest.param("js", b"19", js, marks=pytest.mark.system("node", "npm")),
    ],
)
def test_a_producers_order_becomes_a_purchase(
    kafka: KafkaCluster,
    tmp_path: Path,
    language: str,
    number: bytes,
    command: Callable[[Path], list[str]],
) -> None:
    """As it stands on the page, but for the broker's address and the topic's name."""
    mapping = EXAMPLES[0].toml.replace('"shop.orders"', '"{name}shop.orders"')
    stage = Ingest(kafka.bootstrap, tmp_path, mapping, {"shop.orders": 2})
    text = _BLOCKS[language].replace("127.0.0.1:9092", kafka.bootstrap)
    (tmp_path / f"orders.{language}").write_text(text.replace('"shop.orders"', f'"{stage.name}shop.orders"'))

    run(stage.make_topics)
    ran = subprocess.run(command(tmp_path), capture_output=True, text=True, check=False, timeout=patient(60))
    assert ran.returncode == 0, ran.stderr
    (purchase,) = run(stage.expected).events
    assert (purchase.key, b'"event_id":"%b"' % number in (purchase.value or b"")) == (b"c-7", True)
