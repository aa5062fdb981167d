"""Messages of the changes channel, told apart into news and repetitions.

Rules: a change is news if its (t, computed_at) is greater than that of the last one; what stands in Redis at
subscription counts as a change, so that nothing is missed over a reconnect.

Pure: no I/O, no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

SILENCE_S = 10.0
"""A channel silent for this long is subscribed anew: a connection can be dead without saying so."""
POLL_S = 1.0
"""How often a watch looks whether its reader was closed."""


class Change(msgspec.Struct, frozen=True):
    """A snapshot was written. Instants in ms since the epoch."""

    t: int
    computed_at: int
    definition_version: str
    condition: str
    """Of the snapshot as a whole: ok, stale or recovering."""
    alarms: tuple[str, ...] = ()
    """The alarms of which a stream is in alarm."""


@dataclass(slots=True)
class News:
    """Lets through what is newer than everything before."""

    _last: tuple[int, int] = field(default=(-1, -1))

    def from_message(self, data: str) -> Change | None:
        """The change that a message of the channel tells of, if it is news.

        Raises:
            ValueError: the message is none of ours.
        """
        return self._if_new(msgspec.json.decode(data, type=Change))

    def from_standing(self, values: Sequence[str | None]) -> Change | None:
        """The same from STANDING_FIELDS of the version hash; None as well if nothing is written."""
        t, computed_at, version, condition, alarms = values
        if t is None or computed_at is None:
            return None
        return self._if_new(
            Change(int(t), int(computed_at), version or "", condition or "", tuple((alarms or "").split()))
        )

    def _if_new(self, change: Change) -> Change | None:
        at = (change.t, change.computed_at)
        if at <= self._last:
            return None
        self._last = at
        return change


STANDING_FIELDS = Change.__struct_fields__
