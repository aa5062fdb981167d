"""Which way an entry takes into its customer's record: an in-order path where one fits, else the general one.

Whatever the way, the result is the same: that is a law, tested. Erases have a module of their own.
"""

from streams.core.customer.entries import (
    CancellationEntry,
    KeptEntry,
    PurchaseEntry,
    SignupEntry,
    SurveyEntry,
)
from streams.core.customer.record import Customer
from streams.core.partition.paths.general import apply_entry
from streams.core.partition.paths.late_purchase import LatePath
from streams.core.partition.paths.newcomer import NewcomerPath
from streams.core.partition.paths.purchase import PurchasePath
from streams.core.partition.paths.returning import ReturnPath
from streams.core.partition.paths.signup_cancellation import LifePath
from streams.core.partition.paths.survey import SurveyPath
from streams.core.partition.store.customers import Customers


class Paths:
    """The ways into the records of one partition.

    Args:
        customers: the partition's.
        by_age: whether what is older than retention is sealed (live operation; never in a replay).
    """

    __slots__ = ("_by_age", "_customers", "_late", "_life", "_newcomers", "_returns", "_surveys", "purchases")

    def __init__(self, customers: Customers, *, by_age: bool) -> None:
        self._customers = customers
        self._by_age = by_age
        self.purchases = PurchasePath(customers)
        self._newcomers = NewcomerPath(customers, self.purchases)
        self._surveys = SurveyPath(customers)
        self._life = LifePath(customers)
        self._late = LatePath(customers)
        self._returns = ReturnPath(customers, self.purchases)

    def apply(self, key: bytes, entry: KeptEntry, *, received: bool) -> str | None:
        """Apply an entry dated at or before the clock; a text is the reason why it is ignored.

        ``received``: just now; what was parked until its time was not too old when it was received.
        """
        old = received and self._by_age and entry.at_ms <= self._customers.oldest_ms
        if not old and self._in_order(key, entry):
            return None
        return apply_entry(self._customers, key, entry, by_age=old)

    def _in_order(self, key: bytes, entry: KeptEntry) -> bool:
        customer = self._customers.get(key)
        if type(entry) is PurchaseEntry:
            return self._purchase(key, customer, entry)
        if type(entry) is SurveyEntry:
            if customer is None or not self._surveys.fits(customer, entry.at_ms):
                return False
            self._surveys.apply(key, customer, entry)
            return True
        if type(entry) is SignupEntry:
            if customer is None:
                return self._newcomers.signup(key, entry)
            return self._life.signup(customer, entry)
        return type(entry) is CancellationEntry and (
            customer is not None and self._life.cancellation(customer, entry)
        )

    def _purchase(self, key: bytes, customer: Customer | None, entry: PurchaseEntry) -> bool:
        if customer is None:
            return self._newcomers.purchase(key, entry)
        if self.purchases.fits(customer, entry.at_ms):
            money = entry.amount_minor << 1 | entry.base
            self.purchases.apply(key, customer, entry.digest, entry.at_ms, money)
        elif self._late.fits(customer, entry.at_ms):
            self._late.apply(key, customer, entry)
        elif self._returns.fits(customer, entry):
            self._returns.apply(key, customer, entry)
        else:
            return False
        return True
