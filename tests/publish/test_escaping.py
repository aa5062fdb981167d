"""Names in labels: whatever they consist of, a series is theirs alone."""

import io
import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from streams.cli.snapshots import write_openmetrics
from streams.core.definition.definition import Definition
from streams.publish.prometheus.escaping import label_value
from streams.publish.prometheus.exposition import SampleCollector
from streams.publish.prometheus.metrics import Sample
from streams.replay.recount import replay

T = 1_776_211_200_000
ODD = (
    "a\tb",
    r"a\tb",
    "atb",
    "\x1b[31m",
    r"\u001b[31m",
    '"',
    r"\"",
    "\\",
    "a\nb",
    r"a\nb",
    "a\rb",
    "[/x]",
    "é\u2028",
)
_ESCAPES = {"\\": "\\", '"': '"', "n": "\n"}
_texts = st.text(st.characters(exclude_categories=["Cs"])) | st.text('\\"nt\n\r\t\x1bu0')


def unescaped(text: str) -> str:
    """What a scraper reads; a KeyError for an escape that the format does not know."""
    characters = iter(text)
    return "".join(_ESCAPES[next(characters)] if c == "\\" else c for c in characters)


@given(_texts)
def test_what_is_escaped_reads_back_as_the_very_same_text(text: str) -> None:
    """By the rules of the formats, which know three escapes; and the line does not end in it."""
    escaped = label_value(text)
    assert unescaped(escaped) == text
    assert "\n" not in escaped


@given(_texts)
def test_both_formats_of_the_live_page_escape_in_the_same_way(text: str) -> None:
    """The library that writes /metrics agrees with the function that writes a replay."""
    labels = {"window": "1h", "dimension": "segment", "value": text}
    samples = SampleCollector([Sample("crm_new_customers_by", 1, labels)])
    for encode in (generate_latest, generate_openmetrics):
        assert f'value="{label_value(text)}"' in encode(samples).decode()


def replayed() -> str:
    """A replay in which each odd name is the segment of one customer."""
    about = {"topic": "crm.customer.signup.v1"}
    lines = [
        json.dumps({**about, "value": {**_signup(n), "segment": name}}).encode() for n, name in enumerate(ODD)
    ]
    output = io.StringIO()
    definition = Definition(labels="any")
    write_openmetrics(replay(lines, definition=definition, as_of=[T]), definition, output)
    return output.getvalue()


def _signup(number: int) -> dict[str, str]:
    return {"event_id": f"e{number}", "customer_id": f"c{number}", "occurred_at": "2026-04-14T23:30:00Z"}


@pytest.mark.system("promtool")
def test_promtool_keeps_odd_names_of_a_replay_apart(tmp_path: Path) -> None:
    """One series for each name, with one customer in it: none is merged with another."""
    page, blocks = tmp_path / "page", tmp_path / "blocks"
    page.write_bytes(replayed().encode())
    made = subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", str(page), str(blocks)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    (blocks / "wal").mkdir()  # a dump wants one, even an empty one
    match = '--match={__name__="crm_active_customers_by",dimension="segment"}'
    dump = subprocess.run(
        ["promtool", "tsdb", "dump", match, str(blocks)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    told = sorted(line.partition("} ")[2].split(" ")[0] for line in dump)
    assert told == ["1"] * len(ODD), dump
    assert len({line.rpartition("} ")[0] for line in dump}) == len(ODD)
