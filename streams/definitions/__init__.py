"""Definition files: the documented default as a file, and how one is read from disk."""

from pathlib import Path

from streams.core.definition.definition import Definition, DefinitionError
from streams.definitions.toml_file import parse_definition

DEFAULT = Path(__file__).with_name("default.toml")
"""The documented default, to be copied and changed."""


_MOST_BYTES = 1 << 20


def load(path: Path) -> Definition:
    """Read a definition file.

    Raises:
        DefinitionError: the file cannot be read, or what it says is not allowed; one line that names it.
    """
    return parse_definition(text_of(path), str(path))


def text_of(path: Path) -> str:
    """The text of a definition file, without a byte order mark.

    Raises:
        DefinitionError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise DefinitionError(f"{path}: more than {_MOST_BYTES} bytes")
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as mistake:
        raise DefinitionError(f"{path}: cannot be read: {mistake.strerror}") from None
    except UnicodeDecodeError:
        raise DefinitionError(f"{path}: no UTF-8 text") from None
