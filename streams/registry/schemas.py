"""Schemas by id, as the registry told them: fetched once, kept, waited for where it does not answer.

Rules: what a schema is never changes, so it is kept for good; that there is none is asked again after
``UNKNOWN_S``, since a producer may have been faster than a registry's replica. A registry that does not
answer is asked for as long as it takes, and nothing is taken for malformed meanwhile.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any, Final, NamedTuple

from streams.mapping.outcomes import RefusedError
from streams.mapping.specs import Source
from streams.registry import avro, protobuf
from streams.registry.client import RegistryClient, Schema, TroubleError, UnknownSchemaError
from streams.registry.wire import id_of

log = logging.getLogger(__name__)

FORMATS: Final = {"avro": "AVRO", "json-schema": "JSON", "protobuf": "PROTOBUF"}
"""Format of a mapping -> what the registry calls it."""
UNKNOWN_S: Final = 60.0
_AGAIN: Final = 3
"""How often an unknown schema is asked for before it is taken for none."""
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 15.0
_MOST: Final = 10_000

Decode = Callable[[bytes], Any]


class Loaded(NamedTuple):
    """What is known of an id."""

    kind: str
    """AVRO, JSON or PROTOBUF; empty: there is no such schema, or it cannot be used."""
    decode: Decode | None
    """None for JSON, which needs none."""
    until: float
    """On the monotonic clock; then it is asked again."""


class Schemas:
    """What a registry told.

    Args:
        client: asks it.
        sources: of the mapping; the records of some need schemas.
    """

    def __init__(self, client: RegistryClient, sources: Iterable[Source]) -> None:
        self.trouble: str | None = None
        """Why a schema that is needed is not there, for the readiness probe; None when none is lacking."""
        self._client = client
        self._sources = [source for source in sources if source.format in FORMATS]
        self._framed: dict[str, bool] = {}
        self._known: dict[int, Loaded] = {}
        self._lock = asyncio.Lock()

    def missing(self, topic: str, value: bytes | None) -> int | None:
        """The id of a schema that has to be loaded before a record can be read; None if none has."""
        framed = self._framed.get(topic)
        if framed is None:
            framed = self._framed[topic] = any(source.reads(topic) for source in self._sources)
        if not framed:
            return None
        schema_id = id_of(value)
        if schema_id is None:
            return None
        known = self._known.get(schema_id)
        return None if known is not None and known.until > monotonic() else schema_id

    def known(self, topic: str, values: Iterable[bytes | None]) -> tuple[int, int | None]:
        """How many values from the first on can be read, and the id that is missing for the next one."""
        count = 0
        for value in values:
            missing = self.missing(topic, value)
            if missing is not None:
                return count, missing
            count += 1
        return count, None

    def decoder(self, schema_id: int, kind: str) -> Decode | None:
        """What decodes records of a schema; None for JSON.

        Raises:
            RefusedError: there is no such schema, or it is of another kind.
        """
        known = self._known.get(schema_id)
        if known is None or not known.kind:
            raise RefusedError("unknown_schema", "the id of a schema that the registry has")
        if known.kind != kind:
            raise RefusedError("bad_envelope", f"a record of a schema of the kind {kind}")
        return known.decode

    def keep(self, schema_id: int, loaded: Loaded) -> None:
        """Take note of what an id is."""
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[schema_id] = loaded

    async def load(self, schema_id: int) -> None:
        """Return when it is known what an id is; a registry that does not answer is waited for."""
        async with self._lock:
            known = self._known.get(schema_id)
            if known is not None and known.until > monotonic():
                return
            self.keep(schema_id, await self._loaded(schema_id))
            self.trouble = None

    async def close(self) -> None:
        """Give connections back."""
        await self._client.close()

    async def _loaded(self, schema_id: int) -> Loaded:
        pause, asked, told = _FIRST_PAUSE_S, 0, set[str]()
        while True:
            try:
                schema = await self._client.schema(schema_id)
                break
            except UnknownSchemaError:
                asked += 1
                if asked >= _AGAIN:
                    log.warning("the schema registry has no schema %d; its records are malformed", schema_id)
                    return Loaded("", None, monotonic() + UNKNOWN_S)
            except TroubleError as error:
                self.trouble = str(error)
                if self.trouble not in told:
                    log.warning("%s; trying on with back-off", self.trouble)
                    told.add(self.trouble)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)
        if told:
            log.info("the schema registry is there")
        return made(schema_id, schema)


def made(schema_id: int, schema: Schema) -> Loaded:
    """A schema ready for use; one that cannot be used is like none."""
    makers: dict[str, Callable[[Schema], Decode]] = {"AVRO": avro.decoder, "PROTOBUF": protobuf.decoder}
    try:
        maker = makers.get(schema.kind)
        decode = None if maker is None else maker(schema)
    except ModuleNotFoundError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a library makes of a schema that is none
        log.warning(
            "schema %d cannot be used (%s); its records are malformed", schema_id, type(error).__name__
        )
        return Loaded("", None, monotonic() + UNKNOWN_S)
    return Loaded(schema.kind, decode, float("inf"))
