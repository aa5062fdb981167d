"""What active customers do: order, send back, answer surveys; and what the back office withdraws."""

from functools import partial
from math import exp

from streams.simulate import bodies, market
from streams.simulate.world import Customer, World

_BUYER_SOURCE = "shop"
_TOP = {"nps": 10, "csat5": 5, "csat7": 7, "csat10": 10, "ces": 7, "ces5": 5}
_REVIEWS = tuple(market.REVIEW_SHARE.items())
_SCATTER = 0.14


def start_ordering(world: World, customer: Customer, at: int) -> None:
    """Plan the first order and the first survey of somebody who has just become active."""
    rng = world.rng
    world.follow(at, customer.gap_ms * rng.random(), partial(_order, world, customer, customer.epoch))
    world.follow(at, market.NPS_EVERY_MS * rng.random(), partial(_ask_nps, world, customer, customer.epoch))


def buy(world: World, customer: Customer, at: int) -> tuple[str, int]:
    """Send one purchase; returns its event id and amount in minor units."""
    amount = int(customer.basket * exp(world.rng.gauss(0, 0.5)))
    return _purchase(world, customer, at, amount), amount


def _purchase(world: World, customer: Customer, at: int, amount: int) -> str:
    event_id = world.number("p")
    dated = world.delivery.occurs(at)
    customer.last_ms = dated
    body = bodies.purchase(event_id, customer.name, dated, amount, customer.currency)
    world.delivery.send("purchase", customer.key, at, body)
    return event_id


def _order(world: World, customer: Customer, epoch: int, at: int) -> None:
    if customer.epoch != epoch:
        return
    event_id, amount = buy(world, customer, at)
    world.follow(at, world.gap(customer.gap_ms), partial(_order, world, customer, epoch))
    chance = world.rng.random()
    if chance < market.REFUND_SHARE:
        world.follow(at, world.wait(market.REFUND_AFTER_MS), partial(_refund, world, customer, epoch, amount))
    elif chance > 1.0 - market.VOID_SHARE:
        world.follow(at, world.wait(market.VOID_AFTER_MS), partial(_void, world, customer, epoch, event_id))
    chance = world.rng.random()
    for survey, share in _REVIEWS:
        if chance < share:
            act = partial(_answer, world, customer, epoch, survey)
            world.follow(at, world.wait(market.REVIEW_AFTER_MS), act)
            return
        chance -= share


def _refund(world: World, customer: Customer, epoch: int, amount: int, at: int) -> None:
    if customer.epoch == epoch:
        _purchase(world, customer, at, -int(amount * (0.2 + 0.8 * world.rng.random())) - 1)


def _void(world: World, customer: Customer, epoch: int, target: str, at: int) -> None:
    if customer.epoch == epoch:
        customer.last_ms = dated = world.delivery.occurs(at)
        body = bodies.void(world.number("v"), customer.name, dated, target, _BUYER_SOURCE)
        world.delivery.send("void", customer.key, at, body)


def _ask_nps(world: World, customer: Customer, epoch: int, at: int) -> None:
    if customer.epoch != epoch:
        return
    if world.rng.random() < market.NPS_ANSWERS:
        _answer(world, customer, epoch, "nps", at)
    world.follow(at, world.gap(market.NPS_EVERY_MS), partial(_ask_nps, world, customer, epoch))


def _answer(world: World, customer: Customer, epoch: int, survey: str, at: int) -> None:
    if customer.epoch != epoch:
        return
    rng = world.rng
    touchpoint = market.TOUCHPOINTS.pick(rng.random())
    complained = touchpoint == "complaint"
    survey = market.AFTER_COMPLAINT.get(survey, survey) if complained else survey
    top = _TOP[survey]
    mood = customer.mood - (0.3 if complained else 0.0) + rng.gauss(0, _SCATTER)
    bottom = 0 if survey == "nps" else 1
    score = min(top, max(bottom, round(bottom + mood * (top + 0.8 - bottom))))
    customer.last_ms = dated = world.delivery.occurs(at)
    comment = market.COMMENTS.pick(rng.random())
    kind = survey.rstrip("0157")
    body = bodies.survey(
        world.number("r"),
        customer.name,
        dated,
        kind=kind,
        score=score,
        scale=top,
        touchpoint=touchpoint,
        comment=comment,
    )
    world.delivery.send("survey", customer.key, at, body)
