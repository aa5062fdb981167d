"""Where customers come from: their attributes, rhythm, basket and temper."""

from math import exp

from streams.simulate import market
from streams.simulate.world import Customer, World


def new_customer(world: World) -> Customer:
    """Make the next customer, who has done nothing yet."""
    rng = world.rng
    random = rng.random
    name = f"c{len(world.customers) + 1:06d}"
    segment = market.SEGMENTS.pick(random())
    plan = market.PLANS.pick(random())
    channel = market.CHANNELS.pick(random())
    attributes = {
        "plan": plan,
        "segment": segment,
        "channel": channel,
        "region": market.REGIONS.pick(random()),
    }
    cost: int | None = int(market.COST_MINOR[channel] * exp(rng.gauss(0, 0.4)))
    if random() < market.ATTRIBUTE_GAP_SHARE:
        attributes.pop(("region", "channel", "plan", "segment")[int(random() * 4)])
    if random() < market.ATTRIBUTE_GAP_SHARE:
        cost = None
    attributes |= world.kinds.next()
    gap = market.MEDIAN_GAP_MS * exp(rng.gauss(0, 0.6))
    customer = Customer(
        name=name,
        key=name.encode(),
        attributes=attributes,
        segment=segment,
        cost=cost,
        currency=market.FOREIGN.pick(random()) if random() < market.FOREIGN_SHARE else "USD",
        basket=int(market.BASKET_MINOR[plan] * exp(rng.gauss(0, 0.3))),
        gap_ms=min(market.LONGEST_GAP_MS, max(market.SHORTEST_GAP_MS, gap)),
        mood=rng.betavariate(5, 1.6),
    )
    world.customers.append(customer)
    world.by_segment.setdefault(segment, []).append(customer)
    return customer
