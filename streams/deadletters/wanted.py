"""Which letters are meant: by kind, reason, time of writing, customer and place; all that is given must hold.

A customer's are those whose key is the id, and those whose value names it as ``customer_id`` (a record may
be malformed because its key is another or none). What else holds the id's bytes is only told of: whose it is
nobody can know.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from streams.core.events import Kind
from streams.deadletters.letter import Letter, Place


class _Named(msgspec.Struct):
    customer_id: str | int | None = None


_named = msgspec.json.Decoder(_Named).decode


@dataclass(frozen=True, slots=True)
class Wanted:
    """A choice of letters.

    Args:
        topics: source topic -> kind, of the deployment.
        kinds: empty: whatever kind.
        reasons: empty: whatever reason.
        since_ms: written at or after this.
        until_ms: written before this.
        customer: whose they are.
        places: where they stand; empty: anywhere.
        origins: topics that the records came from, read here or not; empty: whatever topic.
    """

    topics: Mapping[str, Kind]
    kinds: frozenset[str] = frozenset()
    reasons: frozenset[str] = frozenset()
    since_ms: int | None = None
    until_ms: int | None = None
    customer: str | None = None
    places: frozenset[Place] = frozenset()
    origins: frozenset[str] = frozenset()

    @property
    def everything(self) -> bool:
        """Whether nothing is chosen."""
        chosen = (self.since_ms, self.until_ms, self.customer)
        return not (self.kinds or self.reasons or self.places or self.origins) and chosen == (
            None,
            None,
            None,
        )

    def kind(self, letter: Letter) -> Kind | None:
        """The kind of event of a letter; None if it is foreign, or of a topic that is not read here."""
        return None if letter.origin is None else self.topics.get(letter.origin.topic)

    def takes(self, letter: Letter) -> bool:
        """Whether a letter is meant."""
        origin = letter.origin
        return (
            (not self.places or letter.place in self.places)
            and (not self.kinds or self.kind(letter) in self.kinds)
            and (not self.origins or (origin is not None and origin.topic in self.origins))
            and (not self.reasons or (origin is not None and origin.reason in self.reasons))
            and (self.since_ms is None or letter.timestamp >= self.since_ms)
            and (self.until_ms is None or letter.timestamp < self.until_ms)
            and (self.customer is None or _of_customer(letter, self.customer))
        )

    def mentions(self, letter: Letter) -> bool:
        """Whether a letter that is not meant holds the bytes of the customer's id."""
        if not self.customer:
            return False
        sought = self.customer.encode()
        return any(sought in (part or b"") for part in (letter.key, letter.value))


def _of_customer(letter: Letter, customer: str) -> bool:
    if letter.key == customer.encode():
        return True
    try:
        named = _named(letter.value or b"").customer_id
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return named is not None and str(named) == customer
