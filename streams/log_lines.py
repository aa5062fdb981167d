"""How log lines look: text for people, or one JSON object a line for programs.

Rules: one line an entry in JSON, whatever stands in it; a traceback is a field of it. Times are UTC.
"""

import json
import logging
from datetime import UTC, datetime

CONSOLE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class JsonLines(logging.Formatter):
    """``{"time": …, "level": …, "logger": …, "message": …, "exception"?: …}``."""

    def format(self, record: logging.LogRecord) -> str:
        """The entry as one line."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry)


def formatter(form: str) -> logging.Formatter:
    """The formatter of KPI_LOG_FORMAT."""
    return JsonLines() if form == "json" else logging.Formatter(CONSOLE)
