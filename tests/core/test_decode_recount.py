"""The recount reads records by itself; it must take what the decoder takes, and read the same in it."""

import base64

from hypothesis import given, settings

from streams.core.decoding.decoder import Decoder
from streams.core.definition.definition import Definition
from streams.core.events import Kind, Malformed
from tests.core.decode_strategies import Plain, records
from tests.recount.decoding import decode
from tests.recount.fields import Bad
from tests.support.chance import examples

DEFINITION = Definition(labels="any")
"""The recount makes labels of texts as it reads them, the decoder does not."""
DECODER = Decoder(DEFINITION)


def recounted(kind: Kind, record: Plain) -> dict[str, object] | None:
    """The event as the recount reads it; None: malformed."""
    written = {
        "topic": f"crm.customer.{kind}.v1",
        "key": None if record.key is None else record.key.decode("utf-8", "surrogateescape"),
        "timestamp": None if record.timestamp < 0 else record.timestamp,
        "value_b64": base64.b64encode(record.value or b"").decode(),
    }
    try:
        event = decode(written, DEFINITION)
        return {**vars(event), "attributes": tuple(value for _, value in event.attributes)}
    except Bad:
        return None


def test_a_lone_surrogate_is_found_in_a_member_that_another_one_replaces() -> None:
    """By both of them."""
    body = b'{"event_id":"\\ud83d","event_id":"e","customer_id":"c","occurred_at":1772366400000}'
    record = Plain(None, body, 1_772_366_400_000)
    assert isinstance(DECODER.batch("erase", [record])[0], Malformed)
    assert recounted("erase", record) is None


@settings(max_examples=examples(600))
@given(records())
def test_the_recount_reads_what_the_decoder_reads(case: tuple[Kind, Plain]) -> None:
    """Field by field; and finds malformed what the decoder does."""
    kind, record = case
    event = DECODER.batch(kind, [record])[0]
    theirs = recounted(kind, record)
    if isinstance(event, Malformed) or theirs is None:
        assert (theirs, event.__class__) == (None, Malformed)
        return
    assert {name: getattr(event, name) for name in event.__struct_fields__} == {
        name: theirs[name] for name in event.__struct_fields__
    }
