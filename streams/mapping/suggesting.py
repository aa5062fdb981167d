"""A draft of a mapping from a sample: by names, and by how values look. A person finishes it.

Rules: of each field the likeliest path is taken and the next ones are named beside it; a field that nothing
looks like is left for the person, as a comment. What looks like an address of e-mail is never taken for an
id. The same sample gives the same draft.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from streams.core.definition.currencies import EXPONENTS
from streams.mapping.looks import Seen, look
from streams.mapping.paths import Path
from streams.mapping.specs import FormatName

_PERSON: Final = frozenset(
    ("customer", "user", "client", "account", "buyer", "member", "contact", "subscriber", "kunde", "cust")
)
_ID: Final = frozenset(("id", "uuid", "guid", "key", "token", "no", "number", "nr", "ref", "reference"))
_DONE: Final = ("occurred", "paid", "placed", "purchased", "ordered", "submitted", "completed", "cancelled")
_HAPPENED: Final = (*_DONE, "canceled", "created", "timestamp", "date", "time", "at", "day")
"""The likeliest first."""
_CHANGED: Final = frozenset(("updated", "modified", "received", "sent", "processed", "original", "ts"))
_LIMITS: Final = frozenset(("expires", "expired", "expiry", "due", "period", "start", "end", "landed"))
_OTHER_TIMES: Final = _CHANGED | _LIMITS | {"birth", "delivered", "shipped"}
_TOTAL: Final = ("total", "amount", "revenue", "paid", "price", "value", "sum", "gross", "betrag")
_ADDED: Final = frozenset(("tax", "discount", "discounts", "shipping", "fee"))
_PART: Final = _ADDED | {"sub", "subtotal", "due", "net", "unit", "refunded"}
_TYPE: Final = ("type", "event", "status", "state", "action", "kind", "topic")
_SCORE: Final = frozenset(("score", "rating", "nps", "csat", "ces", "stars", "number"))
_LEFT: Final = frozenset(("cancelled", "canceled", "cancellation", "churn", "churned", "unsubscribed"))
_ATTRIBUTES: Final = {
    "plan": ("plan", "tier", "package", "subscription"),
    "segment": ("segment", "size", "industry"),
    "channel": ("channel", "utm", "source", "referrer"),
    "region": ("region", "country", "state"),
}
_MOST_TYPES: Final = 12
_WHOLE_HUNDREDS: Final = 100

Score = Callable[[Seen], float | None]
"""How likely a path is what is looked for; None: it is not."""


def suggested(sample: Iterable[bytes], topic: str, form: FormatName) -> str:
    """The text of a draft.

    Args:
        sample: values of records, JSON objects; rows of a CSV file as ``tables`` makes them.
        topic: its name.
        form: ``json`` or ``csv``; CloudEvents and Debezium are found out.
    """
    return _Draft(look(sample), topic, form).text()


class _Draft:
    def __init__(self, seen: dict[Path, Seen], topic: str, form: FormatName) -> None:
        self._topic = topic
        self._format = _format(seen) if form == "json" else form
        self._seen = [
            one for one in seen.values() if self._format != "debezium" or one.path.parts[0] == "after"
        ]
        self._most = max((one.records for one in self._seen), default=0)
        self._lines: list[str] = []

    def text(self) -> str:
        """The whole draft."""
        kind = self._kind()
        self._lines = [
            'version = "1"',
            "",
            "[[source]]",
            f"topic = {_quoted(self._topic)}",
            f'format = "{self._format}"',
        ]
        self._where()
        self._say("kind", f'"{kind}"', "one of signup, purchase, cancellation, survey, void, erase")
        self._path("customer_id", _person)
        self._path("event_id", self._event if self._format != "cloudevents" else lambda s: _exactly(s, "id"))
        self._time("occurred_at")
        {"purchase": self._purchase, "survey": self._survey, "signup": self._signup}.get(
            kind, self._cancellation
        )()
        return "\n".join(
            ["# A draft: try it with kpi map try, and change what it got wrong.", *self._lines, ""]
        )

    def _say(self, key: str, value: str, note: str = "") -> None:
        self._lines.append(f"{key} = {value}{f'  # {note}' if note else ''}")

    def _best(self, score: Score) -> list[Seen]:
        """The likeliest first; of equals the one nearer to the top, and then the first."""
        scored = [(one, score(one)) for one in self._seen]
        found = [(points, one) for one, points in scored if points is not None]
        rank = {id(one): at for at, one in enumerate(self._seen)}
        found.sort(key=lambda each: (-each[0], len(each[1].path.parts), rank[id(each[1])]))
        return [one for _, one in found]

    def _path(self, key: str, score: Score, wrap: str = "{}", *, must: bool = True) -> Seen | None:
        found = self._best(score)
        if not found:
            if must:
                self._lines.append(f'# {key} = ""  # nothing looks like it')
            return None
        self._say(key, wrap.format(_quoted(str(found[0].path))), _others(found))
        return found[0]

    def _where(self) -> None:
        for one in self._best(self._type):
            kinds = sorted({str(value) for value in one.values})
            listed = ", ".join(map(_quoted, kinds))
            self._say("where", f"{{ {_quoted(str(one.path))} = [{listed}] }}", "leave out what is none")
            return

    def _type(self, one: Seen) -> float | None:
        found = [_TYPE.index(word) for word in one.words[-1:] if word in _TYPE]
        distinct = len(set(one.texts))
        is_few = (
            one.every(str)
            and 0 < distinct <= _MOST_TYPES
            and not any(part.isdigit() for part in one.path.parts)
        )
        if not found or not is_few or one.records < self._most or one.unit or one.is_number:
            return None
        return (100 if distinct > 1 else 0) - 10 * len(one.path.parts) - found[0]

    def _kind(self) -> str:
        words = {word for one in self._seen for word in one.words}
        told = {
            word
            for one in self._seen
            if _type_like(one)
            for text in one.texts
            for word in text.lower().split(".")
        }
        if self._best(_score):
            return "survey"
        if self._best(self._amount):
            return "purchase"
        return "cancellation" if _LEFT & (words | told) else "signup"

    def _event(self, one: Seen) -> float | None:
        if not one.is_id or one.unit or 2 * len(set(one.texts)) < len(one.texts) or _person(one) is not None:
            return None
        words = one.words
        if not words or words[-1] not in _ID or any(part.isdigit() for part in one.path.parts):
            return None
        points = 30 if words[-1] == "id" else 0
        points += 20 * bool({"order", "transaction", "payment"} & one.all_words and words[-1] == "id")
        points += 5 * bool({"event", "message"} & set(words)) + 10 * (len(words) == 1)
        return points - 3 * len(one.path.parts) + 20 * (one.records == self._most and "context" not in words)

    def _time(self, key: str) -> None:
        found = self._best(_time)
        if not found:
            self._lines.append(f'# {key} = ""  # nothing looks like it')
            return
        one, note = found[0], _others(found)
        path, unit = _quoted(str(one.path)), one.unit or ""
        if unit == "rfc3339":
            self._say(key, path, note)
        elif "%" in unit:
            zone = ', timezone = "UTC"'
            self._say(
                key, f"{{ path = {path}, unit = {_quoted(unit)}{zone} }}", f"in which zone? {note}".strip()
            )
        else:
            self._say(key, f'{{ path = {path}, unit = "{unit}" }}', note)

    def _amount(self, one: Seen) -> float | None:
        found = [_TOTAL.index(word) for word in one.words if word in _TOTAL]
        if (
            not found
            or not (one.is_number or one.has_comma)
            or one.unit
            or any(part.isdigit() for part in one.path.parts)
        ):
            return None
        points = 100 - min(found) - 40 * bool(_PART & set(one.words)) - 2 * len(one.path.parts)
        return points + 5 * ("paid" in one.words) + 5 * bool({"cents", "minor"} & set(one.words))

    def _purchase(self) -> None:
        found = self._best(self._amount)
        minor = bool(found) and found[0].every(int) and _seems_minor(found[0])
        if minor:
            note = f"whole numbers: of the smallest unit? {_others(found)}".strip()
            self._say("amount", f'{{ path = {_quoted(str(found[0].path))}, unit = "minor" }}', note)
        else:
            comma = bool(found) and found[0].has_comma
            self._path("amount", self._amount, '{{ path = {}, decimal = "," }}' if comma else "{}")
        lower = any(text.islower() for one in self._best(_currency)[:1] for text in one.texts)
        self._path("currency", _currency, "{{ path = {}, upper = true }}" if lower else "{}")

    def _survey(self) -> None:
        found = self._best(_score)[0]
        most = max(int(text) for text in found.texts)
        name = next((name for name in ("nps", "csat", "ces") if name in found.all_words), "")
        survey = name or ("nps" if most > 7 or min(map(int, found.texts)) == 0 else "csat")  # noqa: PLR2004
        self._say("survey", f'{{ value = "{survey}" }}', "nps, csat or ces")
        self._path("score", _score)
        if survey == "csat" and most > 5:  # noqa: PLR2004 - the scale that is meant if none is said
            self._say("scale_max", f"{{ value = {7 if most <= 7 else 10} }}", "3, 4, 5, 7 or 10")  # noqa: PLR2004
        self._path("touchpoint", lambda one: _exactly(one, "touchpoint"), must=False)

    def _signup(self) -> None:
        for name, words in _ATTRIBUTES.items():

            def likely(one: Seen, words: Sequence[str] = words) -> float | None:
                hits = [words.index(word) for word in one.words if word in words]
                return -min(hits) if hits and one.every(str) and not one.is_email and not one.unit else None

            self._path(f"attributes.{name}", likely, must=False)

    def _cancellation(self) -> None:
        self._path("reason", lambda one: _exactly(one, "reason"), must=False)


def _format(seen: dict[Path, Seen]) -> FormatName:
    tops = {path.parts[0] for path in seen}
    if {"specversion", "id", "source", "type"} <= tops:
        return "cloudevents"
    return "debezium" if {"op", "source"} <= tops and {"before", "after"} & tops else "json"


def _quoted(text: str) -> str:
    """As TOML writes a text."""
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007F")


def _others(found: Sequence[Seen]) -> str:
    """The next ones, for a comment: escaped, since a name may hold the end of a line."""
    named = ", ".join(_quoted(str(one.path))[1:-1] for one in found[1:4])
    return f"or {named}" if named else ""


def _exactly(one: Seen, word: str) -> float | None:
    return 0 if one.words == (word,) and one.every(str, int) else None


def _type_like(one: Seen) -> bool:
    return bool(one.words) and one.words[-1] in _TYPE and one.every(str)


def _person(one: Seen) -> float | None:
    if not one.is_id or one.unit or not one.words:
        return None
    last = one.words
    if _PERSON & set(last) and (last[-1] in _ID or len(last) == 1):
        return 40 + 20 * ("customer" in last) + 10 * (last[-1] == "id") - len(one.path.parts)
    if last == ("id",) and len(one.path.parts) > 1:
        parent = Seen(Path(one.path.parts[:-1])).words
        return 45 - len(one.path.parts) if _PERSON & set(parent) else None
    return None


def _time(one: Seen) -> float | None:
    if one.unit is None or not one.words:
        return None
    rank = [_HAPPENED.index(word) for word in one.words if word in _HAPPENED]
    points = 50 - min(rank) if rank else 0
    return points - 60 * bool(_OTHER_TIMES & set(one.words)) - 60 * bool(_PERSON & one.all_words)


def _currency(one: Seen) -> float | None:
    if not one.every(str) or not all(text.upper() in EXPONENTS for text in one.texts):
        return None
    return (10 if "currency" in one.words else 0) - len(one.path.parts)


def _score(one: Seen) -> float | None:
    if not _SCORE & set(one.words) or not one.is_whole or "order" in one.words:
        return None
    if not all(0 <= int(text) <= 10 for text in one.texts):  # noqa: PLR2004 - the greatest scale
        return None
    return 10 * ("number" not in one.words) - len(one.path.parts)


def _seems_minor(one: Seen) -> bool:
    return {"cents", "minor"} & set(one.words) != set() or all(
        int(text) >= _WHOLE_HUNDREDS for text in one.texts
    )
