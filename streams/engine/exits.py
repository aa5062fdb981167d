"""Why the process ends by itself: every code means "supervisor, restart me, with back-off".

The engine is crash-only. Whatever it cannot continue from without guessing ends the process with one
line and one of these codes; recovery from the changelog is the only way back. Nothing here retries.
"""

import logging
import os
from collections.abc import Callable
from enum import IntEnum
from traceback import format_tb
from typing import NoReturn


class ExitCode(IntEnum):
    """Exit codes of a worker; 0 is a clean stop. Codes from 30 on need a person before a restart helps."""

    FLUSH_FAILED = 13
    """A flush failed for good; what it held is replayed from the sources."""
    RECOVERY_FAILED = 14
    """A partition could not be read back from its changelog."""
    HANDLER_CRASHED = 15
    """Unexpected exception while applying a batch: a bug, or memory ran out."""
    NOT_COPARTITIONED = 16
    """A partition was assigned without all of its source topics."""
    FENCED = 17
    """Another worker owns the partition now: this one was taken for dead."""
    TOTALS_GONE = 18
    """The totals topic was deleted or made anew: after a restart all of them are written again."""
    NEVER_RESUMED = 20
    """Watchdog: assigned and recovered, but the streams never resumed."""
    NO_DURABLE_FLUSH = 21
    """Watchdog: changed state was not written for too long."""
    NO_PROGRESS = 22
    """Watchdog: records are waiting and none was applied for too long."""
    PUBLISHER_FAILED = 23
    """Computing or showing the values failed unexpectedly: a bug."""
    TOPICS_ADDED = 24
    """kpi ingest: there is a further topic, or partition, to read from the next start on."""
    BAD_TOPICS = 30
    """A topic is missing, cannot be created, or differs from what the service needs."""
    DEFINITION_CHANGED = 31
    """The state was counted under another definition."""
    SECRET_CHANGED = 32
    """The state was written under another deployment secret."""
    FORMAT_CHANGED = 33
    """The state was written in another record format."""
    OFFSETS_LOST = 34
    """The next record to read is no longer (or not yet) in the source log: data is lost."""
    BAD_ADDRESS = 35
    """The HTTP address cannot be listened on."""
    CHANGELOG_DAMAGED = 36
    """The changelog lacks records, or holds some that cannot be read: what it says would be wrong."""
    SOURCE_DAMAGED = 37
    """A record batch of a source topic cannot be read: what stands in it is lost."""
    ACCESS_DENIED = 38
    """Kafka denies what the service needs: rights are missing."""

    PARTITIONER_CHANGED = 39
    """The state was counted under another KPI_PARTITIONER: customers may belong elsewhere."""


class EngineError(Exception):
    """A failure that ends the process: one line for people, a code for the supervisor."""

    def __init__(self, code: ExitCode, message: str) -> None:
        super().__init__(message)
        self.code = code


OnFatal = Callable[[ExitCode, str], NoReturn]


def log_traceback(doing: str, error: BaseException) -> None:
    """Log where an unexpected error came from, once: kinds and places, no texts (they may hold payloads)."""
    lines: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        lines = [type(cause).__name__, *format_tb(cause.__traceback__), *lines]
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    logging.getLogger("streams.engine").error("while %s:\n%s", doing, "\n".join(x.rstrip() for x in lines))


def end_process(code: ExitCode, message: str) -> NoReturn:
    """Log one line, write out the log and end at once, running no handler and no destructor."""
    log = logging.getLogger("streams.engine")
    log.critical("%s (exit code %d %s)", message, code.value, code.name)
    for handler in logging.getLogger().handlers:
        handler.flush()
    os._exit(code.value)
