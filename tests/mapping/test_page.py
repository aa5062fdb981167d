"""docs/own-events.md is executed: each mapping, its records, and what ``kpi map try`` says of them."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from streams.mapping.fields import ENVELOPE, OWN
from tests.cli.conftest import Kpi, kpi  # noqa: F401 - a fixture

PAGE = Path(__file__).parents[2] / "docs" / "own-events.md"
_EXAMPLE = re.compile(
    r"^## (?P<title>[^\n]+)\n(?:(?!^## ).)*?```toml\n(?P<toml>.*?)```\n```(?:json|csv)\n(?P<records>.*?)```\n"
    r"```text\n(?P<told>.*?)```",
    re.DOTALL | re.MULTILINE,
)


class Example(NamedTuple):
    """One of the page."""

    title: str
    toml: str
    records: str
    told: str


EXAMPLES = [Example(**found.groupdict()) for found in _EXAMPLE.finditer(PAGE.read_text(encoding="utf-8"))]


def whole(toml: str) -> str:
    """A mapping; where it shows some keys only, the first one with these."""
    if "[[source]]" in toml:
        return toml
    changed = {line.partition(" = ")[0]: line for line in toml.splitlines()}
    kept = [line for line in EXAMPLES[0].toml.splitlines() if line.partition(" = ")[0] not in changed]
    return "\n".join([*kept, *changed.values(), ""])


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_an_example_says_what_happens(example: Example, kpi: Kpi, tmp_path: Path) -> None:  # noqa: F811
    """Line by line; the counts come behind."""
    mapping, records = tmp_path / "mapping.toml", tmp_path / "records"
    mapping.write_text(whole(example.toml), encoding="utf-8")
    records.write_text(example.records, encoding="utf-8")
    ran = kpi("map", "try", str(mapping), str(records))
    assert "".join(ran.out.splitlines(keepends=True)[:-1]) == example.told, ran.err


def test_every_section_with_a_mapping_is_executed() -> None:
    """None is passed over for its form, and every field of every kind stands in one."""
    text = PAGE.read_text(encoding="utf-8")
    assert len(EXAMPLES) == text.count("```toml\n") == text.count("```text\n")
    shown = "".join(example.toml for example in EXAMPLES)
    for fields in (ENVELOPE, *OWN.values()):
        for name in fields.keys() - {"comment", "scale_max", "voids_source"}:
            assert re.search(rf"^{name} = ", shown, re.MULTILINE), name
