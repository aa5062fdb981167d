"""A user's mistake as one line and an exit code."""

from streams.cli.exits import Exit


class CliError(Exception):
    """Ends a command; the message is one line that says whose fault it is and what to do."""

    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(message)
        self.code = code
