"""Values of the dimensions that a definition names beside the four of the business' own.

Rules: every customer is of one of twenty kinds, and the kind says the value of each such dimension, or that
the signup lacks it: so combinations stay as few as in life, however many dimensions there are. A dimension
has at most five values: the first that the definition lists for it, otherwise made-up ones. Values depend on
seed and name alone, and are drawn apart from all else: naming a dimension changes nothing else of a history.
"""

from random import Random

from streams.core.definition.definition import Definition
from streams.core.definition.dimensions import DEFAULT_DIMENSIONS
from streams.core.definition.labels import is_short
from streams.simulate import market

KINDS_OF_CUSTOMERS = 20
_HAVE = (8, 4, 3, 2, 2)
"""How many of the kinds have the first value, the second, ...; the last kind has none."""
_OWN = {
    "segment": market.SEGMENTS,
    "plan": market.PLANS,
    "channel": market.CHANNELS,
    "region": market.REGIONS,
}


def values_of(dimension: str, definition: Definition) -> tuple[str, ...]:
    """The values that customers of the business can have, the most frequent first; all are no empty text."""
    if dimension in _OWN:
        return _OWN[dimension].values
    listed = dict(definition.allow).get(dimension, ())
    made_up = (f"{dimension}-{letter}" for letter in "abcde")
    return listed[: len(_HAVE)] or tuple(value if is_short(value) else value[-1] for value in made_up)


class KindsOfCustomers:
    """Draws the kind of each customer, by a generator of its own."""

    def __init__(self, seed: int, definition: Definition) -> None:
        self._random = _generator(seed, "kinds of customers").random
        self._attributes: list[dict[str, str]] = [{} for _ in range(KINDS_OF_CUSTOMERS)]
        for dimension in definition.dimensions:
            if dimension not in DEFAULT_DIMENSIONS:
                self._deal(dimension, values_of(dimension, definition), _generator(seed, dimension))

    def _deal(self, dimension: str, values: tuple[str, ...], generator: Random) -> None:
        """Give each kind but one a value of a dimension."""
        dealt = [value for value, kinds in zip(values, _HAVE, strict=False) for _ in range(kinds)]
        dealt += values[:1] * (KINDS_OF_CUSTOMERS - 1 - len(dealt))
        kinds = generator.sample(self._attributes, len(dealt))
        for attributes, value in zip(kinds, dealt, strict=True):
            attributes[dimension] = value

    def next(self) -> dict[str, str]:
        """The attributes of the next customer; empty where the definition names no further dimension."""
        return self._attributes[int(self._random() * KINDS_OF_CUSTOMERS)]


def _generator(seed: int, name: str) -> Random:
    return Random(f"{seed} {name}")  # noqa: S311 - a simulation, not a secret
