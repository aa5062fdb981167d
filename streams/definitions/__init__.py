"""Definition files: the documented default as a file, and how one is read from disk."""

from pathlib import Path

from streams.core.definition import Definition, DefinitionError
from streams.core.definition_file import parse_definition

DEFAULT = Path(__file__).with_name("default.toml")
"""The documented default, to be copied and changed."""


def load(path: Path) -> Definition:
    """Read a definition file.

    Raises:
        DefinitionError: the file cannot be read, or what it says is not allowed; one line that names it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as mistake:
        raise DefinitionError(f"{path}: cannot be read: {mistake.strerror}") from None
    except UnicodeDecodeError:
        raise DefinitionError(f"{path}: no UTF-8 text") from None
    return parse_definition(text, str(path))
