r"""Where a value stands in a record: names and indexes joined by dots, like ``order.lines.0.price``.

Rules: a name is taken as it is written; a dot in a name is written ``\.`` and a backslash ``\\``. A number
is the index of an array, or the name of an object's member, whichever the record has. Nothing else has a
meaning: there are no wildcards and no expressions.
"""

import re
from typing import Final, NamedTuple

MAX_PARTS: Final = 32
MAX_CHARS: Final = 512
_PART: Final = re.compile(r"((?:[^.\\]|\\[.\\])+)(\.|\Z)")


class PathError(ValueError):
    """A text that is no path; the message says what is allowed."""


class Path(NamedTuple):
    """The parts in their order, from the record's top."""

    parts: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(part.replace("\\", "\\\\").replace(".", "\\.") for part in self.parts)

    def below(self, other: "Path") -> "Path | None":
        """What is left of the path behind another one; None where it does not begin so."""
        size = len(other.parts)
        return Path(self.parts[size:]) if self.parts[:size] == other.parts else None


def parse_path(text: str) -> Path:
    """Read a path.

    Raises:
        PathError: it is none.
    """
    if len(text) > MAX_CHARS:
        raise PathError(f"a path of at most {MAX_CHARS} characters")
    parts: list[str] = []
    at = 0
    while True:
        match = _PART.match(text, at)
        if match is None:
            raise PathError(
                r"a path: names and indexes joined by dots, like order.lines.0 (\. for a dot in a name)"
            )
        parts.append(re.sub(r"\\(.)", r"\1", match[1]))
        at = match.end()
        if not match[2]:
            break
    if len(parts) > MAX_PARTS:
        raise PathError(f"a path of at most {MAX_PARTS} parts")
    return Path(tuple(parts))


def is_index(part: str) -> bool:
    """Whether a part may be an array's index."""
    return part.isascii() and part.isdigit() and len(part) <= 9  # noqa: PLR2004 - no array is longer
