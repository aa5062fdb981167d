"""The business: an import of the customers it had, its history, and its live continuation.

One run of one agenda: ``history`` plays it up to its end, ``live`` goes on from there. Each record
comes out once; two businesses with the same arguments give the same records.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from streams.core.definition.definition import DAY_MS, HOUR_MS, SECOND_MS, Definition
from streams.simulate import bodies, market
from streams.simulate.days import Days, Happening
from streams.simulate.delivery import Dirt
from streams.simulate.life import arrive, ask_to_be_erased, cancel_now, settle
from streams.simulate.market import Spike
from streams.simulate.people import new_customer
from streams.simulate.records import SimRecord
from streams.simulate.world import Act, World

_LIVE_LATE_FROM_MS = 10 * SECOND_MS
_LIVE_LATE_TO_MS = 180 * SECOND_MS
_LIVE_DUPLICATE_MS = 5 * SECOND_MS
_FEWEST_GAPS_LATE = 3
_BRINGS_FOLLOWERS = 1.05
"""Records per planned act: duplicates and malformed ones come on top, unanswered surveys go off."""


class Business:
    """A simulated business of about ``customers`` people over ``days`` days up to ``end_ms``.

    Three quarters of the customers are imported when the history begins, with signups up to three
    years old; the others come in its course. ``spike``: see market.Spike; ``unlike``: how days differ.
    Signups carry segment, plan, channel and region, and what else the ``definition`` names as a dimension.
    """

    def __init__(
        self,
        seed: int,
        customers: int,
        days: int,
        end_ms: int,
        *,
        spike: Spike | None = None,
        dirt: Dirt | None = None,
        unlike: Days | None = None,
        definition: Definition | None = None,
    ) -> None:
        if customers < 1 or days < 1:
            raise ValueError(f"a business has at least 1 customer and 1 day, not {customers} and {days}")
        if spike and spike.segment not in market.SEGMENTS.values:
            known = ", ".join(market.SEGMENTS.values)
            raise ValueError(f"spike: segment {spike.segment!r} is none of {known}")
        self.start_ms = end_ms - days * DAY_MS
        self.end_ms = end_ms
        self._dirt = dirt or Dirt()
        self._world = world = World(
            seed, self._dirt, definition or Definition(), unlike or Days(), (self.start_ms, end_ms)
        )
        imported = max(1, round(customers * market.BASE_SHARE))
        self._import(imported)
        self._repeat(days * DAY_MS / max(1, customers - imported), partial(arrive, world), what="signups")
        self._repeat(market.MONTH_MS / (customers * market.ERASE_SHARE), partial(ask_to_be_erased, world))
        if spike:
            self._plan_spike(spike)
        self._played = False

    def history(self) -> Iterator[SimRecord]:
        """Every record that arrives up to ``end_ms``, in order of arrival. Once only.

        Raises:
            RuntimeError: the history was played before.
        """
        if self._played:
            raise RuntimeError("a business plays its history once; make another one for another run")
        self._played = True
        yield from self._play(self.start_ms, self.end_ms)

    def live(self, rate: float, *, few_malformed: bool = False) -> Iterator[SimRecord]:
        """What arrives after ``end_ms``, endlessly, at about ``rate`` records a second of event time.

        Orders, surveys and signups are sped up to the rate; cancellations keep their natural pace, so
        that a spike stands out. Late events are seconds to minutes late instead of minutes to days.

        Args:
            rate: records a second.
            few_malformed: malformed records keep their natural pace, too: a thousand times as many as in the
                history are an alarm.

        Raises:
            RuntimeError: the history was not played to its end.
        """
        world = self._world
        following = world.next_at()
        if not self._played or following is None or following <= self.end_ms:
            raise RuntimeError("live traffic continues a history: play that to its end first")
        natural = world.acts_done / (self.end_ms - self.start_ms) * SECOND_MS * _BRINGS_FOLLOWERS
        world.speed_up(self.end_ms, rate * (1.0 - market.LIVE_SIGNUP_SHARE) / natural)
        gap_ms = len(world.customers) / rate * SECOND_MS
        late_to = int(min(_LIVE_LATE_TO_MS, max(2 * _LIVE_LATE_FROM_MS, _FEWEST_GAPS_LATE * gap_ms)))
        world.delivery.dirt = replace(
            self._dirt,
            late_from_ms=_LIVE_LATE_FROM_MS,
            late_to_ms=late_to,
            duplicate_within_ms=_LIVE_DUPLICATE_MS,
            malformed_share=self._dirt.malformed_share * (natural / rate if few_malformed else 1.0),
        )
        each_ms = SECOND_MS / rate
        self._repeat(each_ms / market.LIVE_SIGNUP_SHARE, partial(arrive, world), self.end_ms, what="signups")
        self._repeat(each_ms / market.LIVE_ERASE_SHARE, partial(ask_to_be_erased, world), self.end_ms)
        yield from self._play(self.end_ms, None)

    def _play(self, start: int, until: int | None) -> Iterator[SimRecord]:
        world = self._world
        arrived = world.delivery.arrived
        yield from arrived(start)
        while (at := world.next_at()) is not None and (until is None or at <= until):
            world.step()
            yield from arrived(at)
        if until is not None:
            yield from arrived(until)

    def _import(self, customers: int) -> None:
        """Bring the customers there already were, oldest signup first, as the history begins."""
        world = self._world
        ages = sorted((int(world.rng.random() * market.BASE_AGE_MS) for _ in range(customers)), reverse=True)
        for place, age in enumerate(ages):
            customer = new_customer(world)
            signed_up = self.start_ms - age
            arrival = self.start_ms + place * min(1.0, HOUR_MS / customers)
            body = bodies.signup(
                world.number("s"), customer.name, signed_up, customer.attributes, customer.cost, trial=False
            )
            world.delivery.deliver("signup", customer.key, body, int(arrival))
            customer.last_ms = signed_up
            settle(world, customer, self.start_ms)

    def _repeat(
        self, mean_ms: float, act: Act, start: int | None = None, *, what: Happening | None = None
    ) -> None:
        """Let something happen again and again, at random, ``mean_ms`` apart; ``what``: as its days are."""
        world = self._world

        def following(at: int) -> int:
            wait_ms = world.wait(mean_ms)
            return 1 + (at + int(wait_ms) if what is None else world.later(what, at, wait_ms))

        def again(at: int) -> None:
            act(at)
            world.plan(following(at), again)

        world.plan(following(self.start_ms if start is None else start), again)

    def _plan_spike(self, spike: Spike) -> None:
        """Let more customers of a segment leave while the spike lasts: ``factor`` times as many in all."""
        world = self._world
        hazard = market.MONTHLY_CHURN[spike.segment] * (spike.factor - 1) / market.MONTH_MS
        ends = spike.at_ms + spike.duration_ms

        def again(at: int) -> None:
            people = world.by_segment.get(spike.segment, [])
            if at >= ends:
                return
            if people:
                customer = people[int(world.rng.random() * len(people))]
                if customer.active and at > spike.at_ms:
                    cancel_now(world, customer, at, reason="price", churn_type="voluntary")
            world.plan(at + 1 + int(world.wait(1 / (hazard * max(1, len(people))))), again)

        world.plan(spike.at_ms, again)
