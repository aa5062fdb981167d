"""Tables that fit any terminal: columns are left out in a given order, and the status never is.

Rules: foreign text goes in by ``plain``. Nothing is cut but the name in the first column, and that only where
leaving out columns is not enough: a number that is cut would be another number.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from streams.cli.terminal import shown

_UNBOUNDED = 10_000
_SHORTEST_NAME = 4


def plain(text: str, style: str = "") -> Text:
    """Foreign text for rich: no markup, no emoji codes, one line."""
    return Text(shown(text), style=style)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    least: int = 0
    """At least so wide, so that it does not jump about."""
    right: bool = False


STATUS = Column("status", 9)


class Fitting:
    """A table that leaves out columns until it fits.

    Args:
        title: foreign text.
        columns: in their order: names first, and one of them STATUS.
        spared: those that may be left out, in this order.
        sections: groups of rows, a cell for each column.
    """

    def __init__(
        self,
        title: str,
        columns: Sequence[Column],
        spared: Sequence[Column],
        sections: Sequence[Sequence[Sequence[Text]]],
    ) -> None:
        self._title = title
        self._columns = columns
        self._spared = spared
        self._sections = sections

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw as much as there is room for."""

        def width(*columns: Column) -> int:
            wide = options.update(width=_UNBOUNDED)
            return Measurement.get(console, wide, self._drawn(columns)).maximum

        room = options.max_width
        for count in range(len(self._spared) + 1):
            kept = [column for column in self._columns if column not in self._spared[:count]]
            if width(*kept) <= room:
                yield self._drawn(kept)
                return
        for columns in (kept, [kept[0], STATUS]):
            left = self._name_width() - (width(*columns) - room)
            if left >= _SHORTEST_NAME:
                yield self._drawn(columns, left)
                return
        yield self._drawn([STATUS])

    def _name_width(self) -> int:
        name = self._columns[0]
        cells = (row[0].cell_len for section in self._sections for row in section)
        return max(len(name.name), name.least, *cells)

    def _drawn(self, columns: Sequence[Column], name_width: int | None = None) -> Table:
        table = Table(title=plain(self._title), title_justify="left", pad_edge=False, box=SIMPLE_HEAD)
        for column in columns:
            cut = name_width if column is self._columns[0] else None
            table.add_column(
                column.name,
                justify="right" if column.right else "left",
                no_wrap=True,
                min_width=column.least if cut is None else None,
                max_width=cut,
            )
        places = [self._columns.index(column) for column in columns]
        for section in self._sections:
            for cells in section:
                table.add_row(*(cells[place] for place in places))
            table.add_section()
        return table
