"""What the commands' exit codes mean. A worker that ends by itself has codes of its own (engine/exits.py)."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of ``kpi``; scripts branch on these, never on texts."""

    OK = 0
    FAILED = 1
    """A check failed, or a value asked for is not fresh."""
    USAGE = 2
    """Wrong options, settings or definition: nothing was done."""
    UNREACHABLE = 3
    """Kafka or Redis cannot be reached, or a package that the command needs is missing."""
    BAD_DATA = 4
    """Some input cannot be read; everything else was done."""
    DENIED = 5
    """Kafka or Redis refuses us: TLS, login or rights. A person has to change something."""
    INTERNAL = 70
    """A bug: ``kpi --debug`` shows where."""
    INTERRUPTED = 130
    """Ended with Ctrl-C."""


EPILOG = (
    "Exit codes: 0 done, 1 a check failed or a value is not fresh, 2 wrong options or settings, "
    "3 Kafka or Redis cannot be reached, 4 bad input data, 5 Kafka or Redis refuses TLS, login or rights, "
    "70 a bug, 130 interrupted."
)
