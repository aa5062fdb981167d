"""Values at paths of a JSON object, each as it stands there: only what is named is decoded.

Rules: as many values as paths, in their order: the JSON text of each, ``b""`` where nothing stands,
``WRONG`` where a text or a number stands on the way. null on the way is nothing. A repeated name counts
with its last value. The fast way reads typed structs made from the paths; whatever it cannot read goes the
slow way, member by member, and both give the same (tests/laws). Time and memory are linear in the record
for each path.
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec

from streams.core.decoding.fields import MAX_DEPTH, is_deep, is_utf8
from streams.mapping.outcomes import ABSENT, WRONG, RefusedError
from streams.mapping.paths import Path, is_index

_NOTHING: Final = msgspec.Raw(b"")
_SHALLOW_BYTES: Final = 2 * MAX_DEPTH
_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
elements: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
"""The elements of a JSON array, each as it stands."""

_Tree = dict[str, Any]


class Reader:
    """Reads the values at some paths."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._fast = _fast(paths)

    def read(self, value: bytes) -> list[bytes]:
        """The values of one record.

        Raises:
            RefusedError: it is no JSON object.
        """
        if not (value.isascii() or is_utf8(value)):
            raise RefusedError("invalid_utf8", "UTF-8")
        if len(value) > _SHALLOW_BYTES and is_deep(value):
            raise RefusedError("too_deep", f"at most {MAX_DEPTH} arrays and objects within each other")
        if self._fast is not None:
            try:
                return self._fast(value)
            except (msgspec.MsgspecError, AttributeError, RecursionError):
                pass
        return self.walked(value)

    def walked(self, value: bytes) -> list[bytes]:
        """The same, slowly.

        Raises:
            RefusedError: it is no JSON object.
        """
        try:
            top = _members(value)
        except msgspec.ValidationError:
            raise RefusedError("not_object", "a JSON object") from None
        except (msgspec.DecodeError, RecursionError):
            raise RefusedError("not_json", "one JSON object, without a byte order mark") from None
        return [at(bytes(top.get(path.parts[0], b"")), path.parts[1:]) for path in self._paths]


def at(raw: bytes, parts: Sequence[str]) -> bytes:
    """What stands below a JSON value whose syntax is known to be right."""
    for part in parts:
        if raw in ABSENT:
            return b""
        if raw.startswith(b"{"):
            raw = bytes(_members(raw).get(part, b""))
        elif raw.startswith(b"[") and is_index(part):
            found = elements(raw)
            raw = bytes(found[int(part)]) if int(part) < len(found) else b""
        else:
            return WRONG
    return raw


def _fast(paths: Sequence[Path]) -> Callable[[bytes], list[bytes]] | None:
    """The typed way; None where a name cannot be a struct's."""
    tree, stems = _tree(paths)
    try:
        made, names = _struct(tree)
    except ValueError:  # a name with a quote, a backslash or a control character
        return None
    decode = msgspec.json.Decoder(made).decode
    found = _getter([".".join(_named(names, stem)) for stem in stems])
    rests = [path.parts[len(stem) :] for path, stem in zip(paths, stems, strict=True)]
    deeper = [(i, rest) for i, rest in enumerate(rests) if rest]

    def read(value: bytes) -> list[bytes]:
        raws = list(map(bytes, found(decode(value))))
        for i, rest in deeper:
            raws[i] = at(raws[i], rest)
        return raws

    return read


def _getter(places: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """The attributes of an object, a tuple of however many."""
    if len(places) > 1:
        return attrgetter(*places)
    each = [attrgetter(place) for place in places]
    return lambda made: tuple([get(made) for get in each])


def _tree(paths: Sequence[Path]) -> tuple[_Tree, list[tuple[str, ...]]]:
    """Names within names; and how far each path goes there: to an index, or where another ends."""
    ends = {path.parts for path in paths}
    tree: _Tree = {}
    stems = []
    for path in paths:
        size = next(
            (i for i in range(1, len(path.parts)) if path.parts[:i] in ends or is_index(path.parts[i])),
            len(path.parts),
        )
        stems.append(path.parts[:size])
    stopped = set(stems)
    for i, stem in enumerate(stems):
        size = next(size for size in range(1, len(stem) + 1) if stem[:size] in stopped)
        stems[i] = stem[:size]
    for stem in stems:
        node = tree
        for part in stem:
            node = node.setdefault(part, {})
    return tree, stems


def _struct(tree: _Tree) -> tuple[type[msgspec.Struct], dict[str, Any]]:
    """A struct of the names, and for each name its attribute and those within."""
    fields: list[tuple[str, Any, Any]] = []
    names: dict[str, Any] = {}
    for number, (name, below) in enumerate(tree.items()):
        attribute = f"f{number}"
        if below:
            made, inner = _struct(below)
            fields.append((attribute, made | None, made()))
            names[name] = (attribute, inner)
        else:
            fields.append((attribute, msgspec.Raw, _NOTHING))
            names[name] = (attribute, {})
    rename = {attribute: name for name, (attribute, _) in names.items()}
    return msgspec.defstruct("Named", fields, rename=rename, frozen=True, gc=False), names


def _named(names: dict[str, Any], stem: Sequence[str]) -> list[str]:
    attributes = []
    for part in stem:
        attribute, names = names[part]
        attributes.append(attribute)
    return attributes
