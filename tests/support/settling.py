"""What a loop that spoke TLS leaves behind: the client closes what failed without waiting for the end of it."""

import gc
import warnings


def collected() -> None:
    """Collect sockets whose loop ended before they were closed, here and not in whichever test comes next."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
