"""A mapping file: TOML text to a ``Mapping``.

Rules: every mistake is a ``MappingError`` of one line that names the file, the key, the value and what is
allowed. What would make every event a duplicate, or leave a required field out, is a mistake here and not one
of each record later. Opens no file.
"""

import tomllib
from collections.abc import Mapping as Table
from typing import Final, cast, get_args

from streams.core.definition.definition import Definition
from streams.core.events import KINDS, Kind
from streams.mapping.conditions import conditions, kind_rule
from streams.mapping.field_keys import fields, read_attribute
from streams.mapping.fields import ENVELOPE, OWN, fields_of
from streams.mapping.keys import MappingError, known, missing, path, table, text, word, wrong
from streams.mapping.paths import Path
from streams.mapping.specs import FormatName, Ids, KindRule, Mapping, Money, Source, Spec, Time, Value

MAX_SOURCES: Final = 100
_MAX_TOPIC: Final = 249
_MAX_SOURCE: Final = 128
_OWN_KEYS: Final = ("topic", "format", "where", "kind", "each", "attributes")
_TOP: Final = ("version", "source")


def parse_mapping(text_of_file: str, name: str, definition: Definition | None = None) -> Mapping:
    """Read the text of a mapping file.

    Args:
        text_of_file: TOML.
        name: how messages call the file.
        definition: whose attributes of signups are allowed; None: any are.

    Raises:
        MappingError: no TOML, an unknown key, a wrong value, or choices that do not fit together.
    """
    try:
        return _mapping(tomllib.loads(f"{text_of_file}\n"), definition)
    except tomllib.TOMLDecodeError as mistake:
        raise MappingError(f"{name}: no TOML: {mistake}") from None
    except RecursionError:
        raise MappingError(f"{name}: arrays or tables too deep within each other") from None
    except MappingError as mistake:
        raise MappingError(f"{name}: {mistake}") from None
    except ValueError:  # of tomllib's own: what Python's int or date does not take
        raise MappingError(f"{name}: no TOML: a number or a date that is out of range") from None


def paths_of(source: Source) -> dict[str, tuple[Path, ...]]:
    """Every key of a source that names paths, and the paths."""
    named: dict[str, list[Path]] = {}
    for where in source.where:
        named.setdefault(f"where.{where.path}", []).append(where.path)
    if source.kind.path is not None:
        named["kind"] = [source.kind.path]
    if source.each is not None:
        named["each"] = [source.each]
    for name, spec in [
        *source.fields.items(),
        *((f"attributes.{name}", spec) for name, spec in source.attributes.items()),
    ]:
        named.setdefault(name, []).extend(of_spec(spec))
    return {key: tuple(dict.fromkeys(paths)) for key, paths in named.items() if paths}


def of_spec(spec: Spec) -> tuple[Path, ...]:
    """The paths that a field comes from."""
    if isinstance(spec, Ids):
        return spec.paths
    if isinstance(spec, Money):
        return (spec.path, *(condition.path for condition in spec.negate_if))
    return (spec.path,) if isinstance(spec, Value | Time) else ()


def _mapping(top: Table[str, object], definition: Definition | None) -> Mapping:
    known(top, _TOP)
    if "version" not in top:
        raise missing("version", 'text of your choice, like "1"')
    version = text("version", top["version"])
    listed = top.get("source")
    if not isinstance(listed, list) or not listed:
        raise (
            missing("source", "one [[source]] or more")
            if listed is None
            else wrong("source", listed, "one [[source]] or more")
        )
    if len(listed) > MAX_SOURCES:
        raise MappingError(f"source: {len(listed)} of them: allowed are at most {MAX_SOURCES}")
    sources = tuple(_source(f"source[{i}].", item, definition) for i, item in enumerate(listed))
    _one_format_a_topic(sources)
    return Mapping(version, sources)


def _source(at: str, item: object, definition: Definition | None) -> Source:
    said = table(at[:-1], item, "a table [[source]]")
    if "kind" not in said:
        raise missing(f"{at}kind", f"one of {', '.join(KINDS)}, or a table with path and values")
    kind = kind_rule(f"{at}kind", said["kind"])
    if said.get("format") == "event":
        return _passed(at, said, kind)
    allowed = fields_of(kind.kinds)
    _known_fields(said, at, kind.kinds, allowed)
    topic, form = _topic(f"{at}topic", said.get("topic")), _format(f"{at}format", said.get("format"))
    source = Source(
        topic,
        form,
        conditions(f"{at}where", said.get("where", {})),
        kind,
        path(f"{at}each", said["each"]) if "each" in said else None,
        fields(at, said, allowed),
        _attributes(f"{at}attributes", said.get("attributes", {}), definition),
    )
    if "source" not in source.fields and len(topic) > _MAX_SOURCE:
        raise missing(f"{at}source", f"given: the topic's name is longer than {_MAX_SOURCE} characters")
    _check_paths(at, source)
    return source


def _passed(at: str, said: Table[str, object], kind: KindRule) -> Source:
    """Records that are events already have nothing to be mapped."""
    known(said, ("topic", "format", "kind"), at, " of events that are passed as they are")
    if kind.fixed is None:
        raise wrong(f"{at}kind", said["kind"], f"one of {', '.join(KINDS)}: one for all events of the topic")
    return Source(_topic(f"{at}topic", said.get("topic")), "event", (), kind, None, {}, {})


def _known_fields(
    said: Table[str, object], at: str, kinds: tuple[Kind, ...], allowed: Table[str, object]
) -> None:
    keys = [key for key in _OWN_KEYS if key != "attributes" or "signup" in kinds]
    known(said, [*keys, *allowed], at, f" of a {' or '.join(kinds)}")
    for name, field in [*ENVELOPE.items(), *(item for kind in kinds for item in OWN[kind].items())]:
        if field.required and name not in said:
            raise missing(f"{at}{name}", "a path, like order.id, or a table with one")


def _topic(key: str, value: object) -> str:
    if value is None:
        raise missing(key, "a topic's name; * in it stands for any characters")
    name = text(key, value, "a topic's name; * in it stands for any characters")
    if len(name) > _MAX_TOPIC or not all(c.isascii() and (c.isalnum() or c in "._-*") for c in name):
        raise wrong(key, value, f"at most {_MAX_TOPIC} letters, digits, dots, _ and -; * for any characters")
    return name


def _format(key: str, value: object) -> FormatName:
    if value is None:
        raise missing(key, f"one of {', '.join(get_args(FormatName))}")
    return cast("FormatName", word(key, value, get_args(FormatName)))


def _attributes(key: str, value: object, definition: Definition | None) -> dict[str, Spec]:
    said = table(key, value, "a table: name = path")
    taken = {*ENVELOPE, *OWN["signup"]}
    for name in said:
        if name in taken:
            raise MappingError(f"{key}.{name}: is a field of its own: it stands outside of attributes")
    if definition is not None:
        known(said, definition.dimensions, f"{key}.", " of the definition's")
    return {name: read_attribute(f"{key}.{name}", spec) for name, spec in said.items()}


def _check_paths(at: str, source: Source) -> None:
    """What can be seen of a path without a record."""
    for key, paths in paths_of(source).items():
        for one in paths:
            if source.format == "csv" and len(one.parts) != 1:
                raise wrong(at + key, str(one), r"a column's name; \. for a dot in it")
            if source.format == "cloudevents" and (one.parts[0] == "data") == (len(one.parts) == 1):
                raise wrong(
                    at + key, str(one), "an attribute like id or type, or a path that begins with data."
                )
    if source.each is None:
        return
    if source.format == "csv":
        raise MappingError(f"{at}each: a row of a CSV file has no lists")
    rests = [one.below(source.each) for paths in paths_of(source).values() for one in paths]
    if not any(rest is not None and rest.parts for rest in rests):
        raise MappingError(
            f"{at}each: no field is taken of its elements: their paths begin with {source.each}."
        )


def _one_format_a_topic(sources: tuple[Source, ...]) -> None:
    forms: dict[str, FormatName] = {}
    for i, source in enumerate(sources):
        if source.format == "event" and source.topic in forms:
            raise wrong(f"source[{i}].topic", source.topic, "a topic that no other [[source]] reads")
        if forms.setdefault(source.topic, source.format) != source.format:
            raise wrong(
                f"source[{i}].format", source.format, f"{forms[source.topic]}: the same for all of a topic"
            )
