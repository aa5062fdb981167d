"""The bounded memory of texts that were read before."""

from itertools import count

import pytest

from streams.core.decoding.memo import Memo


def test_a_text_is_computed_once() -> None:
    """The second look-up is answered from memory."""
    numbers = count()
    memo = Memo(lambda _: next(numbers), entries=4, longest=8)
    assert [memo["abc"], memo["abc"], memo["abcd"], memo["abc"]] == [0, 0, 1, 0]


def test_a_full_memo_starts_anew() -> None:
    """There are never more entries than it may have."""
    memo = Memo(len, entries=3, longest=8)
    assert [memo["x" * n] for n in range(8)] == list(range(8))
    assert set(memo) == {"x" * 6, "x" * 7}


def test_long_texts_are_not_kept() -> None:
    """Whoever sends them does not fill the memory."""
    memo = Memo(len, entries=3, longest=4)
    assert memo["12345"] == 5
    assert not memo


def test_what_cannot_be_read_is_not_kept() -> None:
    """The error passes through."""
    memo = Memo(int, entries=3, longest=4)
    with pytest.raises(ValueError, match="invalid literal"):
        memo["x"]
    assert not memo
