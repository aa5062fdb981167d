"""Records to outcomes: what ``kpi map``, ``send``, ``replay`` and a stage of its own all do.

Rules: the first source that reads the topic and whose conditions hold takes the record; it gives all its
events or none. Every event was judged by the decoder of canonical events before it goes out, so that what
is wrong is told with the path of the foreign record. Never raises for a record, whatever its bytes.
"""

from collections.abc import Mapping as Table
from types import MappingProxyType
from typing import Final

from streams.core.decoding.decoder import Decoder
from streams.core.definition.definition import Definition
from streams.mapping.formats import FormatMaker
from streams.mapping.outcomes import Foreign, Ignored, IgnoredError, Outcome, Refused, RefusedError
from streams.mapping.passing import Passing
from streams.mapping.plan import Plan
from streams.mapping.specs import Mapping

_MAX_TOPICS: Final = 10_000


class Mapper:
    """Does what a mapping says, under a definition: whose times are too old, and what costs are in.

    Args:
        mapping: what to do.
        definition: of the events.
        formats: by name, those that this room does not know.
    """

    def __init__(
        self,
        mapping: Mapping,
        definition: Definition,
        formats: Table[str, FormatMaker] = MappingProxyType({}),
    ) -> None:
        self._formats = formats
        self._mapping = mapping
        self._base = definition.base_currency
        self._decoder = Decoder(definition)
        self._of_topic: dict[str, list[Plan | Passing]] = {}

    def one(self, record: Foreign) -> Outcome:
        """What becomes of one record."""
        plans = self._of_topic.get(record.topic)
        if plans is None:
            plans = self._plans(record.topic)
        ignored: Ignored | None = None
        for plan in plans:
            try:
                outcome = plan.outcome(record)
            except RefusedError as error:
                return Refused(error.reason, "", "", error.expected)
            except IgnoredError as error:
                outcome = Ignored("where", str(error))
            if not isinstance(outcome, Ignored):
                return outcome
            if ignored is None or (ignored.why == "unmapped" and outcome.why == "where"):
                ignored = outcome
        return ignored or Ignored("unmapped", "no source reads this topic")

    def _plans(self, topic: str) -> list[Plan | Passing]:
        if len(self._of_topic) >= _MAX_TOPICS:
            self._of_topic.clear()
        plans = [
            Passing(source, number, self._decoder)
            if source.format == "event"
            else Plan(source, number, topic, self._base, self._decoder, self._formats)
            for number, source in enumerate(self._mapping.sources)
            if source.reads(topic)
        ]
        self._of_topic[topic] = plans
        return plans
