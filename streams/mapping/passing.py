"""Records that are events already: judged, and passed on as they are, under their customer's key.

So whatever key or partition a producer gave them, they come to where their customer lives.
"""

from collections.abc import Sequence

import msgspec

from streams.core.decoding.decoder import Decoder
from streams.core.decoding.expected import expected
from streams.core.events import Event, Malformed
from streams.mapping.outcomes import CanonicalEvent, Foreign, Mapped, Outcome, Refused
from streams.mapping.specs import Source


class _Given(msgspec.Struct, frozen=True, gc=False):
    """A record without its key, as the decoder reads it."""

    value: bytes | None
    timestamp: int
    key: None = None


class Passing:
    """A ``[[source]]`` of the format ``event``, which has one kind."""

    def __init__(self, source: Source, number: int, decoder: Decoder) -> None:
        assert source.kind.fixed is not None  # noqa: S101 - toml_file has seen to it
        self._kind, self._number, self._decoder = source.kind.fixed, number, decoder

    several = False
    """A record is one event."""

    def outcomes(self, records: Sequence[Foreign]) -> list[Outcome]:
        """The events themselves, or why they are none; keys are not looked at."""
        given = [_Given(record.value, record.timestamp_ms) for record in records]
        found = self._decoder.batch(self._kind, given)
        return [
            self._outcome(one.value or b"", one.timestamp, event)
            for one, event in zip(given, found, strict=True)
        ]

    def _outcome(self, value: bytes, timestamp_ms: int, event: Event | Malformed) -> Outcome:
        if isinstance(event, Malformed):
            return Refused(event.reason, event.field, "", expected(event))
        key = event.customer_id.encode()
        return Mapped((CanonicalEvent(self._kind, key, value, timestamp_ms),), self._number)
