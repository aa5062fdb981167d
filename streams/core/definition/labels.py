"""Which texts may stand as a value of a dimension: short names of products and regions, no free text.

Rules (docs/contract.md, section 5): ``short`` takes a text by its form alone, ``allowed`` nothing but what
the definition lists, ``any`` every text. What the definition lists for a dimension is always taken, and so
are the churn types, which are a closed set. The same text is judged alike everywhere.
"""

from collections.abc import Mapping
from typing import Final
from unicodedata import category, east_asian_width

LONGEST: Final = 40
"""Characters."""
MOST_WORDS: Final = 2
MOST_DIGITS: Final = 6
"""More are a telephone number, an account, an id."""
MOST_WIDE: Final = 10
"""Characters of scripts that set no spaces between words."""
_SIGNS: Final = frozenset(" -_./:+&")
_CLOSED: Final = frozenset(("churn_type",))

Allow = Mapping[str, frozenset[str]]
"""Dimension -> values that the definition lists."""


def is_short(text: str) -> bool:
    """Whether a text has the form of a short name."""
    if len(text) > LONGEST or text != text.strip(" ") or "  " in text:
        return False
    if sum(any(sign.isalnum() for sign in word) for word in text.split(" ")) > MOST_WORDS:
        return False
    kinds = [category(sign)[0] for sign in text]
    fits = all(kind in "LMN" or sign in _SIGNS for kind, sign in zip(kinds, text, strict=True))
    wide = 0 if text.isascii() else sum(east_asian_width(sign) in "WF" for sign in text)
    return fits and kinds.count("N") <= MOST_DIGITS and wide <= MOST_WIDE


def takes(labels: str, allow: Allow, dimension: str, text: str) -> bool:
    """Whether a text becomes a value of a dimension under its own name.

    Args:
        labels: the definition's choice.
        allow: what the definition lists.
        dimension: whose value it would be.
        text: not empty.
    """
    if labels == "any" or dimension in _CLOSED or text in allow.get(dimension, ()):
        return True
    return labels == "short" and is_short(text)
