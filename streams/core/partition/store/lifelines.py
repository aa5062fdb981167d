"""The lives of customers with long histories, and what of them panes do not show yet.

Who leaves takes all of their past along to the cells of those who are gone, who returns takes it back. Of a
long life that is done once before somebody looks, however often it turned meanwhile.

Never: derives a life on (paths/living.py).
"""

from bisect import bisect_right
from collections.abc import Iterator

from streams.core.counting.contributions import causes
from streams.core.counting.families import Families
from streams.core.counting.long_lives import emit_gone_span
from streams.core.customer.derive import Facts, cost_of
from streams.core.customer.groups import NOBODY, Groups
from streams.core.customer.history import History
from streams.core.customer.life import CHURNED, LEFT
from streams.core.customer.lifeline import Lifeline
from streams.core.customer.record import Customer
from streams.core.customer.reliving import Effects
from streams.core.definition.definition import Definition


class Lifelines:
    """The long lives of one partition.

    Args:
        definition: what the numbers mean.
        families, groups: the partition's.
    """

    __slots__ = ("_effects", "_families", "_groups", "turned")

    def __init__(self, definition: Definition, families: Families, groups: Groups) -> None:
        self._effects = Effects(definition)
        self._families = families
        self._groups = groups
        self.turned: dict[Lifeline, None] = {}
        """Lives that may be shown otherwise than they are."""

    def plain(self, customer: Customer) -> Lifeline:
        """The life of a customer who is active since the only activation."""
        line = Lifeline(customer.profile)
        line.put(customer.since)
        line.cost_minor = cost_of(customer.signups, customer.since)
        return line

    def derived(self, customer: Customer, facts: Facts) -> Lifeline:
        """A life as it was derived, all of which panes show."""
        line = Lifeline(facts.profile)
        for transition in facts.life.transitions:
            if transition.kind == CHURNED:
                line.put(transition.at_ms, *causes(transition, self._groups))
            else:
                line.put(transition.at_ms)
        line.not_active = facts.life.not_active
        line.cost_minor = facts.cost_minor
        signups = [signup.at_ms for signup in customer.signups if not signup.trial]
        for due in map(self._effects.due, customer.cancellations):
            effect_ms, at_ms = due[0], due[3].at_ms
            if effect_ms > at_ms and bisect_right(signups, effect_ms) == bisect_right(signups, at_ms):
                if effect_ms > facts.t:
                    line.schedule(due)
                else:
                    line.reach_ms = max(line.reach_ms, effect_ms)
        if line.state == LEFT:
            line.shown, line.shown_in = len(line.times), line.gone_in
        return line

    def forget(self, history: History) -> None:
        """A life is to be derived anew; panes show it as it is."""
        line = history.line
        if line is not None:
            self.show(line)
            self.turned.pop(line, None)
            history.line = None

    def end(self, history: History, not_active: int) -> None:
        """A life ended by an erase: panes show it as it is, and it never changes again.

        What is to be known of it later is how many cancellations took effect while it was not active.
        """
        self.forget(history)
        history.line = Lifeline(NOBODY)
        history.line.not_active = not_active

    def showing(self) -> Iterator[None]:
        """Show every life as it is, one at a time."""
        while self.turned:
            line, _ = self.turned.popitem()
            self.show(line)
            yield

    def hide(self, line: Lifeline) -> None:
        """Show nothing of it among the gone, for it is about to change within."""
        self._move(line, 0, line.shown_in)
        self.turned[line] = None

    def show(self, line: Lifeline) -> None:
        """Show it as it is."""
        if line.state == LEFT:
            self._move(line, len(line.times), line.gone_in)
        else:
            self._move(line, 0, line.shown_in)

    def _move(self, line: Lifeline, count: int, into: tuple[int, int, int]) -> None:
        panes, former = self._families.life, line.shown
        for number in range(3):
            old, new, whole = line.shown_in[number], into[number], number == 0
            if old == new and count >= former:
                emit_gone_span(panes, line, former, count, new, 1, whole=whole)
            else:
                emit_gone_span(panes, line, 0, former, old, -1, whole=whole)
                emit_gone_span(panes, line, 0, count, new, 1, whole=whole)
        line.shown, line.shown_in = count, into
