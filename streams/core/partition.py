"""The state of one partition: apply batches, advance the clock, totals at t, changelog records out and in.

One PartitionState is one unit of truth: what the six topics of a partition brought, up to the offsets that
the engine keeps beside it. It is pure: time is an argument, nothing is read or written. Live operation,
replay, tests and benchmarks all drive this class and no other.
"""

import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

import msgspec

from streams.core.customers import ANONYMOUS, CUSTOMER, GAUGES_WIDTH, Customers
from streams.core.decode import Decoder, Record
from streams.core.definition import COHORT_DIMENSIONS, Definition
from streams.core.entries import Marker
from streams.core.events import Kind, Malformed
from streams.core.groups import Groups, Members
from streams.core.identity import DIGEST_SIZE, Identity
from streams.core.intake import Intake
from streams.core.journal import Journal
from streams.core.kpi_value import Sweep
from streams.core.ledger import Ledger
from streams.core.rebuilding import rebuild
from streams.core.spent import Spent, changed_since
from streams.core.steps import Steps, finish
from streams.core.sweep import sweep
from streams.core.sweeping import Swept, sweeping
from streams.core.totals import OVERALL, Accounting, Group, Totals, Vector, add_vectors
from streams.core.windows import Assembler

_ERASED: Final = b"E"
_GROUP: Final = b"G"
_PARKED: Final = b"P"
_SEEN: Final = b"F"

_UNPARKED: Final = 200
"""About as many parked events are applied in a step of an advance."""
_encode: Final = msgspec.msgpack.Encoder().encode
_decode_marker: Final = msgspec.msgpack.Decoder(Marker).decode


class _Header(msgspec.Struct, array_like=True):
    clock: int
    ledger: Ledger
    newest: dict[str, int]
    folded: int


_decode_header: Final = msgspec.msgpack.Decoder(_Header).decode


def _entropy() -> bytes:
    return secrets.token_bytes(DIGEST_SIZE)


class PartitionState:
    """Customers, panes and clock of one partition.

    Args:
        definition: what the numbers mean.
        identity: the deployment's digests.
        entropy: 16 random bytes a call, the keys of anonymous persons.
        journal: notes the class of every record; only in a replay, where age alone never seals
            (docs/contract.md, section 2).
    """

    __slots__ = (
        "_assembler",
        "_customers",
        "_decoder",
        "_groups",
        "_intake",
        "_last_header",
        "_parked",
        "_view",
    )

    def __init__(
        self,
        definition: Definition,
        identity: Identity,
        *,
        entropy: Callable[[], bytes] = _entropy,
        journal: Journal | None = None,
    ) -> None:
        self._decoder = Decoder(definition)
        self._groups = Groups(definition)
        self._customers = Customers(definition, identity, self._groups)
        self._intake = Intake(definition, identity, self._customers, entropy, journal)
        self._assembler = Assembler(definition, self._customers.families)
        self._view = -1
        self._last_header = b""
        self._parked: dict[bytes, bytes | None] = {}

    # ---- running

    @property
    def clock(self) -> int:
        """The evaluation time t in ms; -1 before the first advance."""
        return self._customers.clock

    def apply(self, kind: Kind, records: Sequence[Record]) -> list[tuple[Record, str]]:
        """Class and apply a batch of one kind in its order; returns the malformed records with the reason."""
        events = self._decoder.batch(kind, records)
        if self._intake.take(kind, events):
            return []
        return [
            (record, event.reason)
            for record, event in zip(records, events, strict=True)
            if type(event) is Malformed
        ]

    def advance(self, t: int) -> None:
        """Move the clock to t; it never goes back."""
        if t <= self.clock:
            return
        self._customers.advance(t)
        self._customers.families.move(t)
        self._intake.unpark(t)

    def advancing(self, t: int) -> Steps[None]:
        """Move the clock to t little by little; between two steps anything may happen."""
        stride = max(1, (t - self.clock) // (1 + len(self._intake.parking) // _UNPARKED))
        while self.clock + stride < t:
            self.advance(self.clock + stride)
            yield
        self.advance(t)

    def view(self, t: int) -> None:
        """Promise that totals will not be asked for before t, which makes catching up cheap."""
        self._view = max(self._view, t)
        self._customers.families.move(t)

    # ---- totals

    def totals(self, *, dimensions: bool = True) -> Totals:
        """The totals at the clock.

        Raises:
            ValueError: the clock has not reached what ``view`` promised.
        """
        return finish(self.totalling(dimensions=dimensions))

    def totalling(self, *, dimensions: bool = True) -> Steps[Totals]:
        """The totals at the clock, in steps between which nothing may change."""
        t = self.clock
        if t < self._view:
            raise ValueError(f"totals at {t} were asked for, but view promised none before {self._view}")
        customers = self._customers
        totals = Totals(t, accounting=self._accounting(), newest=dict(self._intake.newest))
        totals.first_seen = dict(self._groups.first_seen)
        totals.groups[OVERALL] = self._assembler.whole(t, customers.whole)
        if dimensions:
            for group, members in self._groups.by_value.items():
                vector = self._group_vector(group, members)
                if any(vector):
                    totals.groups[group] = vector
                yield
        return totals

    def sweep(self) -> dict[tuple[Group, str], Sweep]:
        """Revenue shares of the buyers at the clock: a pass over all customers, for replays."""
        return sweep(self._customers, self._customers.definition)

    def sweeping(self, at_risk_limit: int) -> Steps[Swept]:
        """The additive form of it and who is most at risk, in steps between which anything may happen."""
        return sweeping(self._customers, at_risk_limit)

    def erased(self, keys: Collection[bytes]) -> set[bytes]:
        """Which of these customers (digests) were erased since the last drain."""
        return self._intake.changed_markers.intersection(keys)

    def spent(self) -> Iterator[tuple[bytes, Spent | None]]:
        """What customers who changed since the last call have paid; for replays, which never drain."""
        return changed_since(self._customers)

    @property
    def table(self) -> Sequence[Members]:
        """The groups by number (groups.py)."""
        return self._groups.table

    def accounting_only(self) -> Totals:
        """The totals of a partition that is not live: the accounting alone."""
        return Totals(self.clock, accounting=self._accounting(), newest=dict(self._intake.newest))

    def _group_vector(self, group: Group, members: list[int]) -> Vector:
        if group[0] not in COHORT_DIMENSIONS:
            return self._assembler.event_value([0] * GAUGES_WIDTH, members[0])
        customers = self._customers
        gauges = [customers.gauges[m] for m in members if m in customers.gauges]
        standing = add_vectors(gauges) if gauges else [0] * GAUGES_WIDTH
        return self._assembler.cohorts(self.clock, standing, members)

    def _accounting(self) -> Accounting:
        customers = self._customers
        return self._intake.ledger.accounting(
            not_active=customers.not_active,
            parked=len(self._intake.parking),
            void_pending=customers.void_pending,
            folded_values=self._groups.folded,
        )

    # ---- changelog

    def header(self) -> bytes:
        """What the changelog's marker keeps of the state."""
        intake = self._intake
        return _encode(_Header(self.clock, intake.ledger, intake.newest, self._groups.folded))

    @property
    def unwritten(self) -> int:
        """Customers touched since the last drain."""
        return len(self._customers.hot)

    @property
    def dirty(self) -> bool:
        """Whether the changelog differs from the state."""
        intake = self._intake
        return bool(
            self._customers.changed
            or self._groups.fresh
            or self._groups.fresh_seen
            or intake.changed_markers
            or intake.parking.changed
            or self.header() != self._last_header
        )

    def drain(self) -> list[tuple[bytes, bytes | None]]:
        """The changelog records that changed since the last drain; None deletes."""
        return finish(self.draining())

    def draining(self) -> Steps[list[tuple[bytes, bytes | None]]]:
        """The same in steps, between which nothing may change."""
        intake, groups = self._intake, self._groups
        out: list[tuple[bytes, bytes | None]] = []
        for changes in self._customers.drain():
            out += changes
            yield
        out += [(_GROUP + number.to_bytes(4, "big"), groups.pack(number)) for number in groups.fresh]
        out += [(_SEEN + _encode(group), _encode(groups.first_seen[group])) for group in groups.fresh_seen]
        out += [(_ERASED + key, _encode(intake.markers[key])) for key in intake.changed_markers]
        out += [(_PARKED + key, value) for key, value in intake.parking.drain()]
        groups.fresh.clear()
        groups.fresh_seen.clear()
        intake.changed_markers.clear()
        self._last_header = self.header()
        return out

    def restore(self, key: bytes, value: bytes | None) -> None:
        """Take back one changelog record, in log order."""
        form, rest = key[:1], key[1:]
        if form in (CUSTOMER, ANONYMOUS):
            name = rest if form == CUSTOMER else key
            if value is None:
                self._customers.cold.pop(name, None)
            else:
                self._customers.cold[name] = value
        elif form == _PARKED:
            self._parked[rest] = value
        elif value is None:
            return
        elif form == _GROUP:
            self._groups.restore(int.from_bytes(rest, "big"), value)
        elif form == _SEEN:
            dimension, name_of = msgspec.msgpack.decode(rest, type=tuple[str, str])
            self._groups.first_seen[dimension, name_of] = msgspec.msgpack.decode(value, type=int)
        elif form == _ERASED:
            self._intake.markers[rest] = _decode_marker(value)

    def restored(self, header: bytes | None) -> None:
        """Finish recovery: derive panes, gauges and timers from the records. None: a fresh partition."""
        if header is not None:
            kept = _decode_header(header)
            self._customers.clock = kept.clock
            self._intake.ledger = kept.ledger
            self._intake.newest = kept.newest
            self._groups.folded = kept.folded
        self._customers.families.move(self.clock)
        rebuild(self._customers)
        for key, packed in self._parked.items():
            if packed is not None:
                self._intake.parking.restore(key, packed)
        self._parked.clear()
        self._last_header = self.header()
