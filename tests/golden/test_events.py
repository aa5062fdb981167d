"""The golden event files: every answer worked out by hand is that of a replay, and of the recount."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from streams.core.decoding.timestamps import TimestampReader
from streams.core.definition.definition import Definition
from streams.definitions.toml_file import parse_definition
from streams.replay.recount import replay
from tests.recount import recount

FOLDER = Path(__file__).parent / "events"
CASES = sorted(path.stem for path in FOLDER.glob("*.jsonl"))
RELATIVE = 1e-5
COLUMNS = 6


class Answer(NamedTuple):
    """One row of a table."""

    as_of: str
    where: str
    figure: str
    part: str
    answer: str
    because: str


def told(case: str) -> tuple[Definition, list[Answer]]:
    """The definition and the answers of a case."""
    text = (FOLDER / f"{case}.md").read_text(encoding="utf-8")
    toml = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    definition = parse_definition(toml[1], case) if toml else Definition()
    rows = [line for line in text.splitlines() if re.match(r"\| \d{4}-", line)]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert rows
    assert {len(row) for row in cells} == {COLUMNS}
    return definition, [Answer(*row) for row in cells]


def at(document: Any, answer: Answer) -> Any:  # noqa: ANN401 - JSON
    """What a document says where the answer stands."""
    place, *group = answer.where.split(" ")
    if place == "accounting":
        name, _, reason = answer.figure.partition(".")
        return document["accounting"][name][reason] if reason else document["accounting"][name]
    if place == "driver":
        (driver,) = (d for d in document["drivers"][group[0]] if d["value"] == answer.figure)
        return driver[answer.part]
    if group:
        return document["dimensions"][group[0]][group[1]][place][answer.figure][answer.part]
    return (document["now"] if place == "now" else document["windows"][place])[answer.figure][answer.part]


def is_right(found: Any, answer: str) -> bool:  # noqa: ANN401 - JSON
    """Whether a figure is the one of the table."""
    if isinstance(found, float):
        return found == pytest.approx(float(answer), rel=RELATIVE, abs=1e-12)
    return ("undefined" if found is None else str(found)) == answer


@cache
def lines(case: str) -> tuple[bytes, ...]:
    """The records of a case."""
    return tuple((FOLDER / f"{case}.jsonl").read_bytes().splitlines())


@pytest.mark.parametrize("case", CASES)
def test_a_replay_gives_every_answer(case: str) -> None:
    """With the service's own core, several instants in one pass."""
    definition, answers = told(case)
    instants = sorted({TimestampReader().read(answer.as_of) for answer in answers})
    found = {s.t_ms: s.document() for s in replay(lines(case), definition=definition, as_of=instants)}
    for answer in answers:
        assert is_right(at(found[TimestampReader().read(answer.as_of)], answer), answer.answer), answer


def is_the_services_own(answer: Answer) -> bool:
    """Whether the recount does not know it: drivers, what was left out, names of reasons."""
    return (
        answer.where.startswith("driver")
        or answer.part == "left_out"
        or answer.figure.startswith("malformed.")
    )


@pytest.mark.parametrize("case", CASES)
def test_the_recount_gives_every_answer(case: str) -> None:
    """With the program that shares nothing with the core."""
    definition, answers = told(case)
    records = [json.loads(line) for line in lines(case)]
    for answer in answers:
        if not is_the_services_own(answer):
            document = recount(records, TimestampReader().read(answer.as_of), definition)
            assert is_right(at(document, answer), answer.answer), answer


def test_every_case_has_its_drawing() -> None:
    """A file of events without its story, or a story without events, helps nobody."""
    stories = sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "README")
    assert stories == CASES
    assert len(CASES) == 22
    assert all((FOLDER / f"{case}.md").read_text(encoding="utf-8").count("```") >= 2 for case in CASES)
