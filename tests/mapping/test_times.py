"""Times of every unit, exactly; what is not one instant is refused."""

import json

import pytest

from streams.mapping import Refused
from tests.mapping.support import NOW, events, foreign, mapper, order, outcome, refusal, toml


@pytest.mark.parametrize(
    ("unit", "value", "ms"),
    [
        ("s", 1_772_366_000, 1_772_366_000_000),
        ("s", "1772366000", 1_772_366_000_000),
        ("ms", 1_772_366_000_123, 1_772_366_000_123),
        ("ms", "1772366000123", 1_772_366_000_123),
        ("us", 1_772_366_000_123_999, 1_772_366_000_123),
        ("ns", 1_772_366_000_123_999_999, 1_772_366_000_123),
        ("rfc3339", "2026-03-01T12:53:20+01:00", 1_772_366_000_000),
        ("rfc3339", "2026-03-01t11:53:20z", 1_772_366_000_000),
        ("rfc3339", "2026-03-01T11:53:20.5z", 1_772_366_000_500),
        ("%Y-%m-%d %H:%M:%S%z", "2026-03-01 12:53:20+0100", 1_772_366_000_000),
        ("%Y%m%d", 20_260_301, 1_772_323_200_000),
    ],
)
def test_times_of_every_unit(unit: str, value: object, ms: int) -> None:
    """Digits beyond milliseconds are cut off."""
    zone = ', timezone = "UTC"' if unit == "%Y%m%d" else ""
    found = outcome(order(at=value), occurred_at=f'{{ path = "at", unit = "{unit}"{zone} }}')
    assert events(found)[0].at_ms == ms


@pytest.mark.parametrize(
    ("written", "ms"),
    [
        (b"1772366000.1239999999", 1_772_366_000_123),
        (b"1.7723660009999E9", 1_772_366_000_999),
        (b"1772366000.000", 1_772_366_000_000),
        (b"000000001772366000", None),
        (b"1e99", None),
        (b"1e100", "bad_time"),
        (b"9" * 25, "bad_time"),
        (b"0", "too_old"),
        (b"-1.5", "too_old"),
        (b"1772366000000", "after_9999"),
        (b"true", "wrong_type"),
        (b"[]", "wrong_type"),
        (b'"tomorrow"', "bad_time"),
        (b"null", "missing_field"),
        (b'""', "bad_time"),
    ],
)
def test_seconds_are_read_exactly_or_refused(written: bytes, ms: int | str | None) -> None:
    """No binary floating point, and no power that would have to be written out."""
    raw = json.dumps(order(at="?")).encode().replace(b'"?"', written)
    found = mapper(toml()).one(foreign(raw))
    if isinstance(ms, int):
        assert events(found)[0].at_ms == ms
    elif ms is None:
        assert isinstance(found, Refused)
    else:
        assert refusal(found) == (ms, "occurred_at", "at")


@pytest.mark.parametrize(
    ("local", "reason"),
    [
        ("29.03.2026 01:59", None),
        ("29.03.2026 02:30", "bad_time"),
        ("26.10.2025 02:30", "bad_time"),
        ("26.10.2025 03:00", None),
        ("31.02.2026 00:00", "bad_time"),
        ("1772366000", "bad_time"),
        (7, "bad_time"),
        (True, "wrong_type"),
        ("x" * 65, "bad_time"),
    ],
)
def test_a_local_time_that_is_not_exactly_one_is_refused(local: object, reason: str | None) -> None:
    """The hour that the clocks skip, the one they show twice, and what is no time."""
    at = '{ path = "at", unit = "%d.%m.%Y %H:%M", timezone = "Europe/Berlin" }'
    found = mapper(toml(occurred_at=at)).one(
        foreign(order(at=local))._replace(timestamp_ms=1_800_000_000_000)
    )
    assert (found.reason if isinstance(found, Refused) else None) == reason


def test_an_event_after_its_record_is_refused() -> None:
    """Times are judged against the foreign record's timestamp."""
    assert refusal(outcome(order(at=NOW // 1000 + 301))) == ("in_future", "occurred_at", "at")
