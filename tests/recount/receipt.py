"""Receipt classes: malformed, duplicate, erased, sealed or counted, in arrival order (contract 2, 6, 7).

No clock comes in here: the class of a record never depends on the time of evaluation.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from streams.core.definition.definition import Definition
from tests.recount.decoding import Record, decode
from tests.recount.event import TOPICS, Event
from tests.recount.fields import Bad


@dataclass(frozen=True)
class Receipt:
    """What became of one record: ``outcome`` is counted, ignored or malformed."""

    outcome: str
    reason: str = ""
    event: Event | None = None


@dataclass
class _Seen:
    """One customer so far: the counted events that still have an id, and the greatest erase received."""

    kept: list[Event] = field(default_factory=list)
    erased_ms: int | None = None

    def class_of(self, event: Event, since: dict[str, int]) -> Receipt:
        """The class of an arriving event, which counts as seen from now on if it is counted.

        ``since``: for purchases and surveys, before which date they are overdue.
        """
        if any(self.is_known(one, since) for one in self.kept if one.identity == event.identity):
            return Receipt("ignored", "duplicate", event)
        if self.erased_ms is not None and event.at_ms <= self.erased_ms:
            return Receipt("ignored", "erased", event)
        if event.kind in since and event.at_ms < min(since[event.kind], self.horizon(event.kind, since)):
            return Receipt("ignored", "sealed", event)
        self.kept.append(event)
        if event.kind == "erase":
            self.erased_ms = event.at_ms
            self.kept = [one for one in self.kept if one.at_ms > event.at_ms]
        return Receipt("counted", "", event)

    def is_known(self, one: Event, since: dict[str, int]) -> bool:
        """Whether the id of a counted event is still told from new ones."""
        return (
            one.kind not in since
            or one.at_ms >= since[one.kind]
            or one.at_ms == self.horizon(one.kind, since)
        )

    def horizon(self, kind: str, since: dict[str, int]) -> int:
        """The date of the newest counted one that is overdue."""
        return max((e.at_ms for e in self.kept if e.kind == kind and e.at_ms < since[kind]), default=-1)


def classify(
    records: Iterable[Record], definition: Definition | None = None, *, wall_ms: int | None = None
) -> list[Receipt]:
    """One receipt a record, in arrival order; all records are of one partition."""
    rules = definition or Definition()
    customers: dict[str, _Seen] = {}
    arrived = dict.fromkeys(TOPICS.values(), -1)
    receipts = []
    for record in records:
        kind = TOPICS[record["topic"]]
        timestamp = record.get("timestamp")
        if timestamp is not None:
            arrived[kind] = max(arrived[kind], timestamp)
        since = {late: arrived[late] - rules.in_time_ms for late in ("purchase", "survey")}
        try:
            event = decode(record, rules, wall_ms)
        except Bad as why:
            receipts.append(Receipt("malformed", str(why)))
            continue
        if event.kind == "void":
            event = replace(event, reaches_ms=max(0, arrived["void"] - rules.in_time_ms))
        receipts.append(customers.setdefault(event.customer_id, _Seen()).class_of(event, since))
    return receipts


def counted(receipts: Iterable[Receipt], t_ms: int) -> list[Event]:
    """The counted events dated up to t, in arrival order."""
    return [r.event for r in receipts if r.outcome == "counted" and r.event and r.event.at_ms <= t_ms]
