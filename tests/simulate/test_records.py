"""Lines of a replay file: what goes in comes out, byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.decoding.decoder import Decoder
from streams.core.definition.definition import Definition
from streams.core.events import KINDS, Malformed
from streams.replay.lines import Line, LineError, parse_line
from streams.replay.lines import to_line as line_of
from streams.simulate import SimRecord, to_line, topic_of
from streams.simulate.malformed import SORTS, malformed

NOW = 1_776_211_200_000
KEYS = st.one_of(
    st.none(), st.text(st.characters(codec="utf-8"), max_size=8).map(str.encode), st.binary(max_size=8)
)
VALUES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"null", b"1e400", b'{"a":\n1}', b'{"a":1.0}', b'"\\ud800"', b"[" * 2_000, b""]),
)


@given(KEYS, st.none() | VALUES, st.none() | st.integers(0, 10**14))
def test_a_line_gives_back_its_record(
    key: bytes | None, value: bytes | None, timestamp_ms: int | None
) -> None:
    """Whatever the bytes are, and where there are none, a record is the same after writing and reading."""
    record = Line("t", key, value, timestamp_ms)
    line = line_of(record)
    assert line.count(b"\n") == 1
    assert parse_line(line) == record


def test_a_simulated_record_is_such_a_line() -> None:
    """With all that it has."""
    assert parse_line(to_line(SimRecord("t", b"k", b"{}", 5))) == Line("t", b"k", b"{}", 5)


@pytest.mark.parametrize("sort", range(SORTS))
def test_malformed_records_of_every_sort_are_malformed(sort: int) -> None:
    """The decoder accepts none of them."""
    kind, value = malformed(sort, "x1", "c1", NOW)
    decoded = {name: Decoder(Definition()).one(name, b"c1", value, NOW) for name in KINDS}[kind]  # type: ignore[index]
    assert isinstance(decoded, Malformed), value


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "not a record"),
        (b'{"key":"a","value":{}}', "not a record"),
        (b'{"topic":5,"value":{}}', "not a record"),
        (b'{"topic":"t","timestamp":1.5,"value":{}}', "not a record"),
        (b'{"topic":"t","value":{},"value_b64":"YQ=="}', "value and value_b64"),
        (b'{"topic":"t","value_b64":"a"}', "no base64"),
        ('{"topic":"t","value_b64":"é"}'.encode(), "no base64"),
        (b'{"topic":"t","key_b64":"a"}', "key_b64 is no base64"),
        (b'{"topic":"t","key":"a","key_b64":"YQ=="}', "key and key_b64"),
    ],
)
def test_what_is_no_line_is_refused_with_a_reason(line: bytes, why: str) -> None:
    """The reason is a few words and nothing of the line."""
    with pytest.raises(LineError, match=why):
        parse_line(line)


def test_a_line_may_lack_key_timestamp_and_value() -> None:
    """Absent and null are the same."""
    assert parse_line(b'{"topic":"t"}') == parse_line(b'{"topic":"t","key":null,"value":null}')
    assert parse_line(b'{"topic":"t"}') == Line("t", None, None, None)


def test_default_topics_are_named_after_their_kind() -> None:
    """As the contract says."""
    assert topic_of("purchase") == "crm.customer.purchase.v1"
