"""What a record remembers of events: which ids it has, and how far its overdue purchases and answers go."""

from collections.abc import Iterator
from typing import Final

from streams.core.customer.blocks import bought_as
from streams.core.customer.entries import (
    PURCHASE,
    Fact,
    PurchaseEntry,
    SurveyEntry,
)
from streams.core.customer.identity import Identity
from streams.core.customer.record import HAS_VOIDS, Customer

PURCHASE_KIND: Final = "purchase"
SURVEY_KIND: Final = "survey"
LIMITED: Final = (PURCHASE_KIND, SURVEY_KIND)
"""Kinds of events that may come too late; the others are known for ever."""
LASTING: Final = ""


def kind_of(entry: object) -> str:
    """The kind of an entry that may come too late, else ``LASTING``."""
    if type(entry) is PurchaseEntry:
        return PURCHASE_KIND
    return SURVEY_KIND if type(entry) is SurveyEntry else LASTING


def known(
    customer: Customer, digest: bytes, source: str, event_id: str, identity: Identity
) -> Iterator[tuple[str, int]]:
    """Kind and date of every event with this id."""
    for bought in bought_as(customer.purchases, digest):
        yield PURCHASE_KIND, bought.at_ms
    body = customer.body
    named: list[Fact] = [*body.signups, *body.cancellations, *body.surveys]
    for entry in named:
        if type(entry) is not PurchaseEntry and entry.event_id == event_id and entry.source == source:
            yield kind_of(entry), entry.at_ms
    if customer.history is not None and customer.history.index.holds(digest):
        for closed in customer.history.purchases.known_as(digest):
            yield PURCHASE_KIND, closed.at_ms
        for answer in customer.history.answers.known_as(digest):
            yield SURVEY_KIND, answer.at_ms
        for signup in customer.history.signups.known_as(digest):
            yield LASTING, signup.at_ms
        for cancellation in customer.history.cancellations.known_as(digest):
            yield LASTING, cancellation.at_ms
    if customer.flags & HAS_VOIDS and customer.is_apart(digest, identity):
        yield from _apart(customer, digest, identity)


def _apart(customer: Customer, digest: bytes, identity: Identity) -> Iterator[tuple[str, int]]:
    voids, withdrawn = customer.voided_as(digest, identity)
    if any(void.digest == digest for void in voids):
        yield LASTING, 0
    for fact in withdrawn:
        yield kind_of(fact), fact.at_ms


def horizon_ms(customer: Customer, kind: str, before_ms: int) -> int:
    """The time of the newest purchase or answer before an instant, withdrawn or not; -1: none."""
    history, newest = customer.history, -1
    if kind == PURCHASE_KIND:
        for _, at_ms, _ in PURCHASE.iter_unpack(customer.purchases):
            if at_ms >= before_ms:
                break
            newest = at_ms
        if newest < 0 and history is not None:
            newest = history.purchases.newest_before(before_ms)
    else:
        newest = max([e.at_ms for e in customer.body.surveys if e.at_ms < before_ms], default=-1)
        if newest < 0 and history is not None:
            newest = history.answers.newest_before(before_ms)
    apart = [e.at_ms for e in customer.body.withdrawn if e.at_ms < before_ms and kind_of(e) == kind]
    if history is not None:
        apart.append(history.voids.newest_before(before_ms, bought=kind == PURCHASE_KIND))
    return max([newest, *apart])


def sums_end_ms(customer: Customer) -> int:
    """Up to when the first version made sums of a customer's purchases and answers; -1: it did not."""
    sealed = customer.body.sealed
    return -1 if sealed is None else sealed.horizon_ms
