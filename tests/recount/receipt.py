"""Receipt classes: malformed, duplicate, erased or counted, in arrival order (contract sections 2, 6, 7).

No clock comes in here: the class of a record never depends on the time of evaluation.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from streams.core.definition.definition import Definition
from tests.recount.decoding import Record, decode
from tests.recount.event import Event
from tests.recount.fields import Bad


@dataclass(frozen=True)
class Receipt:
    """What became of one record: ``outcome`` is counted, ignored or malformed."""

    outcome: str
    reason: str = ""
    event: Event | None = None


@dataclass
class _Seen:
    """One customer so far: the events that still have an id, and the greatest erase received."""

    kept: dict[tuple[str, str], Event] = field(default_factory=dict)
    erased_ms: int | None = None

    def class_of(self, event: Event) -> Receipt:
        """The class of an arriving event, which counts as seen from now on if it is counted."""
        if event.identity in self.kept:
            return Receipt("ignored", "duplicate", event)
        if self.erased_ms is not None and event.at_ms <= self.erased_ms:
            return Receipt("ignored", "erased", event)
        self.kept[event.identity] = event
        if event.kind == "erase":
            self.erased_ms = event.at_ms
            self.kept = {key: kept for key, kept in self.kept.items() if kept.at_ms > event.at_ms}
        return Receipt("counted", "", event)


def classify(
    records: Iterable[Record], definition: Definition | None = None, *, wall_ms: int | None = None
) -> list[Receipt]:
    """One receipt a record, in arrival order."""
    rules = definition or Definition()
    customers: dict[str, _Seen] = {}
    receipts = []
    for record in records:
        try:
            event = decode(record, rules, wall_ms)
        except Bad as why:
            receipts.append(Receipt("malformed", str(why)))
            continue
        receipts.append(customers.setdefault(event.customer_id, _Seen()).class_of(event))
    return receipts


def counted(receipts: Iterable[Receipt], t_ms: int) -> list[Event]:
    """The counted events dated up to t, in arrival order."""
    return [r.event for r in receipts if r.outcome == "counted" and r.event and r.event.at_ms <= t_ms]
