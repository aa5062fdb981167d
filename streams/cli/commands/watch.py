"""``kpi watch``: the KPIs in Redis as a table that follows them."""

import sys
import time

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from streams.cli.closing import REDIS, closing
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.fitting import Fitting, plain
from streams.cli.reader import check_place, open_reader, place_options, read, redis_options
from streams.cli.table import LiveTable
from streams.cli.terminal import redraws
from streams.client.reader import KpiReader

_EVERY_S = 1.0
_WIDTH = 140


@click.command(
    epilog=closing(
        "kpi watch",
        "kpi watch --window 1h --dimension segment --value smb",
        reads=REDIS,
        ends="1 nothing is published there; 2 a misspelt name; 130 Ctrl-C",
    )
)
@place_options
@redis_options
def command(*, window: str, dimension: str | None, value: str | None, redis: str | None, tenant: str) -> None:
    """Show the KPIs in Redis as a live table until Ctrl-C.

    Without a terminal, or on one that nothing can be drawn over (TERM=dumb), print them once.
    """
    check_place(dimension, value)
    title = " ".join(part for part in (tenant, window, dimension, value) if part)
    with open_reader(redis, tenant) as reader:
        screen = _Screen(reader, redis, (window, dimension, value), title)
        if not redraws(sys.stdout):
            Console(width=None if sys.stdout.isatty() else _WIDTH).print(screen.draw())
            return
        with Live(auto_refresh=False) as live:
            while True:
                live.update(screen.draw_or_say(), refresh=True)
                time.sleep(_EVERY_S)


class _Screen:
    def __init__(
        self, reader: KpiReader, redis: str | None, place: tuple[str, str | None, str | None], title: str
    ) -> None:
        self._reader, self._redis, self._place = reader, redis, place
        self._title = title
        self._table = LiveTable()

    def draw_or_say(self) -> Fitting | Text:
        """The table, or why there is none now: an outage does not end a watch."""
        try:
            return self.draw()
        except CliError as error:
            if error.code is Exit.USAGE:
                raise  # waiting cures no misspelt name
            return plain(str(error), "red")

    def draw(self) -> Fitting:
        """Read and draw.

        Raises:
            CliError: Redis does not answer, refuses us or holds nothing, or a name is misspelt.
        """
        window, dimension, value = self._place
        windowed = read(lambda: self._reader.get_all(window, dimension, value), self._redis)
        standing = read(lambda: self._reader.get_all("now", dimension, value), self._redis)
        if not windowed:
            raise CliError(Exit.FAILED, f"nothing is published under {self._title}: is a worker running?")
        return self._table.draw(self._title, standing, windowed)
