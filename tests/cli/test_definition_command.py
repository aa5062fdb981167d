"""``kpi definition diff`` and ``guide``: what a change chooses, and what every KPI means."""

from pathlib import Path

import pytest

from streams.cli.exits import Exit
from streams.core.definition.definition import Definition
from tests.cli.conftest import Kpi

GUIDE = Path(__file__).parents[2] / "docs" / "kpis.md"


def written(path: Path, text: str) -> str:
    """A definition file."""
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_guide_in_the_docs_is_that_of_the_default(kpi: Kpi) -> None:
    """Where this fails: kpi definition guide > docs/kpis.md."""
    assert GUIDE.read_text(encoding="utf-8") == kpi("definition", "guide").out


def test_another_definition_has_a_guide_of_its_own(kpi: Kpi, tmp_path: Path) -> None:
    """Its windows, its headline, its min_n."""
    mine = written(
        tmp_path / "mine.toml", 'formula = "simple"\nwindows = ["30d"]\n[min_n_by_kpi]\nchurn_ratio = 50\n'
    )
    told = kpi("definition", "guide", mine).out
    assert "- Formula: `C / B`\n- Windows: 30d\n- `low_n` below 50\n" in told
    assert "- Windows: none under this definition\n" in told


def test_a_difference_is_a_line_and_exit_code_1(kpi: Kpi, tmp_path: Path) -> None:
    """Key, the old value, the new one, as files write them; both hashes."""
    new = written(tmp_path / "new.toml", 'inactivity_churn = "90d"\nimplicit_signup = false\n')
    ran = kpi("definition", "diff", new)
    assert ran.code == Exit.FAILED
    assert ran.out.splitlines()[2:] == [
        "implicit_signup: true -> false (needs a recount)",
        "inactivity_churn: off -> 90d (needs a recount)",
    ]
    assert f"old: the default: version 1, hash {Definition().hash}\n" in ran.out
    old = written(tmp_path / "old.toml", 'inactivity_churn = "60d"\n')
    assert "inactivity_churn: 60d -> 90d (needs a recount)\n" in kpi("definition", "diff", old, new).out


def test_the_same_choices_are_no_difference(kpi: Kpi, tmp_path: Path) -> None:
    """However they are written."""
    new = written(tmp_path / "new.toml", 'formula = "standard"\n')
    ran = kpi("definition", "diff", new)
    assert (ran.code, ran.out.splitlines()[-1]) == (Exit.OK, "they choose the same")


def test_another_tenant_means_the_same_numbers(kpi: Kpi, tmp_path: Path) -> None:
    """It is a name only: the hash stays."""
    ran = kpi("definition", "diff", written(tmp_path / "new.toml", 'tenant = "acme"\n'))
    assert ran.out.splitlines()[2:] == ["tenant: default -> acme", "the numbers mean the same"]


def test_what_needs_no_recount_is_told(kpi: Kpi, tmp_path: Path) -> None:
    """A formula applies at the next start."""
    ran = kpi("definition", "diff", written(tmp_path / "new.toml", 'formula = "simple"\n'))
    assert ran.out.splitlines()[2:] == [
        "formula: standard -> simple",
        "nothing needs a recount: start workers and publishers with the new file",
    ]


def test_a_listed_value_needs_a_recount_where_it_was_other_before(kpi: Kpi, tmp_path: Path) -> None:
    """One that has the form of a name was always told apart."""
    short = written(tmp_path / "short.toml", '[allow]\nreason = ["price"]\n')
    long = written(tmp_path / "long.toml", '[allow]\nreason = ["lack of features"]\n')
    assert "allow: none -> reason = price\n" in kpi("definition", "diff", short).out
    assert "reason = lack of features (needs a recount)\n" in kpi("definition", "diff", short, long).out


@pytest.mark.parametrize("files", [("a", "b", "c"), ("missing.toml",)])
def test_what_cannot_be_compared_is_one_line(kpi: Kpi, files: tuple[str, ...]) -> None:
    """Too many files, or one that is not there."""
    ran = kpi("definition", "diff", *files)
    assert (ran.code, ran.err.count("\n")) == (Exit.USAGE, 1)
