"""Records to outcomes: what ``kpi map``, ``send``, ``replay`` and a stage of its own all do.

Rules: the first source that reads the topic and whose conditions hold takes the record; it gives all its
events or none. Every event was judged by the decoder of canonical events before it goes out, so that what
is wrong is told with the path of the foreign record. Never raises for a record, whatever its bytes.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Table
from types import MappingProxyType
from typing import Final

from streams.core.decoding.decoder import Decoder
from streams.core.definition.definition import Definition
from streams.mapping.formats import FormatMaker
from streams.mapping.outcomes import Foreign, Ignored, Outcome
from streams.mapping.passing import Passing
from streams.mapping.plan import Plan
from streams.mapping.specs import Mapping

_MAX_TOPICS: Final = 10_000
_UNMAPPED: Final = Ignored("unmapped", "no source reads this topic")


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
        return self._of((record,), self._plans(record.topic))[0]

    def many(self, records: Sequence[Foreign]) -> Iterator[Outcome]:
        """What becomes of records of one topic, in their order: each as by itself, for less.

        Where records may give several events each, one is mapped when its outcome is asked for, so that there
        are the events of one at a time.
        """
        if not records:
            return
        plans = self._plans(records[0].topic)
        if any(plan.several for plan in plans):
            for record in records:
                yield from self._of((record,), plans)
        else:
            yield from self._of(records, plans)

    def _of(self, records: Sequence[Foreign], plans: Sequence[Plan | Passing]) -> list[Outcome]:
        """The first that does not leave a record alone takes it."""
        if not plans:
            return [_UNMAPPED] * len(records)
        found = plans[0].outcomes(records)
        for plan in plans[1:]:
            left = [(at, outcome) for at, outcome in enumerate(found) if isinstance(outcome, Ignored)]
            if not left:
                break
            for (at, before), outcome in zip(
                left, plan.outcomes([records[at] for at, _ in left]), strict=True
            ):
                if not isinstance(outcome, Ignored) or (before.why == "unmapped" and outcome.why == "where"):
                    found[at] = outcome
        return found

    def _plans(self, topic: str) -> list[Plan | Passing]:
        known = self._of_topic.get(topic)
        if known is not None:
            return known
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
