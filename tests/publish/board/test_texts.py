"""The texts of the page: every language has all of them, and none stands in the markup."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from streams.core.definition.definition import Definition
from streams.core.kpi.catalogue.registry import CATALOGUE
from streams.publish.board import assets

STATIC = Path(assets.__file__).with_name("static")
FIRST, *OTHERS = assets.LANGUAGES
TEXTS = assets.catalogue(FIRST).texts
SCRIPTS = {path.name: path.read_text() for path in sorted((STATIC / "js").glob("*.js"))}
MARKUP = (STATIC / "index.html").read_text()
MADE_OF_DATA = (
    *("withheld.", "partition.", "status.", "why.", "alarm.", "alarms.in_", "account.", "engine."),
    *("theme.", "page.", "step.", "risk.", "class.", "votes.", "trouble."),
)
"""Beginnings of keys that are completed by a status, a kind, a name."""


def parts(text: str) -> set[str]:
    """What is filled in."""
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_every_text_with_the_same_parts(language: str) -> None:
    """No more and no fewer; none is empty."""
    other = assets.catalogue(language).texts
    assert other.keys() == TEXTS.keys()
    assert {key: parts(text) for key, text in other.items()} == {key: parts(t) for key, t in TEXTS.items()}
    assert all(other.values())


@pytest.mark.parametrize("language", OTHERS)
def test_every_kpi_of_the_page_is_called_something_in_every_language(language: str) -> None:
    """And the variants that a definition may choose; a reason why it is undefined where there is one."""
    told = assets.catalogue(language).kpis
    shown = {kpi.name: kpi.board for kpi in CATALOGUE.values() if kpi.board}
    families = {kpi.name for kpi in CATALOGUE.values() if kpi.chosen}
    variants = {kpi.name for kpi in CATALOGUE.values() if kpi.base in families and kpi.name not in families}
    assert told.keys() == shown.keys() | variants
    for kpi, board in shown.items():
        assert told[kpi].keys() == {"name", "says"} | ({"why"} if board.why else set()), kpi
    assert all(told[variant].keys() == {"name", "says"} for variant in variants)


def test_every_text_is_said_and_every_key_that_is_said_is_there() -> None:
    """By the whole key, or by one that is completed by data."""
    source = "\n".join((*SCRIPTS.values(), MARKUP))
    said = set(re.findall(r'(?:say|counted)\("([a-z_.]+)"', source))
    said |= set(re.findall(r'data-say(?:-label)?="([a-z_.]+)"', MARKUP))
    assert said <= TEXTS.keys()
    literal = set(re.findall(r'["`]([a-z_.]+)["`]', source))
    unsaid = {key for key in TEXTS.keys() - said - literal if not key.startswith(MADE_OF_DATA)}
    assert unsaid == {"span.days", "span.hours", "span.minutes", "span.seconds"} - literal


class _Words(HTMLParser):
    """The texts of a page, and those of its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        if data.strip():
            self.found.append(data.strip())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Attributes that people hear or see."""
        said = ("title", "aria-label", "placeholder", "alt")
        self.found += [f"{tag}: {value}" for name, value in attrs if name in said]


def test_the_markup_says_nothing_by_itself() -> None:
    """All of its words come from the catalogues, but for the title before they are there."""
    words = _Words()
    words.feed(MARKUP)
    assert words.found == ["kpi-streams"]


def test_what_is_served_are_the_catalogues() -> None:
    """Each once, for every page."""
    script = assets.load(Definition())["js/texts.js"].body.decode()
    assert "export const TEXTS = " in script
    assert all(f'"{language}":' in script for language in assets.LANGUAGES)
