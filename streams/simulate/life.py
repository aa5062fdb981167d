"""How customers come, go, come back and are forgotten."""

from functools import partial

from streams.core.definition.definition import SECOND_MS
from streams.simulate import bodies, market
from streams.simulate.days import IMPORTED_AT_MS, end_of_day
from streams.simulate.orders import buy, start_ordering
from streams.simulate.people import new_customer
from streams.simulate.world import Customer, World


def arrive(world: World, at: int) -> None:
    """A new customer signs up, perhaps for a trial first; nobody, while that is not possible."""
    if world.stopped(at):
        return
    customer = new_customer(world)
    if world.rng.random() >= market.TRIAL_SHARE:
        sign_up(world, customer, at)
        return
    _send_signup(world, customer, at, trial=True)
    if world.rng.random() < market.TRIAL_CONVERTS:
        ends = at + int(market.TRIAL_MS * (0.3 + 0.7 * world.rng.random()))
        world.plan(ends, partial(sign_up, world, customer))


def sign_up(world: World, customer: Customer, at: int) -> None:
    """The customer signs up for good and starts a life, or loses patience where that is not possible."""
    if world.stopped(at):
        return
    _send_signup(world, customer, at, trial=False)
    settle(world, customer, at)


def settle(world: World, customer: Customer, at: int) -> None:
    """Make the customer active: orders follow, and one day a cancellation."""
    customer.active = True
    start_ordering(world, customer, at)
    stays = world.wait(market.MONTH_MS / market.MONTHLY_CHURN[customer.segment])
    world.plan(world.later("churns", at, stays), partial(_leave, world, customer, customer.epoch))
    if world.rng.random() < market.PLAN_CHANGE_SHARE:
        changes = at + int(world.wait(market.PLAN_CHANGE_MS))
        world.plan(changes, partial(_change_plan, world, customer, customer.epoch))


def cancel_now(world: World, customer: Customer, at: int, *, reason: str, churn_type: str) -> None:
    """An active customer leaves at once, or with the import of the day; some come back later."""
    if world.days.by_day:
        dated = end_of_day(at)
        body = bodies.cancellation(
            world.number("k"), customer.name, dated, effective_at=None, reason=reason, churn_type=churn_type
        )
        world.delivery.deliver("cancellation", customer.key, body, dated + IMPORTED_AT_MS)
        _gone(world, customer, dated)
        return
    _send_cancellation(world, customer, at, effective_at=None, reason=reason, churn_type=churn_type)
    _gone(world, customer, at)


def ask_to_be_erased(world: World, at: int) -> None:
    """Somebody who left long ago asks to be forgotten; nobody, if chance finds no such person."""
    for _ in range(64):
        customer = world.customers[int(world.rng.random() * len(world.customers))]
        quiet = at - customer.last_ms > market.ERASE_QUIET_MS
        if not customer.active and not customer.erased and customer.last_ms and quiet:
            customer.erased = True
            customer.epoch += 1
            body = bodies.erase(world.number("e"), customer.name, at)
            world.delivery.send("erase", customer.key, at, body)
            return


def _send_signup(world: World, customer: Customer, at: int, *, trial: bool) -> None:
    customer.last_ms = dated = world.delivery.occurs(at)
    cost = None if customer.epoch else customer.cost
    body = bodies.signup(world.number("s"), customer.name, dated, customer.attributes, cost, trial=trial)
    world.delivery.send("signup", customer.key, at, body)


def _send_cancellation(
    world: World, customer: Customer, at: int, *, effective_at: int | None, reason: str, churn_type: str
) -> None:
    customer.last_ms = dated = world.delivery.occurs(at)
    event_id = world.number("k")
    body = bodies.cancellation(
        event_id, customer.name, dated, effective_at=effective_at, reason=reason, churn_type=churn_type
    )
    world.delivery.send("cancellation", customer.key, at, body)


def _change_plan(world: World, customer: Customer, epoch: int, at: int) -> None:
    if customer.epoch == epoch:
        customer.attributes["plan"] = market.PLANS.pick(world.rng.random())
        _send_signup(world, customer, at, trial=False)


def _leave(world: World, customer: Customer, epoch: int, at: int) -> None:
    if customer.epoch != epoch:
        return
    random = world.rng.random
    if random() < market.INVOLUNTARY_SHARE:
        cancel_now(world, customer, at, reason="payment_failed", churn_type="involuntary")
        return
    reason = market.REASONS.pick(random())
    if random() >= market.SCHEDULED_SHARE:
        cancel_now(world, customer, at, reason=reason, churn_type="voluntary")
        return
    effective_at = at + SECOND_MS + int(random() * market.SCHEDULED_FOR_MS)
    _send_cancellation(world, customer, at, effective_at=effective_at, reason=reason, churn_type="voluntary")
    if random() < market.WITHDRAWN_SHARE:
        stays = at + int((effective_at - at) * (0.2 + 0.6 * random()))
        world.plan(stays, partial(_stay, world, customer, epoch))
    else:
        world.plan(effective_at, partial(_effect, world, customer, epoch))


def _stay(world: World, customer: Customer, epoch: int, at: int) -> None:
    """Withdraw a scheduled cancellation by signing up again."""
    if customer.epoch == epoch:
        _send_signup(world, customer, at, trial=False)
        stays = world.wait(market.MONTH_MS / market.MONTHLY_CHURN[customer.segment])
        world.plan(world.later("churns", at, stays), partial(_leave, world, customer, epoch))


def _effect(world: World, customer: Customer, epoch: int, at: int) -> None:
    if customer.epoch == epoch:
        _gone(world, customer, at)


def _gone(world: World, customer: Customer, at: int) -> None:
    customer.active = False
    customer.epoch += 1
    customer.last_ms = max(customer.last_ms, at)
    if world.rng.random() < market.REACTIVATED_SHARE:
        returns = at + int(world.gap(market.REACTIVATED_AFTER_MS))
        world.plan(returns, partial(_return, world, customer, customer.epoch))


def _return(world: World, customer: Customer, epoch: int, at: int) -> None:
    if customer.epoch != epoch:
        return
    if world.rng.random() < market.REACTIVATED_BY_ORDER:
        buy(world, customer, at)
        settle(world, customer, at)
    else:
        sign_up(world, customer, at)
