"""Values in messages: in quotes, on one line, and not at any length."""

_LONGEST_SHOWN = 100


def quoted(value: str) -> str:
    """A value in quotes, on one line; a long one only as it begins."""
    return repr(value) if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]!r}..."
