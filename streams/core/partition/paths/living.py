"""The path of signups and cancellations, and of their voids, of customers with closed chunks.

In order or late, life is derived on from where the event takes effect until it is what it was; only the
difference is counted. Held to the general path by a law, like the other paths beside it.
"""

from typing import Final

from streams.core.counting import quantities as q
from streams.core.counting.contributions import causes
from streams.core.counting.long_lives import emit_cost, emit_span
from streams.core.customer.derive import LONG_TERM_MS, standing_at
from streams.core.customer.entries import CancellationEntry, Entry, Fact, SignupEntry
from streams.core.customer.groups import NOBODY
from streams.core.customer.life import ACTIVE, CHURNED, INACTIVE
from streams.core.customer.lifeline import Due, Lifeline
from streams.core.customer.record import ERASED, HAS_SEALED, HAS_VOIDS, PLAIN_LIFE, STANDING, Customer
from streams.core.customer.reliving import Change, Effects, cost_until, quiet_at, relive
from streams.core.customer.risk import band_at
from streams.core.partition.paths.neighbours import engage
from streams.core.partition.store.customers import Customers

_ODD: Final = HAS_SEALED | ERASED


def is_long(customer: Customer) -> bool:
    """Whether a customer has closed chunks, and nothing odd."""
    return customer.history is not None and not customer.flags & _ODD


class LivingPath:
    """The path of long lives of one partition."""

    __slots__ = ("_customers", "_effects", "_limit_ms")

    def __init__(self, customers: Customers) -> None:
        self._customers = customers
        self._effects = Effects(customers.definition)
        self._limit_ms = customers.definition.inactivity_churn_ms or 0

    def take(self, key: bytes, customer: Customer | None, entry: Entry) -> bool:
        """Take a signup or cancellation in; False: it is not for this path."""
        if customer is None or not is_long(customer):
            return False
        customers = self._customers
        if type(entry) is SignupEntry:
            line = self.begin(customer)
            late = not entry.trial and entry.at_ms <= line.reach_ms
            withdrawn = self._effects.over(customer, entry.at_ms) if late else []
            customer.add_signup(entry, customers.identity, customers.room)
            self._joined(customer, line, entry, withdrawn)
        else:
            assert type(entry) is CancellationEntry  # noqa: S101 - the other kind
            line = self.begin(customer)
            customer.add_cancellation(entry, customers.identity, customers.room)
            self._left(customer, line, entry)
        self.end(key, customer, line, customers.clock)
        return True

    def take_out(self, key: bytes, customer: Customer, target: Fact) -> None:
        """Take out a signup or cancellation that stands."""
        line = self.begin(customer)
        if type(target) is SignupEntry:
            customer.take_signup(target)
            self._not_joined(customer, line, target)
        else:
            assert type(target) is CancellationEntry  # noqa: S101 - the other kind
            stood = self._effects.stands(customer, target)
            customer.take_cancellation(target)
            if stood:
                self._not_left(customer, line, target)
        self.end(key, customer, line, self._customers.clock)

    def live_on(self, key: bytes, customer: Customer, t: int) -> bool:
        """What changes by itself between the clock and t; False: the customer is not for this path."""
        if not is_long(customer):
            return False
        line = self.begin(customer)
        start_ms = self._customers.clock + 1
        due = line.take_due(t)
        self._relive(customer, line, start_ms, t, due, t, len(due))
        self.end(key, customer, line, t)
        return True

    def close(self, customer: Customer, at_ms: int) -> None:
        """An erase ends the life at an instant, after which nothing stands: who is active is erased."""
        customers, history = self._customers, customer.history
        assert history is not None  # noqa: S101 - a long life has one
        line = self.begin(customer)
        effects = [due for due in self._effects.over(customer, at_ms + 1) if due[0] <= customers.clock]
        self._relive(customer, line, at_ms + 1, at_ms + 1, [], at_ms, -len(effects))
        if line.state == ACTIVE:
            changes = [(q.ERASED, 1), (q.DELTA_MS, -at_ms)]
            customers.families.life.add(line.profile, at_ms, changes)
            customers.families.calendar.add(line.profile, at_ms, changes)
        customer.state, customer.since = line.state, line.since
        customers.lifelines.end(history, line.not_active)

    # ---- one event

    def _joined(self, customer: Customer, line: Lifeline, entry: SignupEntry, withdrawn: list[Due]) -> None:
        """A signup has come, which withdraws scheduled cancellations."""
        at_ms, clock = entry.at_ms, self._customers.clock
        if not entry.trial:
            line.withdraw_before(at_ms)
            effects = [due[0] for due in withdrawn if due[0] <= clock]
            settled_ms = max(effects, default=at_ms)
            self._relive(customer, line, at_ms, settled_ms, [], clock, -len(effects))
        self._cost(customer, line, at_ms)

    def _not_joined(self, customer: Customer, line: Lifeline, entry: SignupEntry) -> None:
        """A signup is withdrawn."""
        at_ms, clock = entry.at_ms, self._customers.clock
        if not entry.trial:
            due, settled_ms, again = self._effects.over(customer, at_ms), at_ms, 0
            for one in due:
                if one[0] > clock:
                    line.schedule(one)
                else:
                    line.reach_ms = max(line.reach_ms, one[0])
                    settled_ms, again = max(settled_ms, one[0]), again + 1
            self._relive(customer, line, at_ms, settled_ms, due, clock, again)
        self._cost(customer, line, at_ms)

    def _left(self, customer: Customer, line: Lifeline, entry: CancellationEntry) -> None:
        """A cancellation has come."""
        if not self._effects.stands(customer, entry):
            return
        due = self._effects.due(entry)
        if due[0] > self._customers.clock:
            line.schedule(due)
            return
        if due[0] > entry.at_ms:
            line.reach_ms = max(line.reach_ms, due[0])
        self.around(customer, line, due[0], 1)

    def _not_left(self, customer: Customer, line: Lifeline, entry: CancellationEntry) -> None:
        """A cancellation that stood is withdrawn."""
        due = self._effects.due(entry)
        if due[0] > self._customers.clock:
            line.unschedule(entry)
        else:
            self.around(customer, line, due[0], -1)

    def around(self, customer: Customer, line: Lifeline, at_ms: int, effects: int) -> None:
        """At an instant more or fewer cancellations take effect, or an order came or went."""
        due = self._effects.over(customer, at_ms) if at_ms <= line.reach_ms else []
        self._relive(customer, line, at_ms, at_ms, due, self._customers.clock, effects)

    # ---- what it changes

    def begin(self, customer: Customer) -> Lifeline:
        """The life before a change; the customer no longer stands anywhere."""
        customers, clock = self._customers, self._customers.clock
        line = customers.line(customer)
        if customer.state == ACTIVE:
            standing = customer.flags & STANDING
            band = band_at(standing, customer.orders, customer.first, customer.last, clock)
            customers.stand(customer.profile, band, -1, long_term=clock - customer.since >= LONG_TERM_MS)
        return line

    def _relive(  # noqa: PLR0917 - one change
        self,
        customer: Customer,
        line: Lifeline,
        start_ms: int,
        settled_ms: int,
        due: list[Due],
        t: int,
        effects: int,
    ) -> None:
        """Derive on and count the difference; ``effects``: how many more cancellations take effect."""
        customers = self._customers
        settled_ms += self._limit_ms
        change = relive(customer, line, start_ms, settled_ms, due, t, customers.definition)
        before = self._left_by_cancellation(line, change.first, change.last)
        fresh = Lifeline(line.profile)
        for transition in change.fresh:
            if transition.kind == CHURNED:
                fresh.put(transition.at_ms, *causes(transition, customers.groups))
            else:
                fresh.put(transition.at_ms)
        if not change.fresh and change.first == change.last:
            after = 0
        else:
            after = self._splice(customer, line, change, fresh)
        line.not_active += effects - (after - before)
        customers.not_active += effects - (after - before)

    def _splice(self, customer: Customer, line: Lifeline, change: Change, fresh: Lifeline) -> int:
        """Other transitions; how many of them are by cancellation."""
        customers, families = self._customers, self._customers.families
        first, behind = change.first, change.first + len(change.fresh)
        if first < line.shown:
            customers.lifelines.hide(line)
        customers.lifelines.turned[line] = None
        if not first:
            emit_cost(families.life, families.calendar, line, -1)
        emit_span(families.life, families.calendar, line, first, change.last, -1)
        line.replace(first, change.last, fresh)
        emit_span(families.life, families.calendar, line, first, behind, 1)
        if not first:
            line.cost_minor = cost_until(customer, line.times[0]) if line.times else None
            emit_cost(families.life, families.calendar, line, 1)
        return self._left_by_cancellation(line, first, behind)

    def _left_by_cancellation(self, line: Lifeline, first: int, last: int) -> int:
        """How many of some transitions are churns that cancellations caused."""
        begin = first + 1 - first % 2
        if not self._limit_ms:
            return max(0, (last - begin + 1) // 2)
        table = self._customers.groups.table
        return sum(table[line.churn_types[number]][1] != INACTIVE for number in range(begin, last, 2))

    def _cost(self, customer: Customer, line: Lifeline, at_ms: int) -> None:
        """A signup that came or went at an instant may have named the cost."""
        if not line.times or at_ms > line.times[0]:
            return
        families = self._customers.families
        emit_cost(families.life, families.calendar, line, -1)
        line.cost_minor = cost_until(customer, line.times[0])
        emit_cost(families.life, families.calendar, line, 1)

    def end(self, key: bytes, customer: Customer, line: Lifeline, t: int) -> None:
        """Profile, newest event, standing and timer after a change, as of t."""
        customers = self._customers
        self._profile(key, customer)
        engage(customers, customer)
        customer.state, customer.since = line.state, line.since
        due = line.pending[0][0] if line.pending else 0
        flags = customer.flags & HAS_VOIDS
        if customer.state == ACTIVE:
            if self._limit_ms:
                quiet_ms = quiet_at(customer, customer.since, t, customers.definition)
                due = min(due, quiet_ms) if due else quiet_ms
            pending = bool(line.pending)
            vote = customer.vote(None)
            standing, due, long_term = standing_at(vote, customer.since, t, due, pending=pending)
            flags |= standing
            if len(line.times) == 1 and not pending and not line.not_active:
                flags |= PLAIN_LIFE
            band = band_at(standing, customer.orders, customer.first, customer.last, t)
            customers.stand(customer.profile, band, 1, long_term=long_term)
        customer.flags, customer.due = flags, due
        customer.changed = True
        customer.facts = None
        customers.schedule(key, customer, t)

    def _profile(self, key: bytes, customer: Customer) -> None:
        """The profile is that of the newest signup."""
        signups = customer.body.signups
        self._customers.move(key, customer, signups[-1].profile if signups else NOBODY)
