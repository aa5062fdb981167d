"""Intake: each record to its class (receipt.py), and on to the record of its customer or to parking.

Classes are decided in arrival order, whatever the clock (docs/contract.md, sections 1, 2 and 6). Whoever
has neither record nor marker here is checked against the partitioner first: in another's partition they would
be counted twice. What is dated after the clock is parked; the rest is applied at once.
"""

from collections.abc import Callable, Sequence
from typing import Final, cast

from streams.core.customer.entries import (
    FORM_CES,
    FORM_CES5,
    FORM_CSAT3,
    FORM_CSAT4,
    FORM_CSAT5,
    FORM_CSAT7,
    FORM_CSAT10,
    FORM_NPS,
    CancellationEntry,
    Entry,
    EraseEntry,
    EraseMarker,
    PurchaseEntry,
    SignupEntry,
    SurveyEntry,
    VoidEntry,
)
from streams.core.customer.groups import Groups
from streams.core.customer.identity import Identity
from streams.core.customer.memory import LIMITED
from streams.core.customer.record import HAS_VOIDS
from streams.core.decoding.decoder import Record
from streams.core.definition.definition import Definition
from streams.core.events import Cancellation, Erase, Event, Malformed, Purchase, Signup, Survey, Void
from streams.core.partition.arrivals import NEVER, Arrivals, Place
from streams.core.partition.erasure import erase
from streams.core.partition.journal import COUNTED, Journal
from streams.core.partition.ledger import Ledger
from streams.core.partition.malformed_slots import MalformedSlots
from streams.core.partition.parking import Parking
from streams.core.partition.paths.dispatch import Paths
from streams.core.partition.placement import Belongs
from streams.core.partition.receipt import Receipt
from streams.core.partition.store.customers import Customers
from streams.core.totals import LATE_MS

_FORMS: Final = {
    ("nps", 10): FORM_NPS,
    ("csat", 3): FORM_CSAT3,
    ("csat", 4): FORM_CSAT4,
    ("csat", 5): FORM_CSAT5,
    ("csat", 7): FORM_CSAT7,
    ("csat", 10): FORM_CSAT10,
    ("ces", 5): FORM_CES5,
    ("ces", 7): FORM_CES,
}


class Intake:
    """Takes decoded events into the state of one partition."""

    __slots__ = (
        "_at",
        "_base_currency",
        "_belongs",
        "_customers",
        "_entropy",
        "_events",
        "_groups",
        "_identity",
        "_journal",
        "_kept_for_ms",
        "_paths",
        "_reach_ms",
        "_receipt",
        "_records",
        "arrivals",
        "changed_markers",
        "ledger",
        "malformed",
        "markers",
        "newest",
        "parking",
    )

    def __init__(  # noqa: PLR0917 - one composer, PartitionState
        self,
        definition: Definition,
        identity: Identity,
        customers: Customers,
        entropy: Callable[[], bytes],
        journal: Journal | None,
        belongs: Belongs | None,
        place: Place | None,
    ) -> None:
        self._belongs = belongs
        self._records: Sequence[Record] = ()
        self._events: list[Event | Malformed] = []
        self._at = 0
        """No record before it can be the one that is looked at."""
        self._base_currency = definition.base_currency
        self._reach_ms = definition.reach_ms
        self._identity = identity
        self._customers = customers
        self._groups: Groups = customers.groups
        self._entropy = entropy
        self._journal = journal
        self._paths = Paths(customers)
        self.ledger = Ledger()
        self.malformed = MalformedSlots(customers.families.series)
        self.parking = Parking()
        self.markers: dict[bytes, EraseMarker] = {}
        self.changed_markers: set[bytes] = set()
        self.newest: dict[str, int] = {}
        self.arrivals = Arrivals(place)
        self._kept_for_ms = definition.in_time_ms
        self._receipt = Receipt(customers, self.parking, self.markers, self.arrivals)

    def take(self, kind: str, events: list[Event | Malformed], records: Sequence[Record]) -> bool:
        """Class and apply a batch of one kind, in order; whether all were well-formed.

        Args:
            kind: of all of them.
            events: what the records say; one that does not belong here becomes ``Malformed``.
            records: as they came.
        """
        self.ledger.received += len(events)
        self._events, self._records, self._at = events, records, 0
        overdue_ms = self.arrivals.begin(kind, records) - self._kept_for_ms
        if kind == "purchase":
            clean = self._purchases(cast("Sequence[Purchase | Malformed]", events), overdue_ms)
        else:
            clean = True
            for event in events:
                if type(event) is Malformed:
                    self.ledger.reject(kind, event.reason)
                    clean = False
                elif not self._one(kind, event):
                    clean = False
        self._events, self._records = [], ()
        if not clean:
            pairs = zip(records, events, strict=True)
            self.malformed.add(record.timestamp for record, event in pairs if type(event) is Malformed)
        return clean

    def customers_of(self, events: Sequence[Event | Malformed]) -> list[bytes]:
        """The digests of those whom events are of."""
        digest = self._identity.customer
        return [digest(event.customer_id) for event in events if type(event) is not Malformed]

    @property
    def safe_ms(self) -> tuple[int, int]:
        """No later event touches purchases, or answers, before the newest one dated before it.

        Repeats and late ones are told by their own topic's time. Voids, which have their own, may be behind
        the other topics by ``kept_for``; those that wait here reach as far as they say. (A replay, which
        applies nothing at receipt, keeps all ids: it never asks.)
        """
        arrived, kept_for_ms = self.arrivals.newest, self._kept_for_ms
        by_voids = min(max(arrived.values(), default=NEVER) - 2 * kept_for_ms, self.parking.voids_reach_ms)
        purchases, answers = (arrived.get(kind, NEVER) - kept_for_ms for kind in LIMITED)
        return min(purchases, by_voids), min(answers, by_voids)

    def unpark(self, t: int) -> None:
        """Apply what was parked and is dated at or before t, which is the clock now."""
        customers, marks = self._customers, self.newest
        hot, cold_get = customers.hot, customers.get
        fits, apply = self._paths.purchases.fits, self._paths.purchases.apply
        for parked in self.parking.due(t):
            if customers.late:
                customers.wake((parked.key,))
            entry = parked.entry
            if type(entry) is PurchaseEntry:
                key, at_ms = parked.key, entry.at_ms
                customer = hot.get(key) or cold_get(key)
                if customer is not None and not customer.flags & HAS_VOIDS and fits(customer, at_ms):
                    apply(key, customer, entry.digest, at_ms, entry.amount_minor << 1 | entry.base)
                    if at_ms > marks.get("purchase", -1):
                        marks["purchase"] = at_ms
                    continue
            self._apply(parked.key, parked.kind, entry, received=False)

    def _purchases(  # noqa: C901 - the hot loop
        self, events: Sequence[Purchase | Malformed], overdue_ms: int
    ) -> bool:
        """The same for purchases: those that nothing is odd about in one go, the others one by one.

        ``overdue_ms``: nothing dated after it is overdue at any of the records.
        """
        customers, identity, parking = self._customers, self._identity, self.parking
        hot, cold_get, markers = customers.hot, customers.get, self.markers
        fits, apply = self._paths.purchases.fits, self._paths.purchases.apply
        clock, base_currency = customers.clock, self._base_currency
        oldest = max(customers.oldest_ms, overdue_ms)
        marks = self.newest
        dates: list[int] = []
        newest = marks.get("purchase", -1)
        clean = True
        for event in events:
            if type(event) is Malformed:
                self.ledger.reject("purchase", event.reason)
                clean = False
                continue
            at_ms = event.at_ms
            key = identity.customer(event.customer_id)
            customer = hot.get(key) or cold_get(key)
            waits = at_ms > clock
            if (
                oldest >= at_ms
                or (markers and key in markers)
                or not (waits or (customer is not None and fits(customer, at_ms)))
            ):
                clean = self._one("purchase", event) and clean
                newest = marks.get("purchase", -1)
                continue
            if customer is None and self._refuses("purchase", key, event):
                clean = False
                continue
            digest = identity.event(event.source, event.event_id)
            if (customer is not None and customer.seems_known(digest, event.event_id)) or (
                parking and parking.holds(key, digest)
            ):
                self._one("purchase", event)
                newest = marks.get("purchase", -1)
                continue
            dates.append(at_ms)
            in_base = event.currency == base_currency
            if waits:
                parking.park(
                    key, digest, "purchase", PurchaseEntry(at_ms, digest, event.amount_minor, in_base)
                )
                continue
            assert customer is not None  # noqa: S101 - it fits
            apply(key, customer, digest, at_ms, event.amount_minor << 1 | in_base)
            if at_ms > newest:
                newest = marks["purchase"] = at_ms
            elif newest - at_ms > LATE_MS:
                self._late("purchase", at_ms, newest)
        if dates:
            self.ledger.count("purchase", len(dates))
            if self._journal is not None:
                self._journal.note("purchase", COUNTED, dates)
        return clean

    def _refuses(self, kind: str, key: bytes, event: Event) -> bool:
        """Whether an event lies in another customer's partition, and nothing was lawfully counted of its own.

        A replay holds all partitions and applies nothing at receipt: there, each record is checked.
        """
        belongs, customers = self._belongs, self._customers
        if belongs is None or (
            self._journal is None and (key in customers.hot or key in customers.cold or key in self.markers)
        ):
            return False
        at = self._number_of(event)
        record = self._records[at]
        if belongs(record, event.customer_id):
            return False
        refused = Malformed("missing_key" if record.key is None else "foreign_partition")
        self._events[at] = refused
        self.ledger.reject(kind, refused.reason)
        return True

    def _number_of(self, event: Event) -> int:
        """The number of the record in the batch; they are asked for in order."""
        events, at = self._events, self._at
        while events[at] is not event:
            at += 1
        self._at = at
        return at

    def _one(self, kind: str, event: Event) -> bool:
        """Class an event and apply it; False: it is refused."""
        key = self._identity.customer(event.customer_id)
        if self._refuses(kind, key, event):
            return False
        digest = self._identity.event(event.source, event.event_id)
        number = self._number_of(event)
        reason = self._receipt.judge(kind, key, digest, event, number)
        if self._journal is not None:
            self._journal.note(kind, reason, (event.at_ms,))
        if reason:
            self.ledger.ignore(kind, reason)
            return True
        self.ledger.count(kind)
        if type(event) is Erase:
            self._mark(key, received_ms=event.at_ms)
        entry = self._entry(event, digest, number)
        if event.at_ms > self._customers.clock:
            self.parking.park(key, digest, kind, entry)
        else:
            self._apply(key, kind, entry, received=True)
        return True

    def _apply(self, key: bytes, kind: str, entry: Entry, *, received: bool) -> None:
        at_ms = entry.at_ms
        if type(entry) is EraseEntry:
            erase(self._customers, self._paths, key, at_ms, self._entropy)
            self._mark(key, acted_ms=at_ms)
        else:
            self._paths.apply(key, entry)
            if received and self._journal is None and at_ms <= self._customers.clock - self._reach_ms:
                self.ledger.late_beyond_retention += 1
        newest = self.newest.get(kind, -1)
        if at_ms > newest:
            self.newest[kind] = at_ms
        elif received and newest - at_ms > LATE_MS:
            self._late(kind, at_ms, newest)

    def _late(self, kind: str, at_ms: int, newest: int) -> None:
        """Note a late event, and every window that it is dated in as of the clock."""
        definition, clock = self._customers.definition, self._customers.clock
        windows = [w.name for w in definition.windows if at_ms > definition.floor_edge(clock, w.ms)]
        self.ledger.late(kind, newest - at_ms, windows)

    def _mark(self, key: bytes, *, acted_ms: int = -1, received_ms: int = -1) -> None:
        old = self.markers.get(key, EraseMarker(-1, -1))
        self.markers[key] = EraseMarker(max(old.acted_ms, acted_ms), max(old.received_ms, received_ms))
        self.changed_markers.add(key)

    def _entry(self, event: Event, digest: bytes, number: int) -> Entry:
        """An event as the record keeps it: without customer id, with groups for its texts."""
        at_ms, groups = event.at_ms, self._groups
        if type(event) is Purchase:
            return PurchaseEntry(at_ms, digest, event.amount_minor, event.currency == self._base_currency)
        if type(event) is Signup:
            profile = groups.profile(event.attributes)
            return SignupEntry(at_ms, event.event_id, event.source, profile, event.cost_minor, event.trial)
        if type(event) is Cancellation:
            effect_ms = max(at_ms, event.effective_ms or at_ms)
            reason = groups.value("reason", event.reason)
            churn_type = groups.value("churn_type", event.churn_type)
            return CancellationEntry(at_ms, event.event_id, event.source, effect_ms, reason, churn_type)
        if type(event) is Survey:
            form = _FORMS[event.survey, event.scale]
            touchpoint = groups.value("touchpoint", event.touchpoint)
            return SurveyEntry(at_ms, event.event_id, event.source, form, event.score, touchpoint)
        if type(event) is Void:
            target = self._identity.event(event.target_source, event.target_id)
            return VoidEntry(at_ms, digest, target, max(0, self._receipt.since_ms("void", number)))
        return EraseEntry(at_ms)
