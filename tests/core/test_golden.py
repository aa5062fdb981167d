"""The golden cases, through replay: what each file names must come out, at each of its instants."""

import json
from pathlib import Path

import pytest

from streams.replay.recount import replay
from tests.agreement import disagreements
from tests.golden.definition import DEFINITION

CASES = sorted((Path(__file__).parents[1] / "golden").glob("*.json"))


def test_there_are_golden_cases() -> None:
    """As many as their README says."""
    assert len(CASES) == 27


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_replay_says_what_the_golden_case_says(path: Path) -> None:
    """Integers exactly, floats to 1e-9."""
    case = json.loads(path.read_text())
    records = [json.dumps(record).encode() for record in case["records"]]
    found = {
        str(snapshot.t_ms): json.loads(snapshot.json())
        for snapshot in replay(records, definition=DEFINITION, as_of=[int(t) for t in case["as_of"]])
    }
    assert disagreements(found, case["as_of"], whole=False) == []
