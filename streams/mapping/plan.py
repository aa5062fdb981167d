"""One ``[[source]]`` made ready for records of one topic.

Rules: the values of all its paths are read once, those of an element of ``each`` behind them; every rule is
a function of that list. An element's number joins the id, so that the events of a record differ. A record
gives at most ``MAX_EVENTS`` events and ``MAX_BYTES`` bytes of them: one great text beside many lines would
multiply.
"""

from collections.abc import Mapping as Table
from types import MappingProxyType
from typing import Final

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
            kind: ([build.token for build in builds], _template(builds))
            for kind, builds in self._builds.items()
        }

    def outcome(self, record: Foreign) -> Outcome:
        """What becomes of a record.

        Raises:
            RefusedError: it is not of the format.
            IgnoredError: the format says that it is no event.
        """
        values = self._format.values(record)
        if self._each is None:
            found = self._event(values, b"", record.timestamp_ms)
            return Mapped((found,), self._number) if isinstance(found, CanonicalEvent) else found
        return self._several(values, values[self._each], record.timestamp_ms)

    def _several(self, values: list[bytes], listed: bytes, timestamp_ms: int) -> Outcome:
        each = str(self._source.each)
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
        events: list[CanonicalEvent] = []
        ignored, size = None, 0
        for index, part in enumerate(parts):
            assert self._inner is not None  # noqa: S101 - there is each
            try:
                inner = self._inner.read(part)
            except RefusedError as error:
                return Refused(error.reason, "each", f"{self._source.each}.{index}", error.expected)
            found = self._event(values + inner, b":%d" % index, timestamp_ms)
            if isinstance(found, CanonicalEvent):
                events.append(found)
                size += len(found.value)
            elif isinstance(found, Refused):
                return found
            else:
                ignored = found
            if size > MAX_BYTES:
                return Refused("too_many_events", "each", str(self._source.each), _FEWER)
        if not events:
            assert type(ignored) is Ignored  # noqa: S101 - there was an element
            return ignored
        return Mapped(tuple(events), self._number, len(parts) - len(events))

    def _event(
        self, values: list[bytes], index: bytes, timestamp_ms: int
    ) -> CanonicalEvent | Ignored | Refused:
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
        value = template % tuple(found) if b"" not in found else self._without(kind, found)
        event = self._decoder.one(kind, None, value, timestamp_ms)
        if isinstance(event, Malformed):
            return refused(event, self._builds[kind], values, index)
        return CanonicalEvent(kind, event.customer_id.encode(), value, timestamp_ms)

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
        parts = [b.head + token for b, token in zip(self._builds[kind], tokens, strict=True) if token]
        return b"{" + b",".join(parts) + b"}"

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
    return b"{" + b",".join(build.head.replace(b"%", b"%%") + b"%b" for build in builds) + b"}"
