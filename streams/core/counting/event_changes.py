"""What single events change in the cells: (quantity, amount) pairs by family. Pure."""

from collections.abc import Iterator
from typing import Final

from streams.core.counting import quantities as q
from streams.core.customer.entries import (
    FORM_CES,
    FORM_CES5,
    FORM_CSAT3,
    FORM_CSAT4,
    FORM_CSAT5,
    FORM_CSAT7,
    FORM_CSAT10,
    FORM_NPS,
    SurveyEntry,
)
from streams.core.definition.definition import Definition

CellChange = tuple[int, int]
"""(quantity, amount)."""

PROFILE: Final = -1
"""In sums of a record: the customer's own profile, whichever it is."""

_SATISFACTION: Final = {
    FORM_CSAT3: (q.CSAT3, 3),
    FORM_CSAT4: (q.CSAT4, 3),
    FORM_CSAT5: (q.CSAT5, 4),
    FORM_CSAT7: (q.CSAT7, 6),
    FORM_CSAT10: (q.CSAT10, 9),
}
"""Form -> where it is counted, and the least score of who is satisfied."""
_EFFORT: Final = {FORM_CES: q.CES, FORM_CES5: q.CES5}


Lengths = tuple[int, ...]
"""Lengths (ms) of the windows that have purchase retention, shortest first."""


def pair_lengths(definition: Definition) -> Lengths:
    """The lengths under a definition."""
    return tuple(w.ms for w in q.pair_windows(definition))


def pair_changes(earlier_ms: int, later_ms: int, lengths: Lengths) -> Iterator[tuple[int, list[CellChange]]]:
    """(time, changes) of two consecutive orders; ``earlier_ms`` 0: the later one is the first ever."""
    gap = later_ms - earlier_ms
    wide = [i for i, length in enumerate(lengths) if not earlier_ms or gap >= length]
    if wide:
        yield later_ms, [(q.PAIRS + 2 * i + 1, 1) for i in wide]
        if earlier_ms:
            yield earlier_ms, [(q.PAIRS + 2 * i, 1) for i in wide]


def survey_changes(entry: SurveyEntry) -> list[CellChange]:
    """What an answer counts by itself, in its profile and in its touchpoint."""
    score = entry.score
    if entry.form == FORM_NPS:
        return [(q.NPS + q.nps_class(score), 1)]
    effort = _EFFORT.get(entry.form)
    if effort is not None:
        return [(effort, 1), (effort + 1, score), (effort + 2, score * score)]
    at, least = _SATISFACTION[entry.form]
    return [(at, 1), (at + 1, int(score >= least)), (at + 2, score), (at + 3, score * score)]
