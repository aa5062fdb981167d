"""Compares what partitions counted with the recount: every number of every group, and the accounting."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from streams.core.definition.definition import Definition
from streams.core.totals import FLOWS, GAUGES, Accounting, Group, Totals, Vector
from tests.laws.driver import Driven, totals_of
from tests.recount import classify, counts
from tests.recount.document import is_forgotten, lives_of
from tests.spoiling import Record

Named = dict[Group, dict[str, dict[str, int]]]
"""Group -> ``now`` or window -> name -> number."""


def named(groups: Mapping[Group, Vector], definition: Definition, flows: Sequence[str] = FLOWS) -> Named:
    """Vectors as the recount names their numbers; all-zero groups are left out."""
    out: Named = {}
    for group, vector in groups.items():
        row = {"now": dict(zip(GAUGES, vector, strict=False))}
        for i, window in enumerate(definition.windows):
            at = len(GAUGES) + i * len(flows)
            row[window.name] = dict(zip(flows, vector[at : at + len(flows)], strict=True))
        if any(n for numbers in row.values() for n in numbers.values()):
            out[group] = row
    return out


def differences(found: Named, expected: dict[Group, Any]) -> list[str]:
    """A line for every count that differs; absent is 0."""
    lines = []
    for group in sorted(found.keys() | expected.keys()):
        mine, theirs = found.get(group, {}), expected.get(group, {})
        for window in sorted(mine.keys() | theirs.keys()):
            a, b = mine.get(window, {}), theirs.get(window, {})
            place = f"{':'.join(group) if any(group) else 'overall'} {window}"
            lines += [
                f"{place} {name}: {a.get(name, 0)}, recounted {b.get(name, 0)}"
                for name in sorted(a.keys() | b.keys())
                if a.get(name, 0) != b.get(name, 0)
            ]
    return lines


class Recounted:
    """What the recount makes of a history at one t; computed once, compared often."""

    def __init__(self, records: Sequence[Record], t: int, definition: Definition | None = None) -> None:
        self._definition = definition or Definition()
        self._counts = counts(records, t, self._definition)
        receipts = classify(records, self._definition)
        everyone = lives_of(receipts, t, self._definition)
        lives = [one for one in everyone if not is_forgotten(one, t, self._definition)]
        outcomes = Counter(r.outcome for r in receipts)
        self._accounting = {
            "received": len(receipts),
            "counted": outcomes["counted"],
            "malformed": outcomes["malformed"],
            **Counter(f"ignored {r.reason}" for r in receipts if r.outcome == "ignored"),
            "parked": sum(
                r.outcome == "counted" and r.event is not None and r.event.at_ms > t for r in receipts
            ),
            "not_active": sum(one.not_active for one in lives),
            "void_pending": sum(one.person.void_pending for one in lives),
        }

    def differences(self, driven: Iterable[Driven]) -> list[str]:
        """Wherever partitions, their clocks at t, differ from the recount."""
        partitions = list(driven)
        totals = totals_of(partitions)
        found = accounting_of(totals.accounting)
        lines = [
            f"accounting {name}: {found.get(name, 0)}, recounted {self._accounting.get(name, 0)}"
            for name in found.keys() | self._accounting.keys()
            if found.get(name, 0) != self._accounting.get(name, 0)
        ]
        for p, one in enumerate(partitions):
            if not one.state.accounting_only().accounting.balanced:
                lines.append(f"partition {p} does not balance")
        return lines + differences(named(totals.groups, self._definition), self._counts)


def accounting_of(accounting: Accounting) -> dict[str, int]:
    """The classes and gauges of an accounting that do not depend on how the clock moved."""
    return {
        "received": accounting.received,
        "counted": sum(accounting.counted.values()),
        "malformed": sum(accounting.malformed.values()),
        **{f"ignored {reason}": n for reason, n in accounting.ignored.items()},
        "parked": accounting.parked,
        "not_active": accounting.not_active,
        "void_pending": accounting.void_pending,
    }


def same(one: Totals, other: Totals) -> bool:
    """Whether two totals say the same: groups, accounting, newest events."""
    return (
        {g: v for g, v in one.groups.items() if any(v)} == {g: v for g, v in other.groups.items() if any(v)}
        and accounting_of(one.accounting) == accounting_of(other.accounting)
        and one.newest == other.newest
    )
