r"""What a partition's sweep found as records of the totals topic: written by its owner, read by publishers.

One compacted record a group (``s:`` dimension ``\\0`` value: packed buckets) and one of those most at risk
(``r``), in the transaction of a flush and before its header, which names the sweep's time. Each carries the
owner's epoch, so that what an earlier owner left behind is not told. Who is erased is taken out of the last
record at once, without waiting for the next sweep.
"""

from collections.abc import Callable, Collection, Iterable

import msgspec

from streams.core.definition.dimensions import EVENT_DIMENSIONS
from streams.core.kpi.early_warning import AtRisk
from streams.core.kpi.swept import Swept
from streams.core.partition.sweep.steps import Steps
from streams.core.totals import OVERALL, Group
from streams.engine.exits import EngineError, ExitCode
from streams.engine.totals_topic.group_records import Pair

SHARES_PREFIX = b"s:"
AT_RISK_KEY = b"r"

_encode = msgspec.msgpack.Encoder().encode


class Shares(msgspec.Struct, frozen=True, array_like=True):
    """What the buyers of one group spent."""

    epoch: int
    buckets: bytes


class AtRiskRecord(msgspec.Struct, frozen=True, array_like=True):
    """The customers most at risk."""

    epoch: int
    customers: tuple[AtRisk, ...]


_shares = msgspec.msgpack.Decoder(Shares)
_at_risk = msgspec.msgpack.Decoder(AtRiskRecord)


def is_swept(key: bytes) -> bool:
    """Whether a record of the totals topic is of a sweep."""
    return key == AT_RISK_KEY or key.startswith(SHARES_PREFIX)


def _key(group: Group) -> bytes:
    dimension, value = group
    return SHARES_PREFIX + dimension.encode() + b"\0" + value.encode()


def _group(key: bytes) -> Group:
    dimension, _, value = key[len(SHARES_PREFIX) :].partition(b"\0")
    return dimension.decode(), value.decode()


class SweptWriter:
    """Turns what sweeps found into the records that changed since this owner wrote them last.

    Args:
        epoch: the owner's.
        known: groups that an earlier owner may have written; the first sweep deletes those without buyers.
    """

    def __init__(self, epoch: int, known: Iterable[Group] = ()) -> None:
        self.t: int | None = None
        """Time of the sweep that was written last (ms)."""
        self._epoch = epoch
        self._left = {group for group in known if group != OVERALL and group[0] not in EVENT_DIMENSIONS}
        self._written: dict[Group, bytes] = {}
        self._at_risk: tuple[AtRisk, ...] | None = None
        """None before the first sweep, which replaces what an earlier owner wrote in any case."""

    def changing(
        self, swept: Swept | None, erased: Callable[[Collection[bytes]], Collection[bytes]]
    ) -> Steps[list[Pair]]:
        """The records to write, in steps.

        Args:
            swept: a new sweep, if there is one.
            erased: which customers of some were erased since the last flush.
        """
        pairs: list[Pair] = []
        at_risk = self._at_risk
        if swept is not None:
            yield from self._shares(swept, pairs)
            self.t, at_risk = swept.t, swept.at_risk
        if at_risk is None:
            return pairs
        gone = erased([one.customer for one in at_risk])
        if gone:
            at_risk = tuple(one for one in at_risk if one.customer not in gone)
        if at_risk != self._at_risk:
            self._at_risk = at_risk
            pairs.append((AT_RISK_KEY, _encode(AtRiskRecord(self._epoch, at_risk))))
        return pairs

    def _shares(self, swept: Swept, pairs: list[Pair]) -> Steps[None]:
        for group in (self._written.keys() | self._left) - swept.shares.keys():
            self._written.pop(group, None)
            pairs.append((_key(group), None))
        self._left.clear()
        for group, buckets in swept.shares.items():
            if self._written.get(group) != buckets:
                self._written[group] = buckets
                pairs.append((_key(group), _encode(Shares(self._epoch, buckets))))
            yield


class SweptLog:
    """The sweeps of one partition, put together from its records."""

    def __init__(self) -> None:
        self._shares: dict[Group, Shares] = {}
        self._at_risk = AtRiskRecord(0, ())
        self._staged: dict[bytes, bytes | None] = {}
        self._of: tuple[int, int | None] = (0, None)
        self._swept: Swept | None = None

    def stage(self, key: bytes, value: bytes | None) -> None:
        """Take one record; it counts from the header on."""
        self._staged[key] = value

    def forget(self) -> None:
        """Drop what was staged: another version wrote it."""
        self._staged.clear()

    def settle(self, epoch: int, t: int | None) -> Swept | None:
        """What is known as of a header; the same object as long as nothing changes.

        Args:
            epoch: the header's.
            t: the time of the sweep that the header names.

        Raises:
            EngineError: a record was written by another version.
        """
        if not self._staged and self._of == (epoch, t):
            return self._swept
        at_risk_alone = self._of == (epoch, t) and self._staged.keys() == {AT_RISK_KEY}
        try:
            for key, value in self._staged.items():
                self._take(key, value)
        except msgspec.MsgspecError as error:
            why = f"the totals topic holds records of another version ({error})"
            raise EngineError(ExitCode.FORMAT_CHANGED, why) from error
        self._staged.clear()
        self._of = (epoch, t)
        self._swept = None if t is None else self._told(epoch, t, at_risk_alone=at_risk_alone)
        return self._swept

    def _take(self, key: bytes, value: bytes | None) -> None:
        if value is None:
            self._shares.pop(_group(key), None)
        elif key == AT_RISK_KEY:
            self._at_risk = _at_risk.decode(value)
        else:
            self._shares[_group(key)] = _shares.decode(value)

    def _told(self, epoch: int, t: int, *, at_risk_alone: bool) -> Swept:
        at_risk = self._at_risk.customers if self._at_risk.epoch == epoch else ()
        if at_risk_alone and self._swept is not None:
            return Swept(t, self._swept.shares, at_risk)
        shares = {group: row.buckets for group, row in self._shares.items() if row.epoch == epoch}
        return Swept(t, shares, at_risk)
