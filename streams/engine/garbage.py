"""Python's garbage collector, kept away from a large and long-lived state that has no cycles."""

import gc

_YOUNG, _MIDDLE, _OLD = 100_000, 50, 1_000


def calm_collector() -> None:
    """Leave what there is now out of later collections, and collect what comes rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
