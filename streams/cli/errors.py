"""A user's mistake as one line and an exit code."""

from streams.cli.exits import Exit


class CliError(Exception):
    """Ends a command; the message is one line that says whose fault it is and what to do."""

    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(message)
        self.code = code


def missing_package(error: ModuleNotFoundError) -> str | None:
    """What to install where a command needs more than the reader does; None for a module of our own."""
    name = (error.name or "").partition(".")[0]
    if name in ("", "streams"):
        return None
    if name in ("fastavro", "google"):
        return "Avro and Protobuf need more packages: pip install 'kpi-streams[service,registry]'"
    return f"{name} is not installed, only what reads values: pip install 'kpi-streams[service]'"
