"""The settings of a law over histories; `tests/support/chance.py` says what holds for every law.

A failing history is not shrunk, which would take minutes; add ``Phase.shrink`` to have that done.
"""

from hypothesis import Phase, settings

from tests.support.chance import examples

law = settings(phases=(Phase.explicit, Phase.generate), max_examples=examples(40))
"""``settings(law, max_examples=examples(...))`` for another number of examples."""
