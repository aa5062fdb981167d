"""What a loop that spoke TLS leaves behind: what failed is closed without a wait for its end."""

import gc
import warnings


def collected() -> None:
    """Collect sockets whose loop ended before they were closed, here and not in whichever test comes next."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
