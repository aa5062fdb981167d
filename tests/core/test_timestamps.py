"""RFC 3339 times: what is taken, what is refused, what is cut off."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.decode_reasons import RejectedError
from streams.core.decoding.timestamps import LAST_MS, TimestampReader

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MS = timedelta(milliseconds=1)

SAME_INSTANT = [
    "2026-03-01T12:00:00Z",
    "2026-03-01T12:00:00.0Z",
    "2026-03-01T12:00:00.000Z",
    "2026-03-01T12:00:00.0009999999999Z",
    "2026-03-01T12:00:00+00:00",
    "2026-03-01T12:00:00-00:00",
    "2026-03-01T14:00:00+02:00",
    "2026-03-01T17:30:00.000+05:30",
    "2026-03-01T00:00:00-12:00",
    "2026-03-02T11:59:00+23:59",
    "2026-02-28T12:01:00.000000-23:59",
]
MALFORMED = [
    "",
    "2026-03-01",
    "2026-03-01T12:00:00",  # no offset
    "2026-03-01 12:00:00Z",  # a space for T
    "2026-03-01t12:00:00Z",
    "2026-03-01T12:00:00z",
    "2026-03-01T12:00Z",
    "2026-03-01T12Z",
    "2026-03-01T24:00:00Z",
    "2026-03-01T12:60:00Z",
    "2026-03-01T23:59:60Z",  # a leap second
    "2026-02-29T12:00:00Z",  # 2026 has none
    "2026-13-01T12:00:00Z",
    "2026-00-01T12:00:00Z",
    "2026-03-00T12:00:00Z",
    "0000-03-01T12:00:00Z",
    "10000-03-01T12:00:00Z",
    "+2026-03-01T12:00:00Z",
    "2026-3-1T12:00:00Z",
    "20260301T120000Z",
    "2026-W09-7T12:00:00Z",
    "2026-060T12:00:00Z",
    "2026-03-01T12:00:00.Z",
    "2026-03-01T12:00:00,5Z",
    "2026-03-01T12:00:00.5",
    "2026-03-01T12:00:00 Z",
    " 2026-03-01T12:00:00Z",
    "2026-03-01T12:00:00Z ",
    "2026-03-01T12:00:00Z\n",
    "2026-03-01T12:00:00ZZ",
    "2026-03-01T12:00:00UTC",
    "2026-03-01T12:00:00+0530",
    "2026-03-01T12:00:00+05",
    "2026-03-01T12:00:00+5:30",
    "2026-03-01T12:00:00+24:00",
    "2026-03-01T12:00:00+05:60",
    "2026-03-01T12:00:00\N{MINUS SIGN}05:00",
    "\N{FULLWIDTH DIGIT TWO}026-03-01T12:00:00Z",
    "2026-03-01T12:00:00.\N{ARABIC-INDIC DIGIT FIVE}Z",
    "1772366400000",
]


@pytest.mark.parametrize("text", SAME_INSTANT)
def test_every_way_to_write_an_instant_is_the_same_number(text: str) -> None:
    """Offsets are taken away, zero fractions and digits beyond milliseconds add nothing."""
    assert TimestampReader().read(text) == 1_772_366_400_000


@pytest.mark.parametrize("text", MALFORMED)
def test_anything_but_the_full_form_is_a_bad_time(text: str) -> None:
    """The form is exactly RFC 3339's, in upper case, and the day must exist."""
    with pytest.raises(RejectedError) as error:
        TimestampReader().read(text)
    assert error.value.reason == "bad_time"


@pytest.mark.parametrize(
    ("fraction", "ms"),
    [(".9", 900), (".99", 990), (".999", 999), (".9996", 999), (".9999999", 999), (".0009", 0), (".05", 50)],
)
def test_digits_beyond_milliseconds_are_cut_off(fraction: str, ms: int) -> None:
    """Nothing is rounded: the last instant of a year stays in its year."""
    assert TimestampReader().read(f"2026-12-31T23:59:59{fraction}Z") == 1_798_761_599_000 + ms


def test_the_first_and_the_last_year_can_be_read() -> None:
    """Which of them is too old or too late is for the caller to say."""
    times = TimestampReader()
    assert times.read("0001-01-01T00:00:00Z") == -62_135_596_800_000
    assert times.read("9999-12-31T23:59:59.9999Z") == LAST_MS
    assert times.read("9999-12-31T23:59:59.999-00:01") == LAST_MS + 60_000


@given(
    st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31)),  # noqa: DTZ001 - strategy bounds
    st.integers(min_value=-1439, max_value=1439),
)
def test_a_time_is_read_as_the_standard_library_reads_it(naive: datetime, offset: int) -> None:
    """Any instant, in any offset of whole minutes."""
    hours, minutes = divmod(abs(offset), 60)
    text = f"{naive.isoformat(timespec='microseconds')}{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"
    assert TimestampReader().read(text) == (datetime.fromisoformat(text) - EPOCH) // MS
