"""Receipt: the class of an event, a pure function of the log (docs/contract.md, sections 1, 2 and 6).

With r the greatest Kafka timestamp so far of the event's topic and partition, what is dated before
r - kept_for is overdue. The horizon of a customer's purchases (answers) is the newest counted one that is
overdue. An id is known while its event is not overdue, or is of the horizon's own instant; ids of life events
and voids always. In this order: a known id is ``duplicate``; what an erase reached is ``erased``; an overdue
purchase or answer before the horizon is ``sealed``; the rest is counted.

Never: asks a clock, or what form a record has.
"""

from collections.abc import Iterator
from typing import Final

from streams.core.customer.blocks import place_of
from streams.core.customer.entries import PURCHASE, EraseMarker
from streams.core.customer.memory import LIMITED, PURCHASE_KIND, horizon_ms, known, sums_end_ms
from streams.core.customer.record import HAS_SEALED, Customer
from streams.core.events import Event
from streams.core.partition.arrivals import NEVER, Arrivals
from streams.core.partition.journal import COUNTED
from streams.core.partition.parking import Parking
from streams.core.partition.store.customers import Customers

DUPLICATE: Final = "duplicate"
ERASED: Final = "erased"
SEALED: Final = "sealed"


class Receipt:
    """Classes events of one partition.

    Args:
        customers, parking, markers: what is there already.
        arrivals: how far the topics have come.
    """

    __slots__ = ("_arrivals", "_customers", "_kept_for_ms", "_markers", "_parking")

    def __init__(
        self, customers: Customers, parking: Parking, markers: dict[bytes, EraseMarker], arrivals: Arrivals
    ) -> None:
        self._customers = customers
        self._parking = parking
        self._markers = markers
        self._arrivals = arrivals
        self._kept_for_ms = customers.definition.in_time_ms

    def since_ms(self, kind: str, number: int) -> int:
        """What is dated before it is overdue at a record of the batch, by the arrivals of a kind."""
        return self._arrivals.of(kind, number) - self._kept_for_ms

    def judge(self, kind: str, key: bytes, digest: bytes, event: Event, number: int) -> str:
        """The class of an event: ``COUNTED``, or why it is ignored.

        Args:
            kind: of the event and its batch.
            key: the customer's digest.
            digest: the event's.
            event: what the record says.
            number: of the record in its batch.
        """
        marker, customer = self._markers.get(key), self._customers.get(key)
        if self._parking.holds(key, digest) or (
            customer is not None and customer.seems_known(digest, event.event_id)
        ):
            if marker is None and customer is not None and self._bought_in_time(customer, digest):
                return DUPLICATE
            for found, at_ms in self._found(key, digest, event, marker):
                if self._counts_as_known(key, found, at_ms, number):
                    return DUPLICATE
        if marker is not None and event.at_ms <= marker.received_ms:
            return ERASED
        late = kind in LIMITED and self._too_late(kind, key, customer, event.at_ms, number)
        return SEALED if late else COUNTED

    def _bought_in_time(self, customer: Customer, digest: bytes) -> bool:
        """What most repeats are: of a purchase of late."""
        at = place_of(customer.purchases, digest)
        return at >= 0 and self._in_time(PURCHASE_KIND, PURCHASE.unpack_from(customer.purchases, at)[1])

    def _found(
        self, key: bytes, digest: bytes, event: Event, marker: EraseMarker | None
    ) -> Iterator[tuple[str, int]]:
        """Kind and date of the events of this id that are here."""
        parked = self._parking.find(key, digest)
        if parked is not None and (marker is None or parked[1] > marker.received_ms):
            yield parked
        if marker is not None and marker.received_ms > self._customers.clock:
            return  # the whole record is about to be erased: its ids no longer count
        customer = self._customers.get(key)
        if customer is not None and customer.seems_known(digest, event.event_id):
            yield from known(customer, digest, event.source, event.event_id, self._customers.identity)

    def _counts_as_known(self, key: bytes, kind: str, at_ms: int, number: int) -> bool:
        if kind not in LIMITED:
            return True
        if self._in_time(kind, at_ms):
            return True
        since_ms = self.since_ms(kind, number)
        return at_ms >= since_ms or at_ms == self._horizon_ms(kind, key, since_ms)

    def _in_time(self, kind: str, at_ms: int) -> bool:
        """Whether an event is overdue at no record of the batch; mostly nothing needs to be known closer."""
        return at_ms >= self._arrivals.newest.get(kind, NEVER) - self._kept_for_ms

    def _too_late(self, kind: str, key: bytes, customer: Customer | None, at_ms: int, number: int) -> bool:
        if customer is not None and customer.flags & HAS_SEALED and at_ms <= sums_end_ms(customer):
            return True
        if self._in_time(kind, at_ms):
            return False
        since_ms = self.since_ms(kind, number)
        return at_ms < since_ms and at_ms < self._horizon_ms(kind, key, since_ms)

    def _horizon_ms(self, kind: str, key: bytes, since_ms: int) -> int:
        customer = self._customers.get(key)
        kept = -1 if customer is None else horizon_ms(customer, kind, since_ms)
        return max(kept, self._parking.newest_before(key, kind, since_ms))
