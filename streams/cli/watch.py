"""``kpi watch``: the KPIs in Redis as a table that follows them."""

import sys
import time

import click
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.reader import open_reader, redis_option, tenant_option
from streams.cli.table import LiveTable
from streams.client.errors import UnavailableError
from streams.client.reader import KpiReader

_EVERY_S = 1.0
_WIDTH = 140


@click.command()
@click.option("--window", default="24h", show_default=True, help="Like 5m, 1h, 7d.")
@click.option("--dimension", help="Only the customers of one value of this dimension ...")
@click.option("--value", help="... this one.")
@redis_option
@tenant_option
def command(*, window: str, dimension: str | None, value: str | None, redis: str | None, tenant: str) -> None:
    """Show the KPIs as a live table until Ctrl-C; without a terminal, print them once."""
    if (dimension is None) != (value is None):
        raise CliError(Exit.USAGE, "--dimension and --value belong together")
    title = " ".join(part for part in (tenant, window, dimension, value) if part)
    with open_reader(redis, tenant) as reader:
        screen = _Screen(reader, window, dimension, value, title)
        if not sys.stdout.isatty():
            Console(width=_WIDTH).print(screen.draw())
            return
        with Live(auto_refresh=False) as live:
            while True:
                live.update(screen.draw_or_say(), refresh=True)
                time.sleep(_EVERY_S)


class _Screen:
    def __init__(
        self, reader: KpiReader, window: str, dimension: str | None, value: str | None, title: str
    ) -> None:
        self._reader = reader
        self._place = (window, dimension, value)
        self._title = title
        self._table = LiveTable()

    def draw_or_say(self) -> Table | Text:
        """The table, or why there is none now: an outage does not end a watch."""
        try:
            return self.draw()
        except CliError as error:
            return Text(str(error), style="red")

    def draw(self) -> Table:
        """Read and draw.

        Raises:
            CliError: Redis does not answer, or holds nothing.
        """
        window, dimension, value = self._place
        try:
            standing = self._reader.get_all("now", dimension, value)
            windowed = self._reader.get_all(window, dimension, value)
        except UnavailableError as error:
            raise CliError(Exit.UNREACHABLE, str(error)) from error
        if not windowed:
            raise CliError(Exit.FAILED, f"nothing is published under {self._title}: is a worker running?")
        return self._table.draw(self._title, standing, windowed)
