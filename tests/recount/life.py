"""One person's life: a walk from event to event says when the customer was active (contract section 3)."""

from dataclasses import dataclass, field

from streams.core.definition.definition import Definition
from tests.recount.event import Event
from tests.recount.people import Person

ACTIVATIONS = ("new", "reactivated")


@dataclass(frozen=True)
class Transition:
    """A change at an instant: new, reactivated, churned or erased; cost (minor) of a new customer."""

    at_ms: int
    what: str
    reason: str = "unknown"
    churn_type: str = "unknown"
    cost_minor: int | None = None


@dataclass
class Life:
    """What a person did up to t, in order."""

    person: Person
    transitions: list[Transition] = field(default_factory=list)
    not_active: int = 0
    """Cancellations judged while the customer was not active."""
    cancellation_pending: bool = False

    def active_at(self, ms: int) -> bool:
        """Whether the customer is active after everything dated up to an instant."""
        up_to = [tr for tr in self.transitions if tr.at_ms <= ms]
        return bool(up_to) and up_to[-1].what in ACTIVATIONS

    def active_since(self) -> int | None:
        """When the present activity began; None if not active."""
        last = self.transitions[-1] if self.transitions else None
        return last.at_ms if last and last.what in ACTIVATIONS else None

    def exposure_ms(self, start_ms: int, end_ms: int) -> int:
        """How long the customer was active between two instants."""
        total = 0
        edges = [*self.transitions[1:], Transition(end_ms, "end")] if self.transitions else []
        for begin, end in zip(self.transitions, edges, strict=True):
            if begin.what in ACTIVATIONS:
                total += max(0, min(end.at_ms, end_ms) - max(begin.at_ms, start_ms))
        return total

    def within(self, start_ms: int, end_ms: int) -> list[Transition]:
        """The transitions in ``(start, end]``."""
        return [tr for tr in self.transitions if start_ms < tr.at_ms <= end_ms]


def effect_ms(cancellation: Event, definition: Definition) -> int:
    """When a cancellation takes effect."""
    if definition.recognition == "cancelled_at" or cancellation.effective_ms is None:
        return cancellation.at_ms
    return max(cancellation.at_ms, cancellation.effective_ms)


def life(person: Person, t_ms: int, definition: Definition | None = None) -> Life:
    """Walk through the life of a person up to t; the person's events must be dated up to t."""
    return _Walk(person, t_ms, definition or Definition()).run()


class _Walk:
    def __init__(self, person: Person, t_ms: int, definition: Definition) -> None:
        self.definition = definition
        self.end_ms = t_ms if person.ended_ms is None else person.ended_ms
        self.signups = person.of_kind("signup")
        self.orders = [e for e in person.of_kind("purchase") if e.is_order]
        self.cancellations = [c for c in person.of_kind("cancellation") if not self.is_withdrawn(c)]
        self.life = Life(person)
        self.active = False
        self.ever_active = False
        self.last_activity_ms = 0

    def effect(self, cancellation: Event) -> int:
        return effect_ms(cancellation, self.definition)

    def is_withdrawn(self, c: Event) -> bool:
        """Only a scheduled one can be: before the effect of an immediate one there is no time."""
        return any(c.at_ms < s.at_ms <= self.effect(c) for s in self.signups if not s.trial)

    def run(self) -> Life:
        due = [self.effect(c) for c in self.cancellations]
        instants = {e.at_ms for e in self.signups + self.orders} | {ms for ms in due if ms <= self.end_ms}
        for ms in sorted(instants):
            self.grow_inactive(before_ms=ms)
            self.instant(ms)
        self.grow_inactive(before_ms=self.end_ms + 1)
        ended = self.life.person.ended_ms is not None
        if ended and self.active:
            self.life.transitions.append(Transition(self.end_ms, "erased"))
        self.life.cancellation_pending = not ended and any(ms > self.end_ms for ms in due)
        return self.life

    def grow_inactive(self, before_ms: int) -> None:
        """Churn at the end of the silence, if that lies before an instant; activity in time is in time."""
        silence_ms = self.definition.inactivity_churn_ms
        if silence_ms and self.active and self.last_activity_ms + silence_ms < before_ms:
            at_ms = self.last_activity_ms + silence_ms
            self.active = False
            self.life.transitions.append(Transition(at_ms, "churned", churn_type="inactive"))

    def instant(self, ms: int) -> None:
        """Everything at one instant: cancellations first for an active customer, else last."""
        cancellations = [c for c in self.cancellations if self.effect(c) == ms]
        cancellations.sort(key=lambda c: (c.event_id, c.source))
        was_active = self.active
        if was_active:
            self.cancel(cancellations, ms)
        for signup in self.signups:
            if signup.at_ms == ms and not signup.trial:
                self.activity(ms, activates=True)
        for order in self.orders:
            if order.at_ms == ms:
                rules = self.definition
                self.activity(
                    ms, activates=rules.purchase_reactivates if self.ever_active else rules.implicit_signup
                )
        if not was_active:
            self.cancel(cancellations, ms)

    def cancel(self, cancellations: list[Event], ms: int) -> None:
        for c in cancellations:
            if not self.active:
                self.life.not_active += 1
                continue
            self.active = False
            self.life.transitions.append(
                Transition(ms, "churned", c.reason or "unknown", c.churn_type or "unknown")
            )

    def activity(self, ms: int, *, activates: bool) -> None:
        if not self.active and activates:
            what = "reactivated" if self.ever_active else "new"
            cost = None if self.ever_active else self.cost_at(ms)
            self.active = self.ever_active = True
            self.life.transitions.append(Transition(ms, what, cost_minor=cost))
        self.last_activity_ms = ms

    def cost_at(self, ms: int) -> int | None:
        """The latest cost known among signups up to the activation, trials included."""
        known = [s for s in self.signups if s.at_ms <= ms and s.cost_minor is not None]
        return max(known, key=lambda s: s.order).cost_minor if known else None
