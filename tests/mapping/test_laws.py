"""Laws of mappings: whatever comes in has exactly one of three outcomes, and nothing is changed."""

import json
import tomllib
from collections import Counter

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.decoding.decoder import Decoder
from streams.core.definition.definition import Definition
from streams.core.events import KINDS, Kind, Malformed
from streams.mapping import Foreign, Ignored, Mapped, Mapper, Outcome, Refused, parse_mapping
from streams.mapping.fields import OWN
from streams.mapping.outcomes import RefusedError
from streams.mapping.paths import Path, parse_path
from streams.mapping.reading import Reader
from streams.mapping.suggesting import suggested
from tests.core.decode_strategies import Plain, records, values
from tests.mapping.support import NOW, TOPIC, toml
from tests.support.chance import examples

DEFINITION = Definition()
DECODER = Decoder(DEFINITION)
NAMES = [
    "id",
    "at",
    "customer",
    "total",
    "currency",
    "lines",
    "sku",
    "price",
    "status",
    "0",
    "1",
    "after",
    "op",
    "data",
]
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["paid", "EUR", "12.50", "2026-03-01T12:00:00Z", 1_772_366_000, 9]),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), below)
    ),
    max_leaves=25,
)
raw = json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40)
MAPPERS = [
    Mapper(parse_mapping(text, "m"), DEFINITION)
    for text in (
        toml(),
        toml(
            where='{ "status" = "paid" }',
            amount='{ path = "total", unit = "minor", negate_if = { "lines.0" = 1 } }',
        ),
        toml(
            each='"lines"',
            event_id='["id", "lines.sku"]',
            amount='"lines.price"',
            where='{ "lines.sku" = ["a", 1] }',
        ),
        toml(
            kind='{ path = "status", values = { "paid" = "purchase", "9" = "erase" } }',
            customer_id='"customer"',
        ),
        toml(format='"debezium"', customer_id='"after.customer.id"', where='{ "op" = ["c", "d"] }'),
        toml(format='"cloudevents"', customer_id='"data.customer.id"'),
        toml(where='{ "status" = "paid" }')
        + toml(
            kind='{ path = "status", values = { "paid" = "purchase", "9" = "erase" } }',
            customer_id='"customer"',
        ).partition("\n")[2],
        toml(
            occurred_at='{ path = "at", unit = "%Y-%m-%d", timezone = "Europe/Berlin" }',
            currency='"customer.0.1"',
        ),
    )
]


def identity(kind: Kind) -> Mapper:
    """Every field of a kind from the member of its name."""
    attributes = {"plan", "segment", "channel", "region"} if kind == "signup" else set()
    names = ["customer_id", "event_id", "occurred_at", "source", *OWN[kind]]
    lines = [f'{name} = "{name}"' for name in names] + [
        f'attributes.{name} = "{name}"' for name in attributes
    ]
    text = f'version = "1"\n[[source]]\ntopic = "t"\nformat = "json"\nkind = "{kind}"\n' + "\n".join(lines)
    return Mapper(parse_mapping(text, "identity"), DEFINITION)


IDENTITY = {kind: identity(kind) for kind in KINDS}


@settings(max_examples=examples(250))
@given(st.sampled_from(MAPPERS), raw, st.sampled_from([NOW, -1, 0, 2**62]))
def test_whatever_comes_in_has_an_outcome(mapper: Mapper, value: bytes, timestamp_ms: int) -> None:
    """Never an exception; what is mapped are events that the service counts, keyed by their customers."""
    found = mapper.one(Foreign(TOPIC, b"\xff", value, timestamp_ms))
    assert isinstance(found, Mapped | Ignored | Refused)
    if isinstance(found, Mapped):
        assert found.events
        ids = set()
        for one in found.events:
            event = DECODER.one(one.kind, one.key, one.value, one.timestamp_ms)
            assert not isinstance(event, Malformed)
            assert one.timestamp_ms == timestamp_ms
            ids.add((event.customer_id, event.source, event.event_id))
        assert len(ids) == len(found.events)
    elif isinstance(found, Refused):
        assert found.expected
        assert found.described()


@settings(max_examples=examples(250))
@given(records())
def test_the_identity_changes_no_event(case: tuple[Kind, Plain]) -> None:
    """What the decoder takes, it takes as the same event through a mapping of each field to itself."""
    kind, record = case
    before = DECODER.one(kind, None, record.value, record.timestamp)
    found = IDENTITY[kind].one(Foreign("t", None, record.value, record.timestamp))
    if isinstance(before, Malformed):
        return
    assert isinstance(found, Mapped), found
    (one,) = found.events
    assert DECODER.one(kind, one.key, one.value, one.timestamp_ms) == before


@settings(max_examples=examples(100))
@given(st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), values(kind))))
def test_what_an_identity_takes_beyond_the_decoder_is_only_numbers_and_flags_in_quotes(
    case: tuple[Kind, bytes],
) -> None:
    """And numbers where a text stands; an event's other fields are those of the record."""
    kind, value = case
    found = IDENTITY[kind].one(Foreign("t", None, value, NOW))
    if isinstance(found, Mapped):
        said = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
        made = msgspec.json.decode(found.events[0].value, type=dict[str, msgspec.Raw])
        for name, token in made.items():
            assert bytes(token).strip(b'"').lstrip(b"0") == bytes(said[name]).strip(b'"').lstrip(b"0")


@settings(max_examples=examples(100))
@given(st.sampled_from(MAPPERS), st.lists(raw, max_size=12))
def test_outcomes_add_up_to_the_records(mapper: Mapper, sent: list[bytes]) -> None:
    """Each record has one, the same whatever stands around it, by itself or with others."""
    found: list[Outcome] = [mapper.one(Foreign(TOPIC, None, value, NOW)) for value in sent]
    counts = Counter(type(one) for one in found)
    assert counts[Mapped] + counts[Ignored] + counts[Refused] == len(sent)
    assert [mapper.one(Foreign(TOPIC, None, value, NOW)) for value in reversed(sent)] == found[::-1]
    assert list(mapper.many([Foreign(TOPIC, None, value, NOW) for value in sent])) == found


parts = st.lists(st.sampled_from(NAMES) | st.text(min_size=1, max_size=3), min_size=1, max_size=4)
paths = parts.map(lambda names: Path(tuple(names)))


@given(paths)
def test_a_path_is_read_as_it_is_written(path: Path) -> None:
    """Dots and backslashes in names, too."""
    assert parse_path(str(path)) == path


@settings(max_examples=examples(250))
@given(st.lists(paths, min_size=1, max_size=6, unique=True), raw)
def test_the_fast_way_and_the_slow_one_read_the_same(wanted: list[Path], value: bytes) -> None:
    """Every value at every path, or the same refusal."""

    def read(way: str) -> object:
        reader = Reader(wanted)
        try:
            return reader.read(value) if way == "fast" else reader.walked(value)
        except RefusedError as error:
            return error.reason

    fast, slow = read("fast"), read("slow")
    assert fast in (slow, "invalid_utf8")


@settings(max_examples=examples(60))
@given(st.lists(raw, max_size=6), st.sampled_from(["json", "csv"]))
def test_any_sample_has_a_draft(sample: list[bytes], form: str) -> None:
    """The same one each time; what it says is TOML but for what a person must add."""
    draft = suggested(sample, "t", "csv" if form == "csv" else "json")
    assert draft == suggested(sample, "t", "csv" if form == "csv" else "json")
    (source,) = tomllib.loads(draft)["source"]
    assert source["topic"] == "t"
