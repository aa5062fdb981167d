"""Python's garbage collector, kept away from a large and long-lived state that has no cycles."""

import gc

_YOUNG, _MIDDLE, _OLD = 15_000, 330, 1_000
"""A young collection looks at so many objects at once, some 0.4 ms a thousand of them: it is part of a slice
of work. Middle ones come as rarely as if it were many more."""


def calm_collector() -> None:
    """Leave what there is now out of later collections, and collect what comes rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
