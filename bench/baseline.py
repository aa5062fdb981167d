"""The stored figures, and a later run held against them.

Rules: what is compared is the cost relative to the calibration loop, because machines differ, and bytes as
they are. A loss is LOSS or more. Figures that the run did not measure keep what is stored.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.figures import Figure

FILE = Path(__file__).with_name("baseline.json")
LOSS = 0.10


@dataclass(frozen=True, slots=True)
class Change:
    """A figure, and by what share it got dearer (negative: cheaper)."""

    name: str
    share: float

    @property
    def is_loss(self) -> bool:
        """Whether that is too much."""
        return self.share >= LOSS

    def __str__(self) -> str:
        return f"{'LOSS' if self.is_loss else 'ok  '} {self.share:+7.1%}  {self.name}"


def load(file: Path = FILE) -> dict[str, Figure]:
    """The stored figures by name; none if there is no file."""
    if not file.exists():
        return {}
    return {figure.name: figure for figure in msgspec.json.decode(file.read_bytes(), type=list[Figure])}


def store(figures: Iterable[Figure], file: Path = FILE) -> list[Figure]:
    """Store figures among those there are; all of them."""
    stored = load(file) | {figure.name: figure for figure in figures}
    file.write_bytes(msgspec.json.format(msgspec.json.encode(list(stored.values())), indent=1) + b"\n")
    return list(stored.values())


def compare(figures: Iterable[Figure], stored: Mapping[str, Figure]) -> list[Change]:
    """What became of each figure that both have."""
    changes = []
    for figure in figures:
        before = stored[figure.name].compared if figure.name in stored else None
        if before and figure.compared is not None:
            changes.append(Change(figure.name, figure.compared / before - 1))
    return changes
