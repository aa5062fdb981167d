"""A dictionary that computes what it does not hold: the same texts come again and again.

Rules: bounded in entries and in the length of a key; when it is full it starts anew, which costs less than
keeping an order of use. Never holds a text that could not be read.
"""

from collections.abc import Callable


class Memo(dict[str, int]):
    """Text → number; a miss calls ``compute``, whose errors pass through."""

    __slots__ = ("_compute", "_entries", "_longest")

    def __init__(self, compute: Callable[[str], int], entries: int, longest: int) -> None:
        super().__init__()
        self._compute: Callable[[str], int] = compute
        self._entries = entries
        self._longest = longest

    def __missing__(self, text: str) -> int:
        number = self._compute(text)
        if len(text) <= self._longest:
            if len(self) >= self._entries:
                self.clear()
            self[text] = number
        return number
