"""Which foreign topics there are, and whether ours are there: asked before the group is joined, and again.

Names stand in the mapping; one with ``*`` means all topics that are there and fit, but never Kafka's own
(``__…``) nor ours. A topic that comes later, or gets more partitions, ends the process, which a supervisor
starts anew with it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.engine.exits import EngineError, ExitCode
from streams.engine.kafka.client import Client
from streams.engine.kafka.failures import explain
from streams.engine.kafka.metadata import Described
from streams.engine.topics import configs
from streams.engine.topics.admin import present
from streams.engine.topics.topics import check_counts
from streams.engine.verdict import made_anew
from streams.foreign.names import Names
from streams.log_limit import quiet_client
from streams.settings import Settings

log = logging.getLogger(__name__)

LOOK_S: Final = 5.0
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 15.0
_ARRIVAL: Final = "LogAppendTime"


class Topics(NamedTuple):
    """What was found."""

    foreign: Mapping[str, Described]
    keeps: Mapping[str, int]
    """Source topic -> retention in ms, where it deletes by the records' own time."""


class ForeignTopics:
    """Finds the topics of a mapping, and looks after them.

    Args:
        names: of the mapping.
        settings: name ours.
        client: to reach Kafka with.
    """

    def __init__(self, names: Names, settings: Settings, client: Client) -> None:
        self._names, self._settings, self._client = names, settings, client
        self._found: dict[str, Described] = {}

    async def wait(self, tell: Callable[[str | None], None]) -> Topics:
        """The topics, when Kafka answers and all that are named are there; a line for each cause, no more.

        Args:
            tell: takes the reason why the process is not ready, then None.

        Raises:
            EngineError: what waiting cannot cure.
        """
        pause, told = _FIRST_PAUSE_S, set[str]()
        while True:
            try:
                with quiet_client():
                    found, reason = await self._look()
            except (KafkaError, OSError) as error:
                reason = (await explain(self._client.options, error, "looking at topics")).text
            if not reason:
                break
            tell(reason)
            if reason not in told:
                log.warning("%s; trying on with back-off", reason)
                told.add(reason)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)
        tell(None)
        self._found = dict(found.foreign)
        return found

    async def run(self) -> None:
        """Look for ever.

        Raises:
            EngineError: the topics are no longer what they were.
        """
        gone = set[str]()
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                with quiet_client():
                    there = await self._foreign()
            except (KafkaError, OSError) as error:
                log.debug("topics cannot be looked at: %s", type(error).__name__)
                continue
            gone = self._compare(there, gone)

    def _compare(self, there: Mapping[str, Described], gone: set[str]) -> set[str]:
        """Those that are gone now; one has to be so twice."""
        for name, topic in there.items():
            before = self._found.get(name)
            if before is None or topic.partitions > before.partitions:
                what = "is there now" if before is None else f"has {topic.partitions} partitions now"
                raise EngineError(ExitCode.TOPICS_ADDED, f"{name} {what}: to be read from the next start on")
            if topic.id != before.id:
                raise made_anew(name, "events were made of")
        missing = self._found.keys() - there.keys()
        for name in sorted(missing & gone):
            raise EngineError(
                ExitCode.OFFSETS_LOST, f"{name} was deleted: what was not read of it before is lost"
            )
        return missing

    async def _look(self) -> tuple[Topics, str]:
        settings = self._settings
        admin = self._client.admin()
        try:
            await admin.start()
            missing = await self._lacking(admin)
            if missing:
                return Topics({}, {}), f"missing topics: {', '.join(missing)}; kpi topics create makes them"
            foreign = await self._listed(admin)
            keeps = _keeps(await configs.read(admin, settings.source_topics))
        finally:
            await admin.close()
        absent = [name for name in self._names.exact if name not in foreign]
        if absent:
            return Topics(
                {}, {}
            ), f"missing foreign topics: {', '.join(absent)}; they are never made by this service"
        if not foreign and self._names.in_kafka:
            return Topics({}, {}), "no topic fits any name of the mapping"
        return Topics(foreign, keeps), ""

    async def _foreign(self) -> dict[str, Described]:
        """The foreign topics; ours are held against the settings, too."""
        admin = self._client.admin()
        try:
            await admin.start()
            await self._lacking(admin)
            return await self._listed(admin)
        finally:
            await admin.close()

    async def _lacking(self, admin: AIOKafkaAdminClient) -> list[str]:
        """Those of ours that are not there; the others must have the partitions that the settings say."""
        settings = self._settings
        written = [*settings.source_topics, settings.topic_dead_letter]
        ours = await present(admin, written)
        counts = {name: topic.partitions for name, topic in ours.items()}
        if counts.get(settings.topic_dead_letter, 0) >= settings.partitions:
            del counts[settings.topic_dead_letter]
        check_counts(counts, settings.source_topics, settings.partitions)
        return [name for name in written if name not in ours]

    async def _listed(self, admin: AIOKafkaAdminClient) -> dict[str, Described]:
        names = set(self._names.exact)
        if self._names.patterns:
            names |= {name for name in await admin.list_topics() if self._names.fits(name)}
        return await present(admin, sorted(names))


def _keeps(read: Mapping[str, Mapping[str, str]]) -> dict[str, int]:
    keeps = {}
    for name, config in read.items():
        deletes = "delete" in config.get("cleanup.policy", "delete")
        retention = int(config.get("retention.ms", "-1"))
        if deletes and retention >= 0 and config.get("message.timestamp.type") != _ARRIVAL:
            keeps[name] = retention
    return keeps
