"""Records that are events already: judged, and passed on as they are, under their customer's key.

So whatever key or partition a producer gave them, they come to where their customer lives.
"""

from streams.core.decoding.decoder import Decoder
from streams.core.decoding.expected import expected
from streams.core.events import Malformed
from streams.mapping.outcomes import CanonicalEvent, Foreign, Mapped, Outcome, Refused
from streams.mapping.specs import Source


class Passing:
    """A ``[[source]]`` of the format ``event``, which has one kind."""

    def __init__(self, source: Source, number: int, decoder: Decoder) -> None:
        assert source.kind.fixed is not None  # noqa: S101 - toml_file has seen to it
        self._kind, self._number, self._decoder = source.kind.fixed, number, decoder

    def outcome(self, record: Foreign) -> Outcome:
        """The event itself, or why it is none; its key is not looked at."""
        event = self._decoder.one(self._kind, None, record.value, record.timestamp_ms)
        if isinstance(event, Malformed):
            return Refused(event.reason, event.field, "", expected(event))
        assert record.value is not None  # noqa: S101 - it is an event
        key = event.customer_id.encode()
        return Mapped((CanonicalEvent(self._kind, key, record.value, record.timestamp_ms),), self._number)
