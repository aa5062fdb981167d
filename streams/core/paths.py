"""Which way an entry takes into its customer's record: an in-order path where one fits, else the general one.

Whatever the way, the result is the same: that is a law, tested. Erases have a module of their own.
"""

from streams.core.customer import Entry, PurchaseEntry, SignupEntry, SurveyEntry
from streams.core.customers import Customers
from streams.core.general_path import apply_entry
from streams.core.newcomer_path import NewcomerPath
from streams.core.purchase_path import PurchasePath
from streams.core.survey_path import SurveyPath


class Paths:
    """The ways into the records of one partition.

    Args:
        customers: the partition's.
        by_age: whether what is older than retention is sealed (live operation; never in a replay).
    """

    __slots__ = ("_by_age", "_customers", "_newcomers", "_surveys", "purchases")

    def __init__(self, customers: Customers, *, by_age: bool) -> None:
        self._customers = customers
        self._by_age = by_age
        self.purchases = PurchasePath(customers)
        self._newcomers = NewcomerPath(customers, self.purchases)
        self._surveys = SurveyPath(customers)

    def apply(self, key: bytes, entry: Entry) -> str | None:
        """Apply an entry dated at or before the clock; a text is the reason why it is ignored."""
        if self._in_order(key, entry):
            return None
        return apply_entry(self._customers, key, entry, by_age=self._by_age)

    def _in_order(self, key: bytes, entry: Entry) -> bool:
        customer = self._customers.get(key)
        if isinstance(entry, PurchaseEntry):
            if customer is None:
                return self._newcomers.purchase(key, entry)
            if not self.purchases.fits(customer, entry.at_ms):
                return False
            money = entry.amount_minor << 1 | entry.base
            self.purchases.apply(key, customer, entry.digest, entry.at_ms, money)
            return True
        if isinstance(entry, SurveyEntry):
            if customer is None or not self._surveys.fits(customer, entry.at_ms):
                return False
            self._surveys.apply(key, customer, entry)
            return True
        return customer is None and isinstance(entry, SignupEntry) and self._newcomers.signup(key, entry)
