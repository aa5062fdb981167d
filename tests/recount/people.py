"""Counted events -> persons: a customer is one person, and after an erase another one (contract section 7).

A void reaches only events of the same person, and only events that stand: a void of a void, or of an
erase, never finds anything.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from tests.recount.event import Event


@dataclass(frozen=True)
class Person:
    """One person; ``events`` are those that stand (voided ones are gone), oldest first."""

    customer_id: str
    events: tuple[Event, ...]
    void_pending: int = 0
    ended_ms: int | None = None

    def of_kind(self, kind: str) -> list[Event]:
        """The standing events of a kind, oldest first; ties by id, then source."""
        return [e for e in self.events if e.kind == kind]


def persons(events: Iterable[Event]) -> list[Person]:
    """Split counted events (dated up to the time of evaluation) into persons."""
    by_customer: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_customer[event.customer_id].append(event)
    found = []
    for customer_id, own in by_customer.items():
        ends: list[int | None] = [*sorted(e.at_ms for e in own if e.kind == "erase"), None]
        rest = [e for e in own if e.kind != "erase"]
        for end in ends:
            mine = [e for e in rest if end is None or e.at_ms <= end]
            rest = [e for e in rest if end is not None and e.at_ms > end]
            if mine:
                found.append(_person(customer_id, mine, end))
    return found


def reaches(void: Event, event: Event) -> bool:
    """Whether a void withdraws an event: a purchase or survey only if it is not dated too long ago."""
    aimed = (void.target_source, void.target_id) == event.identity
    return aimed and (event.kind not in ("purchase", "survey") or event.at_ms >= void.reaches_ms)


def _person(customer_id: str, events: list[Event], ended_ms: int | None) -> Person:
    voids = [e for e in events if e.kind == "void"]
    facts = [e for e in events if e.kind != "void"]
    pending = sum(not any(reaches(v, e) for e in facts) for v in voids)
    standing = sorted((e for e in facts if not any(reaches(v, e) for v in voids)), key=lambda e: e.order)
    return Person(customer_id, tuple(standing), pending, ended_ms)
