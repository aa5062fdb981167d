"""Laws of decoding: it never raises, batches change nothing, and a second decoder agrees on every record."""

from typing import Any

import msgspec
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from streams.core.decode_reasons import REASONS
from streams.core.decoding.decoder import Decoder
from streams.core.decoding.expected import FIELDS
from streams.core.definition.definition import Definition
from streams.core.events import KINDS, Event, Kind, Malformed
from tests.core.decode_reference import reference
from tests.core.decode_strategies import Plain, records
from tests.support.chance import examples

DEFINITION = Definition(base_currency="KWD")
DECODER = Decoder(DEFINITION)


def as_dictionary(decoded: Event | Malformed) -> dict[str, Any] | None:
    """An event's fields as the second decoder gives them."""
    return None if isinstance(decoded, Malformed) else msgspec.structs.asdict(decoded)


@settings(max_examples=examples(1_000))
@given(records())
def test_a_second_decoder_agrees_on_every_record(case: tuple[Kind, Plain]) -> None:
    """On whether it is an event, and on every field of it."""
    kind, record = case
    decoded = DECODER.one(kind, record.key, record.value, record.timestamp)
    event(decoded.reason if isinstance(decoded, Malformed) else "counted")
    assert as_dictionary(decoded) == reference(kind, record.key, record.value, record.timestamp, DEFINITION)


@given(st.lists(records(), max_size=12))
def test_a_batch_is_its_records_one_by_one(cases: list[tuple[Kind, Plain]]) -> None:
    """In number, in order, and whatever was decoded before."""
    for kind in KINDS:
        mine = [record for k, record in cases if k == kind]
        alone = [Decoder(DEFINITION).one(kind, r.key, r.value, r.timestamp) for r in mine]
        assert DECODER.batch(kind, mine) == alone


@given(st.sampled_from(KINDS), st.none() | st.binary(), st.none() | st.binary(), st.integers())
@example("purchase", None, b"[" * 1_000_000, 0)
@example("purchase", None, b'{"amount":' * 200_000, 0)
@example("survey", None, b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 0)
@example("void", b"\xff", b'{"x":' + b"9" * 1_000_000 + b"}", 0)
def test_no_bytes_can_raise(kind: Kind, key: bytes | None, value: bytes | None, timestamp_ms: int) -> None:
    """Whatever comes in, a result comes out, and its reason is one of the closed set."""
    decoded = DECODER.one(kind, key, value, timestamp_ms)
    assert isinstance(decoded, Malformed)
    assert decoded.reason in REASONS
    assert decoded.field in ("", *FIELDS)
