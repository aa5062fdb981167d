"""Fields that a mapping names and no record has: a name that is misspelt shows here, not in an error.

Rules: one record of each slice is looked at, so it costs next to nothing; what is in none of ``LEAST`` looks
is told once, and shown until a record has it.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Final

from streams.engine.ownership.stats import Sample
from streams.mapping import Foreign
from streams.mapping.formats import FormatMaker
from streams.mapping.presence import Presence
from streams.mapping.specs import Source

log = logging.getLogger(__name__)

LEAST: Final = 500
_MAX_TOPICS: Final = 10_000


class Lacking:
    """Looks at some records of the sources.

    Args:
        sources: of the mapping.
        formats: those that the mapping does not know itself.
    """

    def __init__(self, sources: Sequence[Source], formats: Mapping[str, FormatMaker]) -> None:
        self._all = [
            (number, source, Presence(source, formats))
            for number, source in enumerate(sources)
            if source.format != "event"
        ]
        self._of_topic: dict[str, list[tuple[int, Presence]]] = {}
        self._told: set[tuple[int, str, str]] = set()

    def note(self, record: Foreign) -> None:
        """Look at a record."""
        asked = self._of_topic.get(record.topic)
        if asked is None:
            if len(self._of_topic) >= _MAX_TOPICS:
                self._of_topic.clear()
            asked = [(n, presence) for n, source, presence in self._all if source.reads(record.topic)]
            self._of_topic[record.topic] = asked
        for number, presence in asked:
            presence.note(record)
            if presence.records == LEAST:
                self._tell(number, presence)

    def samples(self) -> list[Sample]:
        """1 for each field that none of the records has that were looked at."""
        samples: list[Sample] = []
        for number, _, presence in self._all:
            for key, _path in _absent(presence):
                samples.append(("kpi_streams_ingest_field_absent", {"source": str(number), "field": key}, 1))
        return samples

    def _tell(self, number: int, presence: Presence) -> None:
        for key, path in _absent(presence):
            if (number, key, path) not in self._told:
                self._told.add((number, key, path))
                log.warning("source[%d].%s: %s is in none of %d records", number, key, path, LEAST)


def _absent(presence: Presence) -> list[tuple[str, str]]:
    """Keys with a path, and the path, that no record has; none before enough were looked at."""
    if presence.records < LEAST:
        return []
    return list({key: str(path) for (key, path), count in presence.found.items() if not count}.items())
