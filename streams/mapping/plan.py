"""One ``[[source]]`` made ready for records of one topic.

Rules: the values of all its paths are read once, those of an element of ``each`` behind them; every rule is
a function of that list. An element's number joins the id, so that the events of a record differ. A record
gives at most ``MAX_EVENTS`` events and ``MAX_BYTES`` bytes of them: one great text beside many lines would
multiply.
"""

from collections.abc import Mapping as Table
from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from streams.core.decoding.decoder import Decoder
from streams.core.events import Kind, Malformed
from streams.mapping.building import Build, Slots, builders
from streams.mapping.diagnosis import refused
from streams.mapping.formats import FormatMaker, format_of
from streams.mapping.outcomes import (
    ABSENT,
    CanonicalEvent,
    Foreign,
    Ignored,
    IgnoredError,
    Mapped,
    Outcome,
    Refused,
    RefusedError,
)
from streams.mapping.reading import Reader, elements
from streams.mapping.specs import Source
from streams.mapping.toml_file import paths_of
from streams.mapping.values import is_one_of, plain

MAX_EVENTS: Final = 10_000
MAX_BYTES: Final = 32 << 20
_FEWER: Final = f"at most {MAX_EVENTS:,} elements, and {MAX_BYTES >> 20} MiB of events"


class _Made(msgspec.Struct, frozen=True, gc=False):
    """An event that is not judged yet, in the form that the decoder reads; and what it was made of."""

    value: bytes
    timestamp: int
    kind: Kind
    values: list[bytes]
    index: bytes
    key: None = None


class Plan:
    """Turns records into outcomes."""

    def __init__(  # noqa: PLR0917 - what it is made of
        self,
        source: Source,
        number: int,
        topic: str,
        base_currency: str,
        decoder: Decoder,
        further: Table[str, FormatMaker] = MappingProxyType({}),
    ) -> None:
        self._source, self._number, self._decoder = source, number, decoder
        slots = Slots(source.each, [path for paths in paths_of(source).values() for path in paths])
        self._format = format_of(source.format, slots.outer, further)
        self._inner = Reader(slots.inner) if source.each is not None else None
        self._each = None if source.each is None else slots[source.each]
        self._where = [
            (slots[where.path], where.tokens, f"{where.path} is none of {', '.join(where.values)}")
            for where in source.where
        ]
        self._kind = source.kind.fixed
        self._kind_at = None if source.kind.path is None else slots[source.kind.path]
        self._builds: Table[Kind, list[Build]] = {
            kind: builders(source, kind, slots, topic, base_currency) for kind in source.kind.kinds
        }
        self._makes = {
            kind: ([build.token for build in builds if build.constant is None], _template(builds))
            for kind, builds in self._builds.items()
        }

    @property
    def several(self) -> bool:
        """Whether one record may give several events, so that what it becomes may be much larger."""
        return self._each is not None

    def outcomes(self, records: Sequence[Foreign]) -> list[Outcome]:
        """What becomes of records, in their order; each as by itself."""
        read, make = self._format.values, self._listed if self.several else self._make
        made: list[_Made] = []
        others: dict[int, Outcome] = {}
        for at, record in enumerate(records):
            try:
                one = make(read(record), b"", record.timestamp_ms)
            except RefusedError as error:
                one = Refused(error.reason, "", "", error.expected)
            except IgnoredError as error:
                one = Ignored("where", str(error))
            if isinstance(one, _Made):
                made.append(one)
            else:
                others[at] = one
        number = self._number
        judged: list[Outcome] = [
            Mapped((one,), number) if isinstance(one, CanonicalEvent) else one for one in self._judged(made)
        ]
        if not others:
            return judged
        rest = iter(judged)
        return [others[at] if at in others else next(rest) for at in range(len(records))]

    def _listed(self, values: list[bytes], _: bytes, timestamp_ms: int) -> Outcome:
        """What becomes of the elements of one record's list."""
        each, listed = str(self._source.each), values[self._each or 0]
        if listed in ABSENT:
            return Refused("missing_field", "each", each, "a list")
        if not listed.startswith(b"["):
            return Refused("not_list", "each", each, "a list")
        parts = elements(listed)
        if not parts:
            return Ignored("where", f"{each} is empty")
        if len(parts) > MAX_EVENTS:
            return Refused("too_many_events", "each", each, _FEWER)
        return self._of_elements(values, [bytes(part) for part in parts], timestamp_ms)

    def _of_elements(self, values: list[bytes], parts: list[bytes], timestamp_ms: int) -> Outcome:
        made: list[_Made] = []
        last: Ignored | Refused | None = None
        size = 0
        for index, part in enumerate(parts):
            found = self._element(values, index, part, timestamp_ms)
            if isinstance(found, _Made):
                made.append(found)
                size += len(found.value)
                if size > MAX_BYTES:
                    last = Refused("too_many_events", "each", str(self._source.each), _FEWER)
                    break
            else:
                last = found
                if isinstance(found, Refused):
                    break
        events = self._judged(made)
        good = [one for one in events if isinstance(one, CanonicalEvent)]
        if len(good) < len(events):  # what is wrong there stands before the last
            return next(one for one in events if isinstance(one, Refused))
        if last is not None and (isinstance(last, Refused) or not made):
            return last
        return Mapped(tuple(good), self._number, len(parts) - len(good))

    def _element(
        self, values: list[bytes], index: int, part: bytes, timestamp_ms: int
    ) -> _Made | Ignored | Refused:
        assert self._inner is not None  # noqa: S101 - there is each
        try:
            inner = self._inner.read(part)
        except RefusedError as error:
            return Refused(error.reason, "each", f"{self._source.each}.{index}", error.expected)
        return self._make(values + inner, b":%d" % index, timestamp_ms)

    def _make(self, values: list[bytes], index: bytes, timestamp_ms: int) -> _Made | Ignored | Refused:
        """The event as it is judged next."""
        for at, tokens, reason in self._where:
            if values[at] not in tokens and not is_one_of(values[at], tokens):
                return Ignored("where", reason)
        kind = self._kind or self._kind_of(values)
        if kind is None:
            return Ignored("unmapped", f"{self._source.kind.path} has a value that is no kind's")
        makes, template = self._makes[kind]
        try:
            found = [made(values, index) for made in makes]
        except RefusedError:
            return self._first_refused(kind, values, index)
        value = self._without(kind, found) if b"" in found else template % tuple(found)
        return _Made(value, timestamp_ms, kind, values, index)

    def _judged(self, made: list[_Made]) -> list[CanonicalEvent | Refused]:
        """What the decoder of canonical events says, in their order."""
        if not made:
            return []
        kinds = set() if self._kind else {one.kind for one in made}
        if len(kinds) < 2:  # noqa: PLR2004 - nearly always
            found = self._decoder.batch(made[0].kind, made)
        else:
            of = {
                kind: iter(self._decoder.batch(kind, [o for o in made if o.kind == kind])) for kind in kinds
            }
            found = [next(of[one.kind]) for one in made]
        return [
            refused(event, self._builds[one.kind], one.values, one.index)
            if isinstance(event, Malformed)
            else CanonicalEvent(one.kind, event.customer_id.encode(), one.value, one.timestamp)
            for one, event in zip(made, found, strict=True)
        ]

    def _first_refused(self, kind: Kind, values: list[bytes], index: bytes) -> Refused:
        """The field whose rule refuses; one does."""
        for build in self._builds[kind]:
            try:
                build.token(values, index)
            except RefusedError as error:
                return Refused(error.reason, build.field, build.path, error.expected)
        raise AssertionError(kind)

    def _without(self, kind: Kind, tokens: list[bytes]) -> bytes:
        """An event some of whose fields are absent."""
        given = iter(tokens)
        said = [(b.head, next(given) if b.constant is None else b.constant) for b in self._builds[kind]]
        return b"{" + b",".join([head + token for head, token in said if token]) + b"}"

    def _kind_of(self, values: list[bytes]) -> Kind | None:
        assert self._kind_at is not None  # noqa: S101 - it is not fixed
        token = values[self._kind_at]
        found = self._source.kind.values.get(token)
        if found is None and b"\\" in token:
            try:
                return self._source.kind.values.get(plain(token))
            except RefusedError:
                return None
        return found


def _template(builds: list[Build]) -> bytes:
    """An event all of whose fields are there."""
    fields = [
        build.head.replace(b"%", b"%%")
        + (b"%b" if build.constant is None else build.constant.replace(b"%", b"%%"))
        for build in builds
    ]
    return b"{" + b",".join(fields) + b"}"
