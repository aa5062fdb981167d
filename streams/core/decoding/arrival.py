"""When a record arrived, and whether the record itself says so."""


class WallTime(int):
    """A time of the wall clock that stands in for a timestamp a record does not have."""

    __slots__ = ()


def arrival_ms(timestamp: int | None, wall_ms: int) -> int:
    """When a record arrived: its own timestamp, or the wall clock if it has none (contract, section 1)."""
    return WallTime(wall_ms) if timestamp is None or timestamp < 0 else timestamp
