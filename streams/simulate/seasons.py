"""When in the week people act: hours of the day and days of the week, as weights.

Instants are milliseconds since the epoch, hours and weekdays are those of UTC.
"""

from random import Random

from streams.core.definition.definition import DAY_MS, MINUTE_MS

HOUR_WEIGHTS = (2, 1, 1, 1, 1, 2, 4, 7, 10, 12, 13, 13, 12, 12, 12, 11, 11, 12, 14, 16, 15, 12, 8, 4)
DAY_STAYS = (1.0, 0.97, 0.95, 0.95, 1.0, 0.8, 0.65)
"""Monday first: the share of acts that stay on the day; the rest happens a day later."""
_MINUTES = tuple(
    60 * hour + k * 60 // weight for hour, weight in enumerate(HOUR_WEIGHTS) for k in range(weight)
)
_SLOT_MS = 30 * MINUTE_MS
_EPOCH_WEEKDAY = 3


def place(at_ms: int, not_before_ms: int, rng: Random) -> int:
    """Move an instant to a likely hour of its day (or of the next days), after ``not_before_ms``."""
    random = rng.random
    day = at_ms // DAY_MS
    if random() > DAY_STAYS[(day + _EPOCH_WEEKDAY) % 7]:
        day += 1
    minute = _MINUTES[int(random() * len(_MINUTES))]
    placed = day * DAY_MS + minute * MINUTE_MS + int(random() * _SLOT_MS)
    return placed if placed > not_before_ms else placed + DAY_MS
