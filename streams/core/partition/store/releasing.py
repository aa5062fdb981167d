"""Groups that no record names any more: found by a pass over all records, given up at the next drain.

A pass marks the groups of every record that it sees; what is looked up, entered or waits meanwhile is marked,
too (groups.py, customers.py). What is unmarked in the end is named by nobody: its panes are empty, and no
total changes. The words that every table has stay. A replay, which ends, never does this.
"""

from collections.abc import Iterator

from streams.core.counting.sealed_sums import sealed_groups
from streams.core.customer.entries import CancellationEntry, Entry, SignupEntry, SurveyEntry
from streams.core.customer.record import Customer


def groups_of(customer: Customer) -> Iterator[int]:
    """The groups that a record names, some of them several times."""
    body = customer.body
    yield customer.profile
    for entries in (body.signups, body.cancellations, body.surveys, body.withdrawn):
        for entry in entries:
            yield from entry_groups(entry)
    if customer.history is not None:
        yield from customer.history.named
    if body.sealed is not None:
        yield from sealed_groups(body.sealed)


def entry_groups(entry: Entry) -> tuple[int, ...]:
    """The groups that an entry names."""
    if type(entry) is SignupEntry:
        return (entry.profile,)
    if type(entry) is CancellationEntry:
        return entry.reason, entry.churn_type
    return (entry.touchpoint,) if type(entry) is SurveyEntry else ()
