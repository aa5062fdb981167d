"""Letters of ``kpi ingest``: records of foreign topics, as the mapping judges them by now.

What the mapping makes events of goes back where it came from, so that ``kpi ingest`` reads it as it read it
first. Records that need a schema are judged by the registry's.
"""

import asyncio
from collections.abc import Mapping as Table
from typing import Final

from streams.core.definition.definition import Definition
from streams.deadletters.letter import Letter, Origin
from streams.mapping import Foreign, Ignored, Mapper, Mapping, Refused
from streams.mapping.formats import FormatMaker
from streams.mapping.specs import WITH_SCHEMAS
from streams.registry.client import client_of
from streams.registry.formats import formats
from streams.registry.schemas import Schemas
from streams.settings import Settings

_PATIENCE_S: Final = 15.0


class RegistryAwayError(Exception):
    """The schema registry does not answer; the message says why."""


class ForeignLetters:
    """What a mapping says of letters.

    Args:
        mapping: of ``kpi ingest``.
        definition: by which events are judged.
        settings: name the topics that are ours, those that come over HTTP, and the registry.

    Raises:
        SettingsError: the mapping needs a registry, and there is none.
    """

    def __init__(self, mapping: Mapping, definition: Definition, settings: Settings) -> None:
        self._mapping = mapping
        over_http = {name.strip() for name in settings.ingest_http.split(",")}
        own = (settings.topic_changelog, settings.topic_totals, settings.topic_dead_letter)
        self._not_read = {*settings.source_topics, *own, *over_http}
        needed = {source.format for source in mapping.sources} & WITH_SCHEMAS
        self._schemas = Schemas(client_of(settings), mapping.sources) if needed else None
        further: Table[str, FormatMaker] = {} if self._schemas is None else formats(self._schemas)
        self._mapper = Mapper(mapping, definition, further)

    def reads(self, topic: str) -> bool:
        """Whether ``kpi ingest`` reads a topic by this mapping."""
        return topic not in self._not_read and any(source.reads(topic) for source in self._mapping.sources)

    async def why_not(self, letter: Letter, origin: Origin, arrival_ms: int) -> str:
        """Why a record would give no event; empty: it gives some.

        Raises:
            RegistryAwayError: nobody can say, since its schema is not known.
        """
        headers = tuple((name, value) for name, value in origin.headers if value is not None)
        await self._prepare(origin.topic, letter.value)
        outcome = self._mapper.one(Foreign(origin.topic, letter.key, letter.value, arrival_ms, headers))
        if isinstance(outcome, Refused):
            return f"still malformed: {outcome.described()}"
        return f"the mapping ignores it by now: {outcome.reason}" if isinstance(outcome, Ignored) else ""

    async def _prepare(self, topic: str, value: bytes | None) -> None:
        schemas = self._schemas
        if schemas is None or (missing := schemas.missing(topic, value)) is None:
            return
        try:
            await asyncio.wait_for(schemas.load(missing), _PATIENCE_S)
        except TimeoutError:
            raise RegistryAwayError(schemas.trouble or "the schema registry does not answer") from None

    async def close(self) -> None:
        """Give the registry's connections back."""
        if self._schemas is not None:
            await self._schemas.close()
