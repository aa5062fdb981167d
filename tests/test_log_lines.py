"""Log lines as JSON: one object a line, whatever is logged."""

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.log_lines import formatter


def line(message: str, *args: object, error: BaseException | None = None) -> str:
    """Return what is written for an entry."""
    info = None if error is None else (type(error), error, error.__traceback__)
    record = logging.LogRecord("streams.engine", logging.WARNING, "f.py", 1, message, args, info)
    return formatter("json").format(record)


@given(st.text())
def test_any_message_is_one_line_of_json(message: str) -> None:
    """Line breaks, quotes and odd characters too."""
    written = line("%s", message)
    assert "\n" not in written
    entry = json.loads(written)
    assert (entry["message"], entry["level"], entry["logger"]) == (message, "WARNING", "streams.engine")
    assert entry["time"].endswith("+00:00")


def test_a_traceback_is_a_field() -> None:
    """It stays within the line."""
    try:
        int("odd")
    except ValueError as error:
        written = line("failed", error=error)
    assert "\n" not in written
    assert "ValueError: invalid literal" in json.loads(written)["exception"]


def test_people_get_text() -> None:
    """The default."""
    record = logging.LogRecord("streams.engine", logging.INFO, "f.py", 1, "ready: %s", ([0],), None)
    assert formatter("console").format(record).endswith("INFO streams.engine: ready: [0]")


@pytest.mark.parametrize("form", ["console", "json"])
def test_both_forms_take_what_is_logged(form: str) -> None:
    """Arguments are put in."""
    record = logging.LogRecord("a", logging.INFO, "f.py", 1, "%d of %d", (1, 2), None)
    assert "1 of 2" in formatter(form).format(record)
