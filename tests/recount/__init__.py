"""The contract, recounted: every published figure from all records, in the most obvious way.

This is what the product's core, replay and live service are held against. It shares nothing with
them but ``Definition``, the parameters; it reads all events again for every t, knows no panes, no
timers and no state, and must never be made fast at the price of being plain. Overflow is not modelled, and
all records are of one partition (docs/contract.md, section 2).

``recount`` gives the snapshot document, ``counts`` the exact integers behind it; the steps between
are ``classify``, ``persons``, ``life`` and ``window_counts``.
"""

from tests.recount.counting import window_counts
from tests.recount.document import counts, document, recount
from tests.recount.groups import OVERALL, Group, GroupCounts
from tests.recount.life import Life, life
from tests.recount.people import Person, persons
from tests.recount.receipt import Receipt, classify

__all__ = [
    "OVERALL",
    "Group",
    "GroupCounts",
    "Life",
    "Person",
    "Receipt",
    "classify",
    "counts",
    "document",
    "life",
    "persons",
    "recount",
    "window_counts",
]
