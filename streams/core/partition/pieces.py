"""Records of the changelog in pieces that every topic takes, however great a customer's record is.

A value beyond ``PIECE`` bytes stands as its first piece under its own key, the rest under ``+``, the piece's
number and that key. All pieces of a value are written together, and those that a smaller value needs no more
are deleted with it. Never knows what a value means.
"""

from typing import Final

from streams.core.partition.store.customers import LogChange

PIECE: Final = 512 * 1024
"""Bytes of a piece."""
PIECES: Final = b"+"
_NUMBER: Final = 4


class Pieces:
    """Cuts values for one changelog and joins what it holds."""

    __slots__ = ("_counts", "_found")

    def __init__(self) -> None:
        self._counts: dict[bytes, int] = {}
        """Key -> how many further pieces the changelog has of it; of most it has none."""
        self._found: dict[bytes, dict[int, bytes]] = {}

    def cut(self, changes: list[LogChange]) -> list[LogChange]:
        """The same changes with values that every topic takes."""
        counts = self._counts
        if not counts and all(value is None or len(value) <= PIECE for _, value in changes):
            return changes
        out: list[LogChange] = []
        for key, value in changes:
            size = 0 if value is None else len(value)
            further = max(0, (size - 1) // PIECE)
            out.append((key, value if value is None or not further else value[:PIECE]))
            if value is not None:
                cuts = range(1, further + 1)
                out += [(piece_key(n, key), value[n * PIECE : (n + 1) * PIECE]) for n in cuts]
            out += [(piece_key(n, key), None) for n in range(further + 1, counts.pop(key, 0) + 1)]
            if further:
                counts[key] = further
        return out

    def restore(self, rest: bytes, value: bytes | None) -> None:
        """Take back a further piece; ``rest`` is its key without the form."""
        number, key = int.from_bytes(rest[:_NUMBER], "big"), rest[_NUMBER:]
        pieces = self._found.setdefault(key, {})
        if value is None:
            pieces.pop(number, None)
        else:
            pieces[number] = value

    def joined(self) -> dict[bytes, bytes]:
        """Key -> what belongs behind its first piece, of all that was taken back.

        Raises:
            ValueError: a piece is missing.
        """
        out = {}
        for key, pieces in self._found.items():
            if not pieces:
                continue
            if sorted(pieces) != list(range(1, len(pieces) + 1)):
                raise ValueError("a piece of a record is missing")
            out[key] = b"".join(pieces[number] for number in sorted(pieces))
            self._counts[key] = len(pieces)
        self._found.clear()
        return out


def piece_key(number: int, key: bytes) -> bytes:
    """What a further piece of a key's value stands under."""
    return PIECES + number.to_bytes(_NUMBER, "big") + key
