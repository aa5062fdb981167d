"""The definition under which the golden cases are judged."""

from typing import Final

from streams.core.definition.definition import SILENCE_KINDS, Definition

DEFINITION: Final = Definition(silence=tuple((kind, None) for kind in SILENCE_KINDS))
"""The documented default, in which no source is expected to go on: in a history of a few events every one
falls silent, and the cases are about other rules. Silence has a case of its own among the events."""
