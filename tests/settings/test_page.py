"""docs/settings.md is what the declarations say, and they say enough."""

from dataclasses import fields

import pytest

from deploy.settings.page import PAGE, page, sections
from streams.settings import Settings

DECLARED = [item for item in fields(Settings) if item.name != "unknown"]


def test_the_page_is_up_to_date() -> None:
    """`python -m deploy.settings` writes it."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_setting_stands_in_one_section() -> None:
    """None is missing, none comes twice."""
    told = [item.name for _, items in sections() for item in items]
    assert sorted(told) == sorted(item.name for item in DECLARED)


@pytest.mark.parametrize("item", DECLARED, ids=lambda item: item.name)
def test_a_setting_says_what_it_is_for(item: object) -> None:
    """A sentence, and who reads it."""
    metadata = item.metadata  # type: ignore[attr-defined]
    assert metadata["says"].endswith(".")
    assert metadata["readers"]
