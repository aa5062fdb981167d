"""Which way an entry takes into its customer's record: the first path that takes it, else the general one.

All paths share one protocol: ``take(key, customer, entry)`` changes record and panes, or says False and has
changed nothing. Whatever the way, the result is the same: that is a law, tested. Erases have a module of
their own.
"""

from typing import Protocol

from streams.core.customer.derive import void_pending_at
from streams.core.customer.entries import (
    CancellationEntry,
    Entry,
    KeptEntry,
    PurchaseEntry,
    SignupEntry,
    SurveyEntry,
    VoidEntry,
    digest_of,
)
from streams.core.customer.record import HAS_VOIDS, Customer
from streams.core.partition.paths.general import apply_entry
from streams.core.partition.paths.late_purchase import LatePath
from streams.core.partition.paths.living import LivingPath
from streams.core.partition.paths.long_orders import LongOrdersPath
from streams.core.partition.paths.newcomer import NewcomerPath
from streams.core.partition.paths.profile_move import settle
from streams.core.partition.paths.purchase import PurchasePath
from streams.core.partition.paths.returning import ReturnPath
from streams.core.partition.paths.signup_cancellation import LifePath
from streams.core.partition.paths.survey import SurveyPath
from streams.core.partition.paths.void import VoidPath
from streams.core.partition.store.customers import Customers


class Path(Protocol):
    """A way into a record."""

    def take(self, key: bytes, customer: Customer | None, entry: Entry) -> bool:
        """Take an entry in, which no void here is aimed at; False: it is not for this path."""


class Paths:
    """The ways into the records of one partition."""

    __slots__ = ("_customers", "_paths", "living", "purchases", "voids")

    def __init__(self, customers: Customers) -> None:
        self._customers = customers
        self.purchases = PurchasePath(customers)
        newcomers, life = NewcomerPath(customers, self.purchases), LifePath(customers)
        returns, self.living = ReturnPath(customers, self.purchases), LivingPath(customers)
        orders, answers = LongOrdersPath(customers, self.living), SurveyPath(customers)
        self.voids = VoidPath(customers, self.living, orders, answers)
        customers.live_on = (life.live_on, self.living.live_on)
        customers.settle = self._settle
        self._paths: dict[type[Entry], tuple[Path, ...]] = {
            PurchaseEntry: (self.purchases, newcomers, LatePath(customers), returns, orders),
            SurveyEntry: (answers,),
            SignupEntry: (newcomers, life, self.living),
            CancellationEntry: (life, self.living),
            VoidEntry: (self.voids,),
        }

    def _settle(self, customer: Customer) -> None:
        settle(self._customers, customer)

    def apply(self, key: bytes, entry: KeptEntry) -> None:
        """Apply an entry dated at or before the clock."""
        customer = self._customers.get(key)
        if customer is not None and customer.flags & HAS_VOIDS and self._withdrawn(customer, entry):
            return
        self.insert(key, customer, entry)

    def insert(self, key: bytes, customer: Customer | None, entry: KeptEntry) -> None:
        """Apply an entry that no void is aimed at."""
        if not self._take(key, customer, entry):
            apply_entry(self._customers, key, entry)

    def _take(self, key: bytes, customer: Customer | None, entry: KeptEntry) -> bool:
        for path in self._paths[type(entry)]:  # noqa: SIM110 - without a generator
            if path.take(key, customer, entry):
                return True
        return False

    def _withdrawn(self, customer: Customer, entry: KeptEntry) -> bool:
        """Whether a void has come before the event, which then counts nothing."""
        if type(entry) is VoidEntry:
            return False
        identity = self._customers.identity
        digest = digest_of(entry, identity)
        if not customer.is_aimed_at(entry, digest):
            return False
        self._customers.void_pending -= void_pending_at(customer, digest, identity)
        customer.withdraw(entry, digest)
        self._customers.void_pending += void_pending_at(customer, digest, identity)
        customer.close_voids(identity, self._customers.room)
        customer.changed = True
        customer.facts = None
        return True
