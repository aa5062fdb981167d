"""The snapshot of recounted totals, against the worked cases and against the recount's own document."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from streams.core.definition.definition import Definition
from streams.core.kpi.catalogue.registry import CATALOGUE
from streams.core.kpi.snapshot import build
from streams.core.totals import FLOWS, GAUGES, Totals, Vector
from tests.golden.definition import DEFINITION
from tests.recount import counts, recount

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*.json"))
SWEPT = {kpi.name for kpi in CATALOGUE.values() if kpi.swept}
Json = Any


def totals_at(records: list[Json], t_ms: int) -> Totals:
    """Totals made of the counts of the recount."""
    groups = {
        group: [
            *(row["now"].get(name, 0) for name in GAUGES),
            *(row[w.name].get(name, 0) for w in DEFINITION.windows for name in FLOWS),
        ]
        for group, row in counts(records, t_ms).items()
    }
    vectors: dict[tuple[str, str], Vector] = groups
    newest = recount(records, t_ms)["newest_event"]
    return Totals(t_ms, vectors, newest=newest)


def differences(expected: Json, found: Json, at: str = "") -> list[str]:
    """Where an expected part is missing or differs; floats by more than 1e-8 of themselves or 1e-12."""
    if isinstance(expected, dict):
        parts = (
            differences(part, found.get(key, "missing"), f"{at}/{key}") for key, part in expected.items()
        )
        return [line for lines in parts for line in lines]
    if isinstance(expected, float) and isinstance(found, float):
        same = math.isclose(expected, found, rel_tol=1e-8, abs_tol=1e-12)
    else:
        same = type(expected) is type(found) and expected == found
    return [] if same else [f"{at}: {found}, not {expected}"]


def document_at(records: list[Json], t_ms: int, definition: Definition) -> Json:
    """The document of recounted totals."""
    snapshot = build(totals_at(records, t_ms), definition, computed_at_ms=t_ms, partitions={})
    return json.loads(snapshot.json())


def without_sweeps(part: Json) -> Json:
    """A part of a document without what a sweep would have to find."""
    if not isinstance(part, dict):
        return part
    return {key: without_sweeps(inner) for key, inner in part.items() if key not in SWEPT}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_values_of_a_worked_case_are_those_expected(path: Path) -> None:
    """All windows, now, and dimension values that the case lists."""
    case = json.loads(path.read_text(encoding="utf-8"))
    for t, expected in case["as_of"].items():
        values = without_sweeps({key: part for key, part in expected.items() if key != "accounting"})
        assert differences(values, document_at(case["records"], int(t), DEFINITION)) == []


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_value_of_a_worked_case_is_that_of_the_recount(path: Path) -> None:
    """The same KPIs, values, parts, dimension values and silent sources, none too many: two programs."""
    case = json.loads(path.read_text(encoding="utf-8"))
    for t in case["as_of"]:
        theirs = without_sweeps(recount(case["records"], int(t)))
        ours = document_at(case["records"], int(t), Definition())
        for part in ("windows", "now", "dimensions", "bounds"):
            assert differences(theirs[part], ours[part]) == []
            assert _names(ours[part]) == _names(theirs[part])


def _names(part: Json) -> Json:
    """The names down to those of the KPIs."""
    if not isinstance(part, dict) or "status" in part:
        return None
    return {key: _names(inner) for key, inner in part.items()}


def test_the_worked_cases_are_there() -> None:
    """Else nothing is compared."""
    assert len(GOLDEN) == 27
