"""Closed answers, and in which of their chunks answers to the NPS question stand, by touchpoint.

So the latest vote of a touchpoint, or of all, is found in one chunk, however many there are: eight bytes a
chunk and touchpoint.
"""

from bisect import bisect_left, insort
from operator import attrgetter
from typing import Final

from streams.core.customer.entries import FORM_NPS, SurveyEntry
from streams.core.customer.forms import NamedForm
from streams.core.customer.index import Index
from streams.core.customer.shelf import Chunk, Shelf

ClosedVote = tuple[int, str, str, int]
"""Time, id, source and score of an NPS answer."""
_ALL: Final = -1
"""In the place of a touchpoint: all of them."""
_last: Final = attrgetter("last")


class Answers(Shelf[SurveyEntry]):
    """The chunks of answers.

    Args:
        form: how they are packed.
        index: where ids stand.
        changes: as for Shelf.
    """

    __slots__ = ("_holders", "_named", "_votes")

    def __init__(
        self, form: NamedForm[SurveyEntry], index: Index, changes: dict[bytes, bytes | None]
    ) -> None:
        super().__init__(form, index, changes)
        self._named: NamedForm[SurveyEntry] = form
        self._holders: dict[int, list[Chunk]] = {}
        """Touchpoint -> the chunks with NPS answers of it, in order."""
        self._votes: dict[int, ClosedVote] = {}
        """Touchpoint -> its latest vote, once somebody asked."""

    def vote(self, touchpoint: int | None) -> ClosedVote | None:
        """The latest closed NPS answer, of one touchpoint or of all."""
        at = _ALL if touchpoint is None else touchpoint
        found = self._votes.get(at)
        if found is None and at in self._holders:
            entries = self._named.entries(self._holders[at][-1].data)
            nps = [entry for entry in entries if entry.form == FORM_NPS and at in (_ALL, entry.touchpoint)]
            found = self._votes[at] = vote_of(nps[-1])
        return found

    def _came(self, chunk: Chunk) -> None:
        for at in self._touchpoints(chunk):
            insort(self._holders.setdefault(at, []), chunk, key=_last)
            self._votes.pop(at, None)

    def _went(self, chunk: Chunk) -> None:
        for at in self._touchpoints(chunk):
            holders = self._holders[at]
            del holders[bisect_left(holders, _last(chunk), key=_last)]
            if not holders:
                del self._holders[at]
            self._votes.pop(at, None)

    def _touchpoints(self, chunk: Chunk) -> set[int]:
        """Those with NPS answers in a chunk, and ``_ALL`` if there is any."""
        found = {entry.touchpoint for entry in self._named.entries(chunk.data) if entry.form == FORM_NPS}
        return found | {_ALL} if found else found


def vote_of(entry: SurveyEntry) -> ClosedVote:
    """An NPS answer as a vote."""
    return entry.at_ms, entry.event_id, entry.source, entry.score
