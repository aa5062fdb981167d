"""The record that a letter keeps, as it can go elsewhere: into a file, or to its source topic once more."""

from typing import Final

from streams.core.events import Kind
from streams.deadletters.letter import Letter, Origin
from streams.deadletters.wanted import Wanted
from streams.replay.lines import Line

SHORTENED: Final = "not whole: it was too large for a dead letter"


def original(letter: Letter, wanted: Wanted) -> tuple[Origin, Kind] | str:
    """Where a whole record came from, or in a few words why it cannot go anywhere."""
    origin, kind = letter.origin, wanted.kind(letter)
    if origin is None:
        return "written by somebody else: without our headers"
    if kind is None:
        return "of a topic that this deployment does not read"
    if origin.shortened:
        return SHORTENED
    return origin, kind


def line(letter: Letter, origin: Origin) -> Line:
    """The record as a line of a replay file; its headers do not go along."""
    return Line(origin.topic, letter.key, letter.value, origin.timestamp)
