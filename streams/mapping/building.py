"""The fields of an event, each as a function of a record's values.

Rules: a function gives JSON text, ``b""`` for what is absent; it refuses what it cannot turn, and leaves to
the decoder of canonical events what that one refuses anyway.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec

from streams.core.definition.currencies import EXPONENTS
from streams.core.events import Kind
from streams.mapping import money, times, values
from streams.mapping.fields import Field, fields_of
from streams.mapping.outcomes import ABSENT, RefusedError
from streams.mapping.paths import Path
from streams.mapping.specs import Constant, Ids, Money, Source, Spec, Time, Value

_UNKNOWN: Final = -1
_MOST_KEPT: Final = 1_000
_LENGTH: Final = len('"EUR"')

Token = Callable[[list[bytes], bytes], bytes]
"""(values, ``:index`` of the element or nothing) -> JSON text."""


class Build(NamedTuple):
    """One field of an event: ``head`` is its name as it stands before the value."""

    field: str
    path: str
    head: bytes
    token: Token
    constant: bytes | None
    """Its JSON text, where it is the same in every event."""


class Slots:
    """Where the value of each path stands: the record's first, then those of an element of ``each``."""

    def __init__(self, each: Path | None, paths: Sequence[Path]) -> None:
        self.outer: list[Path] = []
        self.inner: list[Path] = []
        within: dict[Path, Path] = {}
        for path in dict.fromkeys(paths):
            rest = None if each is None else path.below(each)
            if rest is not None and rest.parts:
                within[path] = rest
            else:
                self.outer.append(path)
        self.inner = list(within.values())
        self._at = {path: at for at, path in enumerate([*self.outer, *within])}

    def __getitem__(self, path: Path) -> int:
        return self._at[path]


def builders(source: Source, kind: Kind, slots: Slots, topic: str, base_currency: str) -> list[Build]:
    """The fields of one kind, the envelope's first."""
    known = fields_of((kind,))
    said = {"source": Constant(msgspec.json.encode(topic)), **source.fields}
    specs: dict[str, Spec] = {name: said[name] for name in known if name in said}
    currency = _token(specs["currency"], known["currency"], slots) if "currency" in specs else None
    made = []
    for name, spec in specs.items():
        if isinstance(spec, Money):
            token = _money(spec, slots, currency, EXPONENTS[base_currency])
        else:
            token = _token(spec, known[name], slots)
        made.append(_build(name, spec, token))
    if kind == "signup":
        text = Field("text")
        made += [_build(name, spec, _token(spec, text, slots)) for name, spec in source.attributes.items()]
    return made


def _build(name: str, spec: Spec, token: Token) -> Build:
    paths = spec.paths if isinstance(spec, Ids) else () if isinstance(spec, Constant) else (spec.path,)
    constant = spec.token if isinstance(spec, Constant) else None
    return Build(name, " and ".join(map(str, paths)), msgspec.json.encode(name) + b":", token, constant)


def _token(spec: Spec, field: Field, slots: Slots) -> Token:
    if isinstance(spec, Constant):
        return lambda _, __: spec.token
    if isinstance(spec, Ids):
        return _ids([slots[path] for path in spec.paths], counted=field.counted)
    at = slots[spec.path]
    if isinstance(spec, Value):
        kept = {"whole": values.as_whole, "flag": values.as_flag}.get(field.sort, values.as_text)
        convert: Callable[[bytes], bytes] | None = values.converter(spec, kept)
    else:
        convert = times.converter(spec) if isinstance(spec, Time) else None
    if convert is None:
        return lambda read, _: read[at]
    if isinstance(spec, Value) and spec.upper:
        upper = _Kept(convert)
        return lambda read, _: upper[read[at]]
    made = convert
    return lambda read, _: made(read[at])


def _ids(ats: list[int], *, counted: bool) -> Token:
    part, only = values.part, ats[0]

    def one(read: list[bytes], index: bytes) -> bytes:
        if index and counted:
            return b'"%b%b"' % (part(read[only]), index)
        token = read[only]
        if token in ABSENT:
            raise RefusedError("missing_field", values.ID_EXPECTED)
        return values.as_text(token)

    def joined(read: list[bytes], index: bytes) -> bytes:
        return b'"%b%b"' % (b":".join([part(read[at]) for at in ats]), index if counted else b"")

    return one if len(ats) == 1 else joined


def _money(spec: Money, slots: Slots, currency: Token | None, base_digits: int) -> Token:
    at = slots[spec.path]
    conditions = [(slots[one.path], one.tokens) for one in spec.negate_if]
    digits_of = _Digits()

    def amount(read: list[bytes], index: bytes) -> bytes:
        token = read[at]
        if spec.decimal_comma:
            token = money.with_point(token) if token not in ABSENT else token
        if spec.minor:
            digits = base_digits if currency is None else digits_of[currency(read, index)]
            if digits == _UNKNOWN:
                return token
            token = money.from_minor(token, digits)
        if not conditions:
            return token
        for where, tokens in conditions:
            said = read[where]
            if said not in tokens and not (b"\\" in said and values.is_one_of(said, tokens)):
                return token
        return money.negated(token)

    return amount


class _Kept(dict[bytes, bytes]):
    """What was converted before: only short texts, and not many."""

    def __init__(self, convert: Callable[[bytes], bytes]) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, token: bytes) -> bytes:
        made = self._convert(token)
        if len(token) <= _LENGTH and len(self) < _MOST_KEPT:
            self[token] = made
        return made


class _Digits(dict[bytes, int]):
    """JSON text of a currency -> how many digits it has; ``_UNKNOWN`` is refused by the judge."""

    def __missing__(self, currency: bytes) -> int:
        try:
            digits = EXPONENTS.get(values.plain(currency)[1:-1].decode(), _UNKNOWN)
        except RefusedError:
            return _UNKNOWN
        if digits != _UNKNOWN and len(currency) == _LENGTH:  # as it is nearly always written: these are few
            self[currency] = digits
        return digits
