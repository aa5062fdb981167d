"""Which texts are values of a dimension under their own name, and which are other (contract section 5)."""

import re
from unicodedata import category, east_asian_width

from streams.core.definition.definition import Definition

WORD = r"[\w./:+&-]+"
SHORT = re.compile(rf"{WORD}( {WORD})*")
"""Without combining marks, which stand on letters."""


def label(text: str | None, dimension: str, definition: Definition) -> str | None:
    """The value that a text counts as; None if there is none."""
    own = text is None or text in dict(definition.allow).get(dimension, ())
    if own or definition.labels == "any":
        return text
    return text if text == "unknown" or (definition.labels == "short" and _is_short(text or "")) else "other"


def _is_short(text: str) -> bool:
    bare = "".join(sign for sign in text if not category(sign).startswith("M"))
    words = [word for word in bare.split(" ") if re.search(r"[^\W_]", word)]
    digits = [sign for sign in bare if sign.isalnum() and not sign.isalpha()]
    unspaced = [sign for sign in text if east_asian_width(sign) in {"W", "F"}]
    return (
        SHORT.fullmatch(bare) is not None
        and len(text) <= 40
        and len(words) <= 2
        and len(digits) <= 6
        and len(unspaced) <= 10
    )
