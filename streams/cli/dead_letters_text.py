"""Dead letters as text: a line or a JSON object each, the summary, and one of them whole.

Rules: lists show where a record came from and why it is here, and the customer as the keyed hash that Redis
and ``kpi hash`` know; never a payload, a key or a header of the producer's. ``whole`` shows everything, with
whatever a terminal would obey escaped.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from streams.cli.terminal import shown
from streams.core.customer.identity import Identity
from streams.core.events import Kind
from streams.deadletters.deleting import Plan
from streams.deadletters.letter import Letter, Place

_FOREIGN = "foreign"
_PLACES = 10
_MOST_NAMED = 200
"""Topics and reasons that a summary tells apart: anybody can write letters that name topics."""


def hashed(letter: Letter, identity: Identity | None) -> str | None:
    """The keyed hash of the record's key; None without a key that is a customer's, or without the secret."""
    if letter.key is None or identity is None:
        return None
    try:
        return identity.customer(letter.key.decode()).hex()
    except UnicodeDecodeError:
        return None


def row(letter: Letter, kind: Kind | None, identity: Identity | None) -> str:
    """One line of a list."""
    origin = letter.origin
    parts = [f"{letter.place!s:>10}", _instant(letter.timestamp)]
    if origin is None:
        parts.append(_FOREIGN)
    else:
        parts.append(f"{kind or origin.topic} {origin.partition}:{origin.offset} {origin.reason}")
        parts += [origin.field] if origin.field else []
        parts += [f"(not whole: {origin.shortened})"] if origin.shortened else []
        parts += ["(came back)"] if origin.returned else []
    hash_of = hashed(letter, identity)
    return "  ".join([*parts, *([hash_of] if hash_of else [])])


def document(letter: Letter, kind: Kind | None, identity: Identity | None) -> dict[str, Any]:
    """One letter of a list, for programs."""
    origin = letter.origin
    return {
        "partition": letter.place.partition,
        "offset": letter.place.offset,
        "timestamp": letter.timestamp,
        "kind": kind,
        "topic": origin and origin.topic,
        "source_partition": origin and origin.partition,
        "source_offset": origin and origin.offset,
        "source_timestamp": origin and origin.timestamp,
        "reason": origin and origin.reason,
        "field": (origin and origin.field) or None,
        "shortened": (origin and origin.shortened) or None,
        "returned": bool(origin and origin.returned),
        "key_hash": hashed(letter, identity),
        "value_bytes": None if letter.value is None else len(letter.value),
    }


class Summary:
    """Counts letters by kind, or the topic of others that they came from, and reason."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, letter: Letter, kind: Kind | None) -> None:
        """Count one."""
        origin = letter.origin
        named = (_FOREIGN, "") if origin is None else (kind or origin.topic, origin.reason)
        if named not in self._counts and len(self._counts) >= _MOST_NAMED and origin is not None:
            named = (kind or "other topic", origin.reason)
        self._counts[named] += 1

    def lines(self) -> Iterator[str]:
        """The most frequent first."""
        for (kind, reason), count in sorted(self._counts.items(), key=lambda item: (-item[1], item[0])):
            yield f"{count:>10,}  {kind} {reason}".rstrip()
        yield f"{self._counts.total():>10,}  in all"


def tally(counts: Mapping[str, int], *, done: str) -> Iterator[str]:
    """Counts with what they are of."""
    for why, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"{count:>10,}  {done}{why}"


def mentioned(planned: Plan) -> str:
    """What is said of letters that hold a customer's id and stay."""
    places = ", ".join(map(str, planned.first_mentioned))
    more = planned.mentioned - len(planned.first_mentioned)
    return (
        f"{planned.mentioned:,} more hold the id somewhere, and may be somebody else's: {places}"
        f"{f' and {more:,} more' if more else ''}; kpi dead-letters show and delete --at take them one by one"
    )


def still_there(places: Sequence[Place]) -> str:
    """What is said of letters that should be gone."""
    first = ", ".join(map(str, places[:_PLACES]))
    more = f" and {len(places) - _PLACES:,} more" if len(places) > _PLACES else ""
    return (
        f"{len(places):,} such letters are there: they came meanwhile, or another run at the same time kept "
        f"them; run this again, with --at by where they are now: {first}{more}"
    )


def whole(letter: Letter) -> Iterator[str]:
    """Everything of one letter."""
    yield f"place      {letter.place}, written {_instant(letter.timestamp)}"
    origin = letter.origin
    if origin is None:
        yield f"origin     {_FOREIGN}: without the headers of a dead letter"
    else:
        came = "without a timestamp" if origin.timestamp is None else f"of {_instant(origin.timestamp)}"
        yield f"origin     {origin.topic} partition {origin.partition} offset {origin.offset}, {came}"
        yield f"reason     {origin.reason}{f', field {origin.field}' if origin.field else ''}"
        yield f"expected   {origin.expected}"
    for name, content in letter.headers:
        yield f"header     {name}: {_text(content)}"
    yield f"key        {_text(letter.key)}"
    yield f"value      {_text(letter.value)}"


def _text(content: bytes | None) -> str:
    return "(none)" if content is None else shown(content.decode("utf-8", "backslashreplace"))


def _instant(ms: int) -> str:
    try:
        return datetime.fromtimestamp(ms / 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"{ms} ms"
